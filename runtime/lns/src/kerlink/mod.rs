//! Kerlink Wanesy Management Center: what it pushes to `{url}/dataUp`.

mod downlink;
#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{
    Heard, Incoming, Kind, Unreadable, adapter::Adapter, json, outgoing::Commands, unread::Unread,
};

/// The adapter for the Wanesy Management Center.
pub(crate) struct Kerlink;

impl Adapter for Kerlink {
    fn name(&self) -> &'static str {
        "kerlink"
    }

    fn product(&self) -> &'static str {
        "Kerlink Wanesy Management Center"
    }

    fn other_names(&self) -> &'static [&'static str] {
        &["Wanesy", "WMC"]
    }

    fn appended_paths(&self) -> &'static [&'static str] {
        &["/dataUp"]
    }

    fn recognizes(&self, json: &Json) -> bool {
        json.get("endDevice").is_some()
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let unread = Unread::default();
        let json = json::parse_forgivingly(Kind::of(&Kerlink), incoming.body, &unread)?;
        Ok(Heard::from(uplink::read(&json, &unread)?).with_unread(unread))
    }

    fn commands(&self) -> Option<&'static dyn Commands> {
        Some(&Kerlink)
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("../../../../tests/network-servers/kerlink.json"),
            needed: &["/endDevice", "/endDevice/devEui", "/fCntUp"],
            essentials: &["/endDevice/devEui", "/fCntUp", "/fPort", "/payload", "/encodingType"],
            differs: |_, _| {},
        })
    }
}
