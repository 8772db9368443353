//! A route as its owner says it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    destination::Destination,
    filter::Filter,
    route_error::{ROUTE_BYTES, RouteError},
    shape::Shape,
};
use crate::{destinations::Secret, zone::Zone};

/// A route: the records of a group, their shape, and the destination they go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// Words of its owner's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The filter of the records.
    #[serde(default)]
    pub filter: Filter,
    /// The shape of the records.
    #[serde(default)]
    pub shape: Shape,
    /// The zone in which local moments stand beside those in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Zone>,
    /// Whether measurements are left out that were handed over before: telegrams of meters overlap.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_new: bool,
    /// The destination of the records.
    pub to: Destination,
    /// Nothing is handed over while it is paused.
    #[serde(default)]
    pub paused: bool,
    /// The zone of its group, where the route itself names none. It is no part of the definition.
    #[serde(skip)]
    pub(crate) zone_of_group: Option<Zone>,
}

impl Route {
    /// Checks that the route can be stored.
    pub(crate) fn check_size(&self) -> Result<(), RouteError> {
        let bytes = serde_json::to_vec(self)?.len();
        if bytes > ROUTE_BYTES {
            return Err(RouteError::TooLarge { bytes, devices: self.filter.devices.len() });
        }
        Ok(())
    }

    /// The same with all secrets hidden.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        for secret in self.to.secrets() {
            *secret = Secret::hidden();
        }
        self
    }

    /// Forgets secrets that were rotated out and whose time is over.
    pub(crate) fn forget_retired(&mut self, now: Timestamp) {
        if let Destination::Http(push) = &mut self.to {
            push.forget_retired(now);
        }
    }

    /// Gives it a secret to sign with where it needs one and has none. It is shown to whoever made the
    /// route, once.
    pub fn sign(&mut self) -> Option<Secret> {
        match &mut self.to {
            Destination::Http(push) => push.sign(),
            Destination::Mqtt(_)
            | Destination::Postgres(_)
            | Destination::Files(_)
            | Destination::Pull {} => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc, time::Duration};

    use serde_json::{Value as Json, json};

    use super::*;
    use crate::{
        destinations::{AddressRules, DestinationLimits, Reach, push::SigningKey},
        names::RouteKey,
    };

    fn route(secret: &str, url: &str) -> Route {
        serde_json::from_value(json!({
            "to": { "http": {
                "url": url,
                "secrets": [secret],
                "authorization": { "basic": { "user": "u", "password": secret } },
            } },
        }))
        .unwrap()
    }

    #[test]
    fn a_secret_is_never_shown_and_stays_where_it_is_left_as_it_is() {
        let before = route("whsec_x", "https://a.example");
        let shown = before.clone().hidden();
        let text = serde_json::to_string(&shown).unwrap() + &format!("{before:?}");
        assert!(!text.contains("whsec_x"), "{text}");
        let changed = route("(hidden)", "https://a.example/other");
        let error = changed.clone().with_secrets_of(None).unwrap_err().to_string();
        assert!(error.contains("to.http."), "{error}");
        let changed = changed.with_secrets_of(Some(&before)).unwrap();
        assert_eq!(changed, route("whsec_x", "https://a.example/other"));
    }

    #[test]
    fn signing_secrets_stay_where_none_are_said_and_the_recipient_is_the_same() {
        let before = route("whsec_x", "https://a.example/x");
        let without = |url: &str| -> Route {
            serde_json::from_value(json!({ "to": { "http": { "url": url } } })).unwrap()
        };
        let secrets = |route: &Route| match &route.to {
            Destination::Http(push) => push.secrets.clone(),
            _ => Vec::new(),
        };
        let kept = without("https://a.example/y").with_secrets_of(Some(&before)).unwrap();
        assert_eq!(secrets(&kept), [Secret::new("whsec_x")]);
        // Only those that requests are signed with: without `authorization` there is none.
        assert!(matches!(&kept.to, Destination::Http(push) if push.authorization.is_none()));
        for other in ["https://b.example/x", "https://a.example:444/x", "http://a.example/x"] {
            let moved = without(other).with_secrets_of(Some(&before)).unwrap();
            assert_eq!(secrets(&moved), [], "{other}");
        }
        let said = route("whsec_y", "https://a.example/x").with_secrets_of(Some(&before)).unwrap();
        assert_eq!(secrets(&said), [Secret::new("whsec_y")]);
    }

    /// A destination of each kind with one secret, and what makes its recipient another.
    fn destinations() -> Vec<(Json, Vec<(&'static str, Json)>)> {
        let pin = |letter: &str| format!("SHA256:{}", letter.repeat(43));
        let tls = ("/tls/ca", json!("another authority"));
        vec![
            (
                json!({ "http": { "url": "https://a.example/x",
                    "authorization": { "bearer": { "token": "s" } }, "tls": { "ca": "x" } } }),
                vec![
                    ("/url", json!("https://b.example/x")),
                    ("/url", json!("http://a.example/x")),
                    ("/url", json!("https://a.example:444/x")),
                    tls.clone(),
                ],
            ),
            (
                json!({ "mqtt": { "url": "mqtts://a.example", "user": "u", "password": "s",
                    "tls": { "ca": "x" } } }),
                vec![
                    ("/url", json!("mqtts://b.example")),
                    ("/url", json!("mqtt://a.example")),
                    ("/url", json!("mqtts://a.example:1")),
                    tls.clone(),
                ],
            ),
            (
                json!({ "sftp": { "host": "a", "user": "u", "password": "s", "hostKey": pin("A") } }),
                vec![("/host", json!("b")), ("/port", json!(2222)), ("/hostKey", json!(pin("B")))],
            ),
            (
                json!({ "ftps": { "host": "a", "user": "u", "password": "s", "tls": { "ca": "x" } } }),
                vec![
                    ("/host", json!("b")),
                    ("/port", json!(2121)),
                    ("/implicit", json!(true)),
                    tls.clone(),
                ],
            ),
            (
                json!({ "webdav": { "url": "https://a.example/x",
                    "authorization": { "basic": { "user": "u", "password": "s" } },
                    "tls": { "ca": "x" } } }),
                vec![("/url", json!("https://b.example/x")), tls.clone()],
            ),
            (
                json!({ "s3": { "endpoint": "https://a.example", "bucket": "abc", "accessKey": "k",
                    "secretKey": "s", "pathStyle": false, "tls": { "ca": "x" } } }),
                vec![
                    ("/endpoint", json!("https://b.example")),
                    ("/bucket", json!("abd")),
                    ("/pathStyle", json!(true)),
                    ("/region", json!("eu-west-3")),
                    tls,
                ],
            ),
        ]
    }

    #[test]
    fn a_secret_does_not_follow_a_changed_recipient() {
        let of = |to: &Json| -> Route {
            let is_place = !["http", "mqtt"].iter().any(|kind| to.get(kind).is_some());
            let files = json!({ "files": {
                "place": to, "format": "json", "rhythm": { "cron": "0 6 * * *" },
            } });
            let to = if is_place { &files } else { to };
            serde_json::from_value(json!({ "to": to })).unwrap()
        };
        for (to, changes) in destinations() {
            let before = of(&to);
            let shown = serde_json::to_value(before.clone().hidden()).unwrap();
            assert!(shown.to_string().contains("(hidden)"), "{shown}");
            let mut same: Route = serde_json::from_value(shown.clone()).unwrap();
            same.description = "other words".to_owned();
            let kept = same.with_secrets_of(Some(&before)).unwrap();
            assert_eq!(kept.to, before.to);
            for (member, value) in changes {
                let kind = to.as_object().and_then(|to| to.keys().next()).unwrap();
                let way =
                    if ["http", "mqtt"].contains(&kind.as_str()) { "" } else { "/files/place" };
                let mut changed = shown.clone();
                let target = format!("/to{way}/{kind}");
                let part = member.trim_start_matches('/');
                let own = changed.pointer_mut(&target).unwrap();
                match part.split_once('/') {
                    Some((outer, inner)) => own[outer][inner] = value.clone(),
                    None => own[part] = value.clone(),
                }
                let changed: Route = serde_json::from_value(changed).unwrap();
                let refused = changed.with_secrets_of(Some(&before)).unwrap_err();
                assert!(
                    matches!(refused, RouteError::SecretOfAnother { .. }),
                    "{kind} {member} {value}: {refused}"
                );
            }
        }
    }

    #[test]
    fn a_route_that_the_store_would_not_take_is_refused_with_what_to_do() {
        let devices: Vec<String> = (0..4_000).map(|number| format!("{number:016X}")).collect();
        let of = |devices: &[String]| -> Route {
            let filter = json!({ "devices": devices });
            serde_json::from_value(json!({ "filter": filter, "to": { "pull": {} } })).unwrap()
        };
        assert!(of(&devices[..3_000]).check_size().is_ok());
        let refused = of(&devices).check_size().unwrap_err().to_string();
        assert!(refused.contains("4000 devices") && refused.contains("sub-group"), "{refused}");
    }

    #[test]
    fn what_records_cannot_go_to_is_refused() {
        let reach = Reach { allow_ports: vec!["443".parse().unwrap()], ..Reach::default() };
        let destination_limits = DestinationLimits {
            addresses: AddressRules { all: Arc::new(reach), ..AddressRules::default() },
            plain_http: false,
            folders: None,
            pauses: (Duration::from_secs(1), Duration::from_secs(600)),
            time_zones: BTreeMap::new(),
        };
        let secret = SigningKey::generate();
        let key = RouteKey { group: "g".parse().unwrap(), name: "r".parse().unwrap() };
        for (url, says) in [
            ("http://example.org/x", "plain-http"),
            ("ftp://example.org/x", "https://"),
            ("https://u:p@example.org/x", "authorization"),
            ("https://127.0.0.1/x", "allow-networks"),
            ("https://[::ffff:10.0.0.1]/x", "allow-networks"),
            ("https://example.org:25/x", "allow-ports"),
        ] {
            let refused =
                route(secret.reveal(), url).way(&key, &destination_limits).map(drop).unwrap_err();
            assert!(refused.to_string().contains(says), "{url}: {refused}");
        }
        assert!(
            route(secret.reveal(), "https://example.org/x").way(&key, &destination_limits).is_ok()
        );
        let unsigned =
            route("whsec_x", "https://example.org/x").way(&key, &destination_limits).map(drop);
        assert!(unsigned.unwrap_err().to_string().contains("24 to 64 bytes"));
    }
}
