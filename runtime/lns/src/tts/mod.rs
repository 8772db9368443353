//! The Things Stack 3: messages of its webhooks and of its MQTT topics, which are the same.

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

/// The adapter for The Things Stack 3.
pub(crate) struct Tts;

impl Adapter for Tts {
    fn name(&self) -> &'static str {
        "tts"
    }

    fn product(&self) -> &'static str {
        "The Things Stack"
    }

    fn other_names(&self) -> &'static [&'static str] {
        &[
            "ttn",
            "tti",
            "The Things Network",
            "The Things Industries",
            "Things Stack",
            "LoRaWAN Stack",
        ]
    }

    fn topics(&self) -> &'static [&'static str] {
        &[
            "v3/+/devices/+/up",
            "v3/+/devices/+/join",
            "v3/+/devices/+/down/queued",
            "v3/+/devices/+/down/sent",
            "v3/+/devices/+/down/ack",
            "v3/+/devices/+/down/nack",
            "v3/+/devices/+/down/failed",
        ]
    }

    fn assured_events(&self) -> &'static str {
        "the broker of The Things Stack knows QoS 0 alone and keeps nothing: use its webhooks, or its pub/sub \
         integration to a broker of your own with QoS 1"
    }

    fn topic<'topic>(&self, topic: &'topic str) -> Option<Topic<'topic>> {
        let levels: Vec<&str> = topic.split('/').collect();
        // What the operator of a broker has put before its topics is not looked at.
        let ([.., application, "devices", device, event]
        | [.., application, "devices", device, "down", event]) = levels[..]
        else {
            return None;
        };
        let own = if levels[levels.len() - 3] == "devices" { 4 } else { 5 };
        let prefix = Some(topic::before(topic, &levels, own));
        let (application, device_name) = (Some(application), Some(device));
        Some(Topic { event, application, device, device_name, prefix })
    }

    fn recognizes(&self, json: &Json) -> bool {
        json.get("end_device_ids").is_some()
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let unread = Unread::default();
        let json = json::parse_forgivingly(Kind::of(&Tts), incoming.body, &unread)?;
        let heard = Heard::from(uplink::read(&json, &unread)?).with_unread(unread);
        Ok(heard.with_feedback(|| downlink::feedback(&json)).with_place(|| {
            let ids = &json["end_device_ids"];
            let text = |json: &Json| json.as_str().map(str::to_owned);
            let application = text(&ids["application_ids"]["application_id"]);
            Place { application, device: text(&ids["device_id"]), ..Place::default() }
        }))
    }

    fn commands(&self) -> Option<&'static dyn Commands> {
        Some(&Tts)
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("../../../../tests/network-servers/tts.json"),
            needed: &["/end_device_ids", "/uplink_message"],
            essentials: &[
                "/end_device_ids/dev_eui",
                "/uplink_message/f_cnt",
                "/uplink_message/f_port",
                "/uplink_message/frm_payload",
            ],
            differs: |uplink, metadata| {
                uplink.adr = false;
                metadata.region = Some("EU_863_870".to_owned());
                metadata.gateways[0].gateway_id = "town-hall".to_owned();
                metadata.gateways[1].gateway_id = "water-tower".to_owned();
            },
        })
    }
}
