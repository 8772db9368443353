//! The parts of the server that a check of a network server looks at.

use std::sync::Arc;

use champollion_lns::Kind;

use super::observations::Observed;
use crate::{auth::TokenInfo, mqtt::Status, parked::ParkedInfo};

/// The parts of the server that a check looks at.
pub(crate) struct Surroundings<'of> {
    /// The kind of the network server.
    pub(crate) kind: Kind,
    /// The traffic of the network server.
    pub(crate) observed: &'of Observed,
    /// The connection to its broker, where it has one.
    pub(crate) broker: Option<&'of Arc<Status>>,
    /// All tokens of the server, also those that are over.
    pub(crate) tokens: &'of [TokenInfo],
    /// All parked messages, of whichever network server.
    pub(crate) parked: &'of [Arc<ParkedInfo>],
}
