//! Routes: which records of a group go to whom, in which shape.

mod book;
mod expression;
mod filter;
mod secret;
mod shape;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    AddressRule, FilePush, FilePushError, GroupId, HttpPush, HttpPushError, MqttPush,
    MqttPushError, Recipient, RouteName, files::Place,
};

pub(crate) use book::Standing;
pub use book::{RouteBook, Stopped};
pub use expression::{Expression, ExpressionError};
pub use filter::{DecoderPattern, DecoderPatternError, Filter};
pub use secret::Secret;
pub use shape::Shape;

/// Records that are on their way to a broker at once.
const MQTT_CONCURRENCY: usize = 32;

/// Longest description in bytes.
const DESCRIPTION_BYTES: usize = 1_000;

/// Which records of a group go to whom, in which shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// Words of its owner's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Which records.
    #[serde(default)]
    pub filter: Filter,
    /// In which shape.
    #[serde(default)]
    pub shape: Shape,
    /// To whom.
    pub to: Destination,
    /// Nothing is handed over while it is paused.
    #[serde(default)]
    pub paused: bool,
}

/// To whom records go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Destination {
    /// They are posted.
    Http(Box<HttpPush>),
    /// They are published through a broker.
    Mqtt(Box<MqttPush>),
    /// They are put as files.
    Files(Box<FilePush>),
    /// They are fetched, by this route's name.
    Pull {},
}

/// A route's name, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteKey {
    /// Whose records.
    pub group: GroupId,
    /// Its name within the group.
    pub name: RouteName,
}

/// What the operator allows, and how patient we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// Where recipients may be.
    pub addresses: AddressRule,
    /// Whether records may go over HTTP without TLS.
    pub plain_http: bool,
    /// The folder below which files may be put; none may where it is absent.
    pub folders: Option<PathBuf>,
    /// The first pause after a failure, and the longest.
    pub pauses: (Duration, Duration),
}

/// Why a route cannot be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// The description is long.
    #[error("description has {bytes} bytes, and {DESCRIPTION_BYTES} are the limit")]
    Description {
        /// Its size.
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
        /// Where.
        path: String,
    },
    /// It is not as it was written.
    #[error("the route cannot be read: {0}")]
    Damaged(#[from] serde_json::Error),
}

/// How records leave on a route.
pub(crate) enum Way {
    /// Each as soon as it is there.
    Push {
        /// Whoever takes them.
        recipient: Arc<dyn Recipient>,
        /// Most records in one parcel.
        batch: usize,
        /// Most parcels at once.
        concurrency: usize,
    },
    /// In files, at their rhythm.
    Files {
        /// How.
        push: Box<FilePush>,
        /// Where they are put.
        place: Arc<dyn Place>,
    },
    /// Whoever wants them comes and fetches them.
    Pull,
}

impl Route {
    /// What there is to know where secrets were left as they are: those of the route before.
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

    /// How records leave on it.
    ///
    /// # Errors
    /// Says what of it cannot be.
    pub(crate) fn way(
        &self,
        key: &RouteKey,
        surroundings: &Surroundings,
    ) -> Result<Way, RouteError> {
        if self.description.len() > DESCRIPTION_BYTES {
            return Err(RouteError::Description { bytes: self.description.len() });
        }
        Ok(match &self.to {
            Destination::Http(push) => Way::Push {
                recipient: Arc::new(push.recipient(surroundings)?),
                batch: push.batch,
                concurrency: push.concurrency,
            },
            Destination::Mqtt(push) => Way::Push {
                recipient: Arc::new(push.recipient(surroundings)?.of_route(key)),
                batch: 1,
                concurrency: MQTT_CONCURRENCY,
            },
            Destination::Files(push) => Way::Files {
                push: push.clone(),
                place: Arc::from(push.open(&key.group, surroundings)?),
            },
            Destination::Pull {} => Way::Pull,
        })
    }
}

impl Destination {
    fn secrets(&mut self) -> Vec<&mut Secret> {
        match self {
            Self::Http(push) => push.secrets(),
            Self::Mqtt(push) => push.secrets(),
            Self::Files(push) => push.secrets(),
            Self::Pull {} => Vec::new(),
        }
    }

    /// What kind of destination it is.
    #[must_use]
    pub fn kind(&self) -> DestinationKind {
        match self {
            Self::Http(_) => DestinationKind::Http,
            Self::Mqtt(_) => DestinationKind::Mqtt,
            Self::Files(_) => DestinationKind::Files,
            Self::Pull {} => DestinationKind::Pull,
        }
    }
}

/// The kinds of destinations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DestinationKind {
    /// Records are posted.
    Http,
    /// They are published through a broker.
    Mqtt,
    /// They are put as files.
    Files,
    /// They are fetched.
    Pull,
}

impl fmt::Display for DestinationKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Http => "http",
            Self::Mqtt => "mqtt",
            Self::Files => "files",
            Self::Pull => "pull",
        })
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

impl std::fmt::Display for RouteKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.group, self.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        let secret = crate::SigningKey::generate();
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
