//! Our own format for network servers that tell of an uplink no more than its payload in clear: one uplink as
//! JSON, many as lines of JSON.

#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{Heard, Incoming, Kind, Unreadable, adapter::Adapter, own_format};

pub use uplink::PlainUplink;

/// The kind of network servers that hand payloads over in our own format, in clear.
pub const KIND: Kind = Kind::of(&Plain);

/// The adapter for our own format of payloads in clear.
pub(crate) struct Plain;

impl Adapter for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn product(&self) -> &'static str {
        "Champollion (payloads in clear)"
    }

    fn other_names(&self) -> &'static [&'static str] {
        &["clear", "uplink"]
    }

    fn hands_over_lists(&self) -> bool {
        true
    }

    fn recognizes(&self, json: &Json) -> bool {
        let has = |name: &str| json.get(name).is_some();
        let is_uplink = ["fPort", "payload", "payloadBase64"].into_iter().any(has);
        has("devEui") && has("fCnt") && is_uplink && !has("phyPayload")
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        own_format::heard::<PlainUplink>(incoming.body)
    }

    // What it refuses is refused by serde, and not field by field: the tests here have their own.
    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        None
    }
}
