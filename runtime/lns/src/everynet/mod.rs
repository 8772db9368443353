//! Everynet: the messages of its data API, as its HTTP and MQTT connections hand them over.
//!
//! After *Everynet Network Server, Data API v1.0*: "Messages and types", "Uplink message", "Downlink request"
//! (<https://ns.docs.everynet.io/data-api/messages-and-types.html>,
//! <https://ns.docs.everynet.io/data-api/uplink-message.html>) and "HTTP connection"
//! (<https://ns.docs.everynet.io/adapters/http2.html>).
//!
//! Commands are not handed over: Everynet keeps none. It asks for one after an uplink, with the hash of that
//! uplink, and waits a second or less for the answer.

#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{Heard, Incoming, Kind, Unreadable, adapter::Adapter, json, unread::Unread};

/// The adapter for Everynet.
pub(crate) struct Everynet;

impl Adapter for Everynet {
    fn name(&self) -> &'static str {
        "everynet"
    }

    fn product(&self) -> &'static str {
        "Everynet"
    }

    fn recognizes(&self, json: &Json) -> bool {
        ["type", "meta", "params"].iter().all(|name| json.get(name).is_some())
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let unread = Unread::default();
        let json = json::parse_forgivingly(Kind::of(&Everynet), incoming.body, &unread)?;
        Ok(Heard::from(uplink::read(&json, &unread)?).with_unread(unread))
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("../../../../tests/network-servers/everynet.json"),
            needed: &["/type", "/meta", "/meta/device", "/params", "/params/counter_up"],
            essentials: &[
                "/type",
                "/meta/device",
                "/params/counter_up",
                "/params/port",
                "/params/payload",
            ],
            differs: |_, metadata| {
                metadata.region = None;
                metadata.gateways.remove(0);
                metadata.gateways[0].gateway_id = "7276ff0039030437".to_owned();
            },
        })
    }
}
