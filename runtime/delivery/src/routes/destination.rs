//! The destination of a route.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    destinations::{Secret, Target, Tls, mqtt::MqttPush, postgres::PostgresPush, push::HttpPush},
    files::{FilePush, PlaceDefinition},
};

/// To whom records go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Destination {
    /// Records are posted to a URL.
    Http(Box<HttpPush>),
    /// They are published through a broker.
    Mqtt(Box<MqttPush>),
    /// They are kept as history in a database: one row a measurement.
    Postgres(Box<PostgresPush>),
    /// They are put as files.
    Files(Box<FilePush>),
    /// They are fetched, by this route's name.
    Pull {},
}

impl Destination {
    pub(super) fn secrets(&mut self) -> Vec<&mut Secret> {
        match self {
            Self::Http(push) => push.secrets(),
            Self::Mqtt(push) => push.secrets(),
            Self::Postgres(push) => push.secrets(),
            Self::Files(push) => push.secrets(),
            Self::Pull {} => Vec::new(),
        }
    }

    /// Takes the signing secrets of the destination before, where this one says none.
    pub(super) fn keep_signing_secrets(&mut self, before: &Self) {
        if let (Self::Http(now), Self::Http(before)) = (self, before) {
            now.keep_signing_secrets(before);
        }
    }

    /// Returns the path of a destination that is reached without TLS and has certificates for it.
    pub(super) fn tls_of_plain(&self) -> Option<&'static str> {
        // An address of another kind is refused as such.
        let (member, url, plain, tls) = match self {
            Self::Http(push) => ("to.http", &push.url, "http", &push.tls),
            Self::Mqtt(push) => ("to.mqtt", &push.url, "mqtt", &push.tls),
            Self::Postgres(push) => {
                let has_tls = !push.is_secured() && push.tls != Tls::default();
                return has_tls.then_some("to.postgres");
            }
            Self::Files(push) => match &push.place {
                PlaceDefinition::Webdav(place) => {
                    ("to.files.place.webdav", &place.url, "http", &place.tls)
                }
                PlaceDefinition::S3(place) => {
                    ("to.files.place.s3", &place.endpoint, "http", &place.tls)
                }
                PlaceDefinition::Sftp(_)
                | PlaceDefinition::Ftps(_)
                | PlaceDefinition::Folder(_) => return None,
            },
            Self::Pull {} => return None,
        };
        (url.scheme() == plain && *tls != Tls::default()).then_some(member)
    }

    /// Returns where its secrets go; nowhere where it has none.
    pub(super) fn target(&self) -> Option<Target> {
        match self {
            Self::Http(push) => Some(push.target()),
            Self::Mqtt(push) => Some(push.target()),
            Self::Postgres(push) => Some(push.target()),
            Self::Files(push) => push.target(),
            Self::Pull {} => None,
        }
    }

    /// Whether another recipient gets the records than did before.
    pub(crate) fn is_another_than(&self, before: &Self) -> bool {
        let is_changed = match (self.target(), before.target()) {
            (Some(now), Some(then)) => now.changed(&then).is_some(),
            (now, then) => now.is_some() != then.is_some(),
        };
        self.kind() != before.kind() || is_changed
    }

    /// Returns the kind of the destination.
    #[must_use]
    pub fn kind(&self) -> DestinationKind {
        match self {
            Self::Http(_) => DestinationKind::Http,
            Self::Mqtt(_) => DestinationKind::Mqtt,
            Self::Postgres(_) => DestinationKind::Postgres,
            Self::Files(_) => DestinationKind::Files,
            Self::Pull {} => DestinationKind::Pull,
        }
    }
}

/// The kinds of destinations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DestinationKind {
    /// Records are posted to a URL.
    Http,
    /// They are published through a broker.
    Mqtt,
    /// They are kept as history in a database.
    Postgres,
    /// They are put as files.
    Files,
    /// Records are fetched by the route's name.
    Pull,
}

impl fmt::Display for DestinationKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Http => "http",
            Self::Mqtt => "mqtt",
            Self::Postgres => "postgres",
            Self::Files => "files",
            Self::Pull => "pull",
        })
    }
}
