//! Acme: the messages of the webhooks of the Acme LoRaWAN Server, which exists as an example alone.

#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{Adapter, Heard, Incoming, Kind, Unreadable, json, unread::Unread};

/// The adapter for the Acme LoRaWAN Server.
pub(crate) struct Acme;

impl Adapter for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn product(&self) -> &'static str {
        "the Acme LoRaWAN Server"
    }

    fn recognizes(&self, json: &Json) -> bool {
        json.get("acmeEvent").is_some()
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let unread = Unread::default();
        let json = json::parse_forgivingly(Kind::of(&Acme), incoming.body, &unread)?;
        Ok(Heard::from(uplink::read(&json, &unread)?).with_unread(unread))
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("sample.json"),
            needed: &["/acmeEvent", "/devEui", "/counter", "/port", "/data"],
            essentials: &["/acmeEvent", "/devEui", "/counter", "/port", "/data"],
            differs: |uplink, metadata| {
                uplink.adr = false;
                metadata.coding_rate = None;
                metadata.region = None;
            },
        })
    }
}
