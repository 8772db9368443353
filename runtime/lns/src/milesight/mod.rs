//! Milesight gateways (UG56, UG65, UG67, SG50): the messages of the network server in the gateway, as its
//! applications hand them over by HTTP and MQTT.
//!
//! After *How to use payload codec on Milesight gateway*, which shows the message
//! (<https://support.milesight-iot.com/support/solutions/articles/73000600064>), *Uplink data* of the
//! application guide (<https://www.milesight.com/building-iot-gateway/en/application-guide/uplink-data.html>),
//! *MQTT remote control DO*, which names the topics, and *Milesight UG6x API documentation* of 2021-04-13 for
//! commands over HTTP.

mod downlink;
#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{
    Heard, Incoming, Kind, Place, Topic, Unreadable, adapter::Adapter, json, outgoing::Commands,
    topic, unread::Unread,
};

/// The adapter for the network server of a Milesight gateway.
pub(crate) struct Milesight;

impl Adapter for Milesight {
    fn name(&self) -> &'static str {
        "milesight"
    }

    fn product(&self) -> &'static str {
        "a Milesight gateway"
    }

    fn other_names(&self) -> &'static [&'static str] {
        &["Ursalink"]
    }

    // Topics are the operator's choice; those of the program that Milesight's is made of say which device.
    fn topic<'topic>(&self, topic: &'topic str) -> Option<Topic<'topic>> {
        let levels: Vec<&str> = topic.split('/').collect();
        let (application, device, prefix) = match levels[..] {
            [.., "application", application, "device", device, _] => {
                (Some(application), device, Some(topic::before(topic, &levels, 5)))
            }
            _ => (None, topic, None),
        };
        Some(Topic { event: "up", application, device, device_name: None, prefix })
    }

    fn recognizes(&self, json: &Json) -> bool {
        // Other descendants of the same program name gateways by `gatewayID`, and give a number for the data rate.
        let has_gateway = json["rxInfo"][0].get("mac").is_some();
        let has_data_rate = json["txInfo"]["dataRate"].get("spreadFactor").is_some();
        json.get("devEUI").is_some()
            && (has_gateway || has_data_rate || json.get("gatewaySN").is_some())
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let unread = Unread::default();
        let json = json::parse_forgivingly(Kind::of(&Milesight), incoming.body, &unread)?;
        let heard = Heard::from(uplink::read(&json, &unread)?).with_unread(unread);
        Ok(heard.with_feedback(|| downlink::feedback(&json)).with_place(|| Place {
            application: application(&json["applicationID"]),
            ..Place::default()
        }))
    }

    fn commands(&self) -> Option<&'static dyn Commands> {
        Some(&Milesight)
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("../../../../tests/network-servers/milesight.json"),
            needed: &["/devEUI", "/fCnt"],
            essentials: &["/devEUI", "/fCnt", "/fPort", "/data"],
            differs: |uplink, metadata| {
                (uplink.dev_addr, uplink.confirmed) = (None, false);
                metadata.region = None;
                metadata.gateways[0].gateway_id = "7276ff0039030436".to_owned();
                metadata.gateways[1].gateway_id = "7276ff0039030437".to_owned();
            },
        })
    }
}

/// The number of an application, which newer versions do not write as a text.
fn application(id: &Json) -> Option<String> {
    match id {
        Json::String(id) => Some(id.clone()),
        Json::Number(id) => Some(id.to_string()),
        _ => None,
    }
}
