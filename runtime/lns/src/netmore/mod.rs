//! Netmore: the payloads of its HTTP push, and the raw packets of its MQTT interface.
//!
//! After *Netmore Cloud Control sample application*, "Payload description" and "Topic description", of
//! 2023-09-04 (<https://github.com/netmoregroup/netmore-mqtt-sample>). Both ways hand over a list; over MQTT each
//! element is an envelope, in which the packet is the value of a data point named `raw`.
//!
//! Commands are not handed over: no public document says how.

#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{Heard, Incoming, Kind, Topic, Unreadable, adapter::Adapter, json, unread::Unread};

/// The adapter for Netmore.
pub(crate) struct Netmore;

impl Adapter for Netmore {
    fn name(&self) -> &'static str {
        "netmore"
    }

    fn product(&self) -> &'static str {
        "Netmore"
    }

    fn topics(&self) -> &'static [&'static str] {
        &["client/+/edge/+/netmore/raw/evt/+/+/+"]
    }

    fn topic<'topic>(&self, topic: &'topic str) -> Option<Topic<'topic>> {
        let levels: Vec<&str> = topic.split('/').collect();
        let [.., "netmore", "raw", "evt", _, device, _] = levels[..] else { return None };
        // No commands are handed over, so that the beginning is of no use.
        Some(Topic { event: "up", application: None, device, device_name: None, prefix: None })
    }

    fn hands_over_lists(&self) -> bool {
        true
    }

    fn recognizes(&self, json: &Json) -> bool {
        let packet = uplink::packet(json);
        packet.get("sensorType").is_some() && packet.get("devEui").is_some()
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let unread = Unread::default();
        let json = json::parse_forgivingly(Kind::of(&Netmore), incoming.body, &unread)?;
        Ok(Heard::from(uplink::read(&json, &unread)?).with_unread(unread))
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("../../../../tests/network-servers/netmore.json"),
            needed: &["/devEui", "/fCntUp"],
            essentials: &["/devEui", "/fCntUp", "/fPort", "/payload"],
            differs: |uplink, metadata| {
                (uplink.dev_addr, uplink.confirmed, uplink.adr) = (None, false, false);
                (metadata.bandwidth_hz, metadata.coding_rate) = (None, None);
                (metadata.region, metadata.data_rate_index) = (None, Some(3));
                metadata.gateways[0].gateway_id = "7276ff0039030436".to_owned();
                metadata.gateways[1].gateway_id = "774".to_owned();
            },
        })
    }
}
