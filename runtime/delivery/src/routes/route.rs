//! A route as its owner says it.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{destination::Destination, filter::Filter, shape::Shape};
use crate::{
    destinations::{Secret, mqtt::MqttPushError, push::HttpPushError},
    files::FilePushError,
};

/// Longest description in bytes.
pub(super) const DESCRIPTION_BYTES: usize = 1_000;

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
    /// The destination of the records.
    pub to: Destination,
    /// Nothing is handed over while it is paused.
    #[serde(default)]
    pub paused: bool,
}

/// Why a route cannot be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// The description is long.
    #[error("description has {bytes} bytes, and {DESCRIPTION_BYTES} are the limit")]
    Description {
        /// The size in bytes.
        bytes: usize,
    },
    /// Records cannot be posted like that.
    #[error("to.http: {0}")]
    Http(#[from] HttpPushError),
    /// Records cannot be published like that.
    #[error("to.mqtt: {0}")]
    Mqtt(#[from] MqttPushError),
    /// Files cannot be put like that.
    #[error("to.files.{0}")]
    Files(#[from] FilePushError),
    /// A secret is not said, and there is none before it that could stay.
    #[error("{path} is \"(hidden)\", which keeps a secret as it is, and there is none yet: say it")]
    NoSecret {
        /// The path of the member.
        path: String,
    },
    /// It is not as it was written.
    #[error("the route cannot be read: {0}")]
    Damaged(#[from] serde_json::Error),
}

impl Route {
    /// Fills in secrets that were left as they are from the route before.
    ///
    /// # Errors
    /// There is none in the route before.
    pub fn with_secrets_of(self, before: Option<&Self>) -> Result<Self, RouteError> {
        let before = before.map(serde_json::to_value).transpose()?.unwrap_or_default();
        let mut route = serde_json::to_value(&self)?;
        fill_hidden(&mut route, Some(&before), "")?;
        Ok(serde_json::from_value(route)?)
    }

    /// The same with all secrets hidden.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        for secret in self.to.secrets() {
            *secret = Secret::hidden();
        }
        self
    }

    /// Gives it a secret to sign with where it needs one and has none. It is shown to whoever made the
    /// route, once.
    pub fn sign(&mut self) -> Option<Secret> {
        match &mut self.to {
            Destination::Http(push) => push.sign(),
            Destination::Mqtt(_) | Destination::Files(_) | Destination::Pull {} => None,
        }
    }
}

/// Replaces texts that stand for a secret by what stands in the same place of the route before.
fn fill_hidden(now: &mut Json, before: Option<&Json>, path: &str) -> Result<(), RouteError> {
    match now {
        Json::String(text) if Secret::new(text.as_str()).is_hidden() => match before {
            Some(Json::String(secret)) => *text = secret.clone(),
            _ => {
                return Err(RouteError::NoSecret { path: path.trim_start_matches('.').to_owned() });
            }
        },
        Json::Object(members) => {
            for (name, value) in members {
                let before = before.and_then(|before| before.get(name));
                fill_hidden(value, before, &format!("{path}.{name}"))?;
            }
        }
        Json::Array(items) => {
            for (index, value) in items.iter_mut().enumerate() {
                let before = before.and_then(|before| before.get(index));
                fill_hidden(value, before, &format!("{path}[{index}]"))?;
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::{
        destinations::{AddressRule, Surroundings, push::SigningKey},
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
        let changed = route("(hidden)", "https://b.example");
        let error = changed.clone().with_secrets_of(None).unwrap_err().to_string();
        assert!(error.contains("to.http."), "{error}");
        let changed = changed.with_secrets_of(Some(&before)).unwrap();
        assert_eq!(changed, route("whsec_x", "https://b.example"));
    }

    #[test]
    fn what_records_cannot_go_to_is_refused() {
        let surroundings = Surroundings {
            addresses: AddressRule::default(),
            plain_http: false,
            folders: None,
            pauses: (Duration::from_secs(1), Duration::from_secs(600)),
        };
        let secret = SigningKey::generate();
        let key = RouteKey { group: "g".parse().unwrap(), name: "r".parse().unwrap() };
        for (url, says) in [
            ("http://example.org/x", "plain-http"),
            ("ftp://example.org/x", "https://"),
            ("https://u:p@example.org/x", "authorization"),
            ("https://127.0.0.1/x", "private-addresses"),
            ("https://[::ffff:10.0.0.1]/x", "private-addresses"),
        ] {
            let refused =
                route(secret.reveal(), url).way(&key, &surroundings).map(drop).unwrap_err();
            assert!(refused.to_string().contains(says), "{url}: {refused}");
        }
        assert!(route(secret.reveal(), "https://example.org/x").way(&key, &surroundings).is_ok());
        let unsigned = route("whsec_x", "https://example.org/x").way(&key, &surroundings).map(drop);
        assert!(unsigned.unwrap_err().to_string().contains("24 to 64 bytes"));
    }
}
