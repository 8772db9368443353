//! Our own format: whole frames, one as JSON, many as lines of JSON.

mod frame;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{Heard, Incoming, Kind, Unreadable, adapter::Adapter, own_format};

pub use frame::PhyFrame;

/// The kind of network servers that hand frames over in our own format.
pub const KIND: Kind = Kind::of(&Phy);

/// The adapter for our own format.
pub(crate) struct Phy;

impl Adapter for Phy {
    fn name(&self) -> &'static str {
        "phy"
    }

    fn product(&self) -> &'static str {
        "Champollion"
    }

    fn other_names(&self) -> &'static [&'static str] {
        &["frame", "raw"]
    }

    fn hands_over_lists(&self) -> bool {
        true
    }

    fn recognizes(&self, json: &Json) -> bool {
        json.get("phyPayload").is_some()
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        own_format::heard::<PhyFrame>(incoming.body)
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        None
    }
}
