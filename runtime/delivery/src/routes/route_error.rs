//! Errors of routes as their owners say them.

use champollion_store::MAX_VALUE_BYTES;

use super::contradiction::Contradiction;
use crate::{
    destinations::{mqtt::MqttPushError, postgres::PostgresPushError, push::HttpPushError},
    files::FilePushError,
};

/// Longest description in bytes.
pub(super) const DESCRIPTION_BYTES: usize = 1_000;

/// Largest route in bytes as it is stored: a value of the store, without what is kept beside the route.
pub(super) const ROUTE_BYTES: usize = MAX_VALUE_BYTES - (2 << 10);

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
    /// Records cannot be kept like that.
    #[error("to.postgres: {0}")]
    Postgres(#[from] PostgresPushError),
    /// Files cannot be put like that.
    #[error("to.files.{0}")]
    Files(#[from] FilePushError),
    /// A secret is not said, and there is none before it that could stay.
    #[error("{path} is \"(hidden)\", which keeps a secret as it is, and there is none yet: say it")]
    NoSecret {
        /// The path of the member.
        path: String,
    },
    /// A secret is not said, and the one that there is was for another recipient.
    #[error(
        "{path} is \"(hidden)\", which keeps a secret as it is, and {changed} is changed: a secret is kept \
         for the same host and port, the same host key and the same authorities alone. Say it again"
    )]
    SecretOfAnother {
        /// The path of the member.
        path: String,
        /// The member by which the recipient is another.
        changed: &'static str,
    },
    /// A secret is not said, and several that there are may be meant.
    #[error(
        "{path} is \"(hidden)\", which keeps a secret as it is, and {several} secrets may be meant: a list is kept \
         whole or its secrets are said; a new one is made and an old one ended by rotating and retiring them"
    )]
    SecretOfSeveral {
        /// The path of the member.
        path: String,
        /// The number of secrets that may be meant.
        several: usize,
    },
    /// Members contradict each other, or ask for what can never be.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// It is more than the store takes.
    #[error(
        "the route has {bytes} bytes, {devices} devices in its filter among them, and {ROUTE_BYTES} are \
         the limit; nothing was changed. Name the devices by their sub-group, their use case or a tag, or \
         make several routes"
    )]
    TooLarge {
        /// The size in bytes.
        bytes: usize,
        /// The number of devices in its filter.
        devices: usize,
    },
    /// It is not as it was written.
    #[error("the route cannot be read: {0}")]
    Damaged(#[from] serde_json::Error),
}
