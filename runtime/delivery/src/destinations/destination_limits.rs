//! The bounds that the operator of a server sets to destinations.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use super::reach::{AddressRules, Connector};
use crate::{names::GroupId, zone::Zone};

/// The bounds that the operator sets to destinations: addresses and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationLimits {
    /// Where recipients may be.
    pub addresses: AddressRules,
    /// Whether records may go over HTTP without TLS.
    pub plain_http: bool,
    /// The folder below which files may be put; none may where it is absent.
    pub folders: Option<PathBuf>,
    /// The first pause after a failure, and the longest.
    pub pauses: (Duration, Duration),
    /// The zones of groups whose routes name none.
    pub time_zones: BTreeMap<GroupId, Zone>,
}

impl DestinationLimits {
    /// The connector for the recipients of a group.
    #[must_use]
    pub fn connector(&self, group: &GroupId) -> Connector {
        Connector::new(&self.addresses, group)
    }
}
