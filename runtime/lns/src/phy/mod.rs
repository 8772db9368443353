//! Our own format: whole frames, one as JSON, many as lines of JSON.

mod frame;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{Fault, Heard, Incoming, Kind, Message, Unreadable, adapter::Adapter};

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

    fn recognizes(&self, json: &Json) -> bool {
        json.get("phyPayload").is_some()
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let frame = serde_json::from_slice::<PhyFrame>(incoming.body);
        let frame = frame.map_err(|error| {
            let (said, is_data) = (error.to_string(), error.is_data());
            let fault = if is_data { Fault::Invalid(said) } else { Fault::NotJson(said) };
            Unreadable::new("", fault)
        })?;
        Ok(Heard::from(Message::frame(frame.read()?)))
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        None
    }
}
