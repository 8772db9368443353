//! The sense of a route: whether its members go together.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{contradiction::Contradiction, destination::Destination, route::Route};
use crate::destinations::push::HttpPush;

impl Route {
    /// Checks that its members go together. The route before may hold secrets whose time is over since.
    ///
    /// # Errors
    /// [`Contradiction`] names the members that do not.
    pub(crate) fn check_sense(
        &self,
        before: Option<&Self>,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        self.filter.check("filter.ports")?;
        if let (true, Some(without)) = (self.only_new, self.filter.without_reading(self.shape)) {
            return Err(Contradiction::NothingNew { without });
        }
        match &self.to {
            Destination::Http(push) => {
                let before = match before.map(|before| &before.to) {
                    Some(Destination::Http(before)) => Some(&**before),
                    _ => None,
                };
                check_push(push, before, now)?;
            }
            Destination::Files(push) => {
                let has_zone = self.time_zone.is_some();
                push.format.check_content(&push.table, &self.filter, self.shape, has_zone)?;
            }
            Destination::Postgres(_) => {
                if let Some(without) = self.filter.without_reading(self.shape) {
                    return Err(Contradiction::NothingToKeep { without });
                }
            }
            Destination::Mqtt(_) | Destination::Pull {} => {}
        }
        match self.to.tls_of_plain() {
            Some(member) => Err(Contradiction::TlsOfPlain { member }),
            None => Ok(()),
        }
    }
}

/// Checks the headers and the signing secrets of an HTTP push.
fn check_push(
    push: &HttpPush,
    before: Option<&HttpPush>,
    now: Timestamp,
) -> Result<(), Contradiction> {
    let mut names: BTreeMap<String, &String> = BTreeMap::new();
    for other in push.headers.keys() {
        if let Some(one) = names.insert(other.to_ascii_lowercase(), other) {
            let (one, other) = (one.clone(), other.clone());
            return Err(Contradiction::HeaderTwice { one, other });
        }
    }
    let known = before.map(|before| before.retiring_secrets.as_slice()).unwrap_or_default();
    for (index, retiring) in push.retiring_secrets.iter().enumerate() {
        if retiring.until <= now && !known.contains(retiring) {
            return Err(Contradiction::RetiredBefore { index, until: retiring.until });
        }
    }
    let secrets = push.secrets.iter().enumerate().map(|(index, one)| ("secrets", index, one));
    let retiring = push.retiring_secrets.iter().enumerate();
    let retiring = retiring.map(|(index, one)| ("retiringSecrets", index, &one.secret));
    let mut seen = Vec::new();
    for (member, index, secret) in secrets.chain(retiring) {
        if seen.contains(&secret) {
            return Err(Contradiction::SecretTwice { member, index });
        }
        seen.push(secret);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn route(json: &Json) -> Route {
        serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    fn now() -> Timestamp {
        "2026-11-25T08:00:00Z".parse().unwrap()
    }

    fn http(members: &Json) -> Json {
        let mut push = members.clone();
        push["url"] = json!("https://a.example/x");
        json!({ "http": push })
    }

    fn files(format: &str, members: &Json) -> Json {
        let mut push = members.clone();
        push["format"] = json!(format);
        push["rhythm"] = json!({ "cron": "0 6 * * *" });
        push["place"] = json!({ "folder": { "path": "a" } });
        json!({ "files": push })
    }

    #[test]
    fn members_that_contradict_each_other_are_named() {
        let pull = json!({ "pull": {} });
        let (early, late) = ("2026-11-25T07:59:59Z", "2026-11-26T08:00:00Z");
        let retiring = |until: &str| json!({ "secrets": ["a"], "retiringSecrets": [{ "secret": "b", "until": until }] });
        let webdav = json!({ "webdav": { "url": "http://a.example/", "tls": { "ca": "x" } } });
        let mut plain = files("json", &json!({}));
        plain["files"]["place"] = webdav;
        for (route_of, says) in [
            (json!({ "shape": "raw", "onlyNew": true, "to": pull }), "onlyNew"),
            (json!({ "filter": { "decoded": false }, "onlyNew": true, "to": pull }), "onlyNew"),
            (json!({ "filter": { "ports": [5, 0] }, "to": pull }), "filter.ports"),
            (json!({ "timeZone": "Europe/Paris", "to": files("senml", &json!({})) }), "timeZone"),
            (
                json!({ "shape": "raw", "to": files("csv-rows", &json!({ "table": { "quantities": ["air.co2"] } })) }),
                "quantities",
            ),
            (
                json!({ "shape": "decoded", "to": files("csv-rows", &json!({ "table": { "details": ["payload"] } })) }),
                "details payload",
            ),
            (json!({ "to": http(&retiring(early)) }), "retiringSecrets[0].until"),
            (json!({ "to": http(&json!({ "secrets": ["a", "a"] })) }), "secrets[1]"),
            (
                json!({ "to": http(&json!({ "headers": { "X-a": "1", "x-A": "2" } })) }),
                "X-a and x-A",
            ),
            (
                json!({ "to": { "http": { "url": "http://a.example/", "tls": { "ca": "x" } } } }),
                "to.http.tls",
            ),
            (
                json!({ "to": { "mqtt": { "url": "mqtt://a.example", "tls": { "ca": "x" } } } }),
                "to.mqtt.tls",
            ),
            (json!({ "to": plain }), "to.files.place.webdav.tls"),
        ] {
            let refused = route(&route_of).check_sense(None, now()).unwrap_err().to_string();
            assert!(refused.contains(says), "{route_of}: {refused}");
        }
        for route_of in [
            json!({ "shape": "decoded", "onlyNew": true, "to": pull }),
            json!({ "shape": "raw", "filter": { "decoded": true, "ports": [1, 255] }, "to": pull }),
            json!({ "timeZone": "Europe/Paris", "to": files("csv-rows", &json!({})) }),
            json!({ "shape": "raw", "to": files("senml", &json!({})) }),
            json!({ "shape": "raw", "to": files("csv-rows", &json!({ "table": { "details": ["payload"] } })) }),
            json!({ "to": http(&retiring(late)) }),
            json!({ "to": http(&json!({ "headers": { "X-a": "1", "X-b": "1" }, "tls": { "ca": "x" } })) }),
        ] {
            assert_eq!(route(&route_of).check_sense(None, now()), Ok(()), "{route_of}");
        }
        // What was shown is put back, also where the time of a secret is over meanwhile.
        let over = route(&json!({ "to": http(&retiring(early)) }));
        assert_eq!(over.check_sense(Some(&over), now()), Ok(()));
    }
}
