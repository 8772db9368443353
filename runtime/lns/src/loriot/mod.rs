//! Loriot: the messages of its application outputs.

#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{Heard, Incoming, Kind, Unreadable, adapter::Adapter, json, unread::Unread};

/// The adapter for Loriot.
pub(crate) struct Loriot;

impl Adapter for Loriot {
    fn name(&self) -> &'static str {
        "loriot"
    }

    fn product(&self) -> &'static str {
        "Loriot"
    }

    fn recognizes(&self, json: &Json) -> bool {
        json.get("cmd").is_some() && json.get("EUI").is_some()
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let unread = Unread::default();
        let json = json::parse_forgivingly(Kind::of(&Loriot), incoming.body, &unread)?;
        Ok(Heard::from(uplink::read(&json, &unread)?).with_unread(unread))
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("../../../../tests/network-servers/loriot.json"),
            needed: &["/cmd", "/EUI", "/fcnt", "/data"],
            essentials: &["/cmd", "/EUI", "/fcnt", "/port", "/data"],
            differs: |uplink, metadata| {
                uplink.dev_addr = None;
                uplink.adr = false;
                metadata.region = None;
            },
        })
    }
}
