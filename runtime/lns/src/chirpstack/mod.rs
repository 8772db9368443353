//! ChirpStack 4: events by HTTP or MQTT, as JSON or protobuf.

mod downlink;
mod protobuf;
mod protobuf_api;
mod protobuf_states;
mod queue;
#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{Heard, Incoming, Topic, Unreadable, adapter::Adapter, outgoing::Commands, topic};

/// The adapter for ChirpStack 4.
pub(crate) struct Chirpstack;

impl Adapter for Chirpstack {
    fn name(&self) -> &'static str {
        "chirpstack"
    }

    fn product(&self) -> &'static str {
        "ChirpStack"
    }

    fn other_names(&self) -> &'static [&'static str] {
        &["LoRa Server", "LoRa App Server"]
    }

    fn says_events_in_the_query(&self) -> bool {
        true
    }

    fn topics(&self) -> &'static [&'static str] {
        &["application/+/device/+/event/+"]
    }

    fn assured_events(&self) -> &'static str {
        "set qos = 1 and clean_session = false under [integration.mqtt] in chirpstack.toml, and start ChirpStack again"
    }

    fn topic<'topic>(&self, topic: &'topic str) -> Option<Topic<'topic>> {
        let levels: Vec<&str> = topic.split('/').collect();
        if let [.., "gateway", device, "event", event @ "stats"] = levels[..] {
            return Some(Topic {
                event,
                application: None,
                device,
                device_name: None,
                prefix: None,
            });
        }
        // What the operator of a broker has put before its topics is not looked at.
        let [.., "application", application, "device", device, "event", event] = levels[..] else {
            return None;
        };
        let prefix = Some(topic::before(topic, &levels, 6));
        // Devices are named by their DevEUIs.
        Some(Topic { event, application: Some(application), device, device_name: None, prefix })
    }

    fn recognizes(&self, json: &Json) -> bool {
        json.get("deviceInfo").is_some()
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        uplink::read(incoming)
    }

    fn commands(&self) -> Option<&'static dyn Commands> {
        Some(&Chirpstack)
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("../../../../tests/network-servers/chirpstack.json"),
            needed: &["/deviceInfo", "/deviceInfo/devEui"],
            essentials: &["/deviceInfo/devEui", "/fCnt", "/fPort", "/data"],
            differs: |_, metadata| {
                metadata.data_rate_index = Some(3);
                metadata.gateways[0].gateway_id = "7276ff0039030436".to_owned();
                metadata.gateways[1].gateway_id = "7276ff0039030437".to_owned();
            },
        })
    }
}
