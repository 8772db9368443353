//! MultiTech Conduit: the packets of the network server in the gateway, from its own broker, from the broker
//! that its LoRaWAN application connects to, or by HTTP.
//!
//! After *LoRa Network Server, MQTT messages*
//! (<https://www.multitech.net/developer/software/lora/lora-network-server/mqtt-messages/>), and for mPower
//! *LoRaWAN Application*, *LoRaWAN App Connect MQTT v1.0* and *v1.1*
//! (<https://multitechsystems.github.io/v2/lorawan-app-connect/>,
//! <https://multitechsystems.github.io/v2/lorawan-app-connect-mqtt/>,
//! <https://multitechsystems.github.io/v2/lorawan-app-connect-mqtt-v1_1/>).

mod downlink;
mod payload;
#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{
    Heard, Incoming, Kind, Message, Topic, Unreadable, adapter::Adapter, json, outgoing::Commands,
    topic, unread::Unread,
};
#[cfg(test)]
use champollion_frames::Reception;

/// The event of an uplink.
const UPLINK: &str = "up";

/// The adapter for the network server of the Conduit.
pub(crate) struct Multitech;

impl Adapter for Multitech {
    fn name(&self) -> &'static str {
        "multitech"
    }

    fn product(&self) -> &'static str {
        "MultiTech Conduit"
    }

    fn other_names(&self) -> &'static [&'static str] {
        &["Conduit", "mLinux"]
    }

    fn topics(&self) -> &'static [&'static str] {
        &["lora/+/up", "lora/+/+/up", "lorawan/+/+/up", "lorawan/+/+/+/up"]
    }

    fn topic<'topic>(&self, topic: &'topic str) -> Option<Topic<'topic>> {
        let levels: Vec<&str> = topic.split('/').collect();
        // What the operator of a broker has put before its topics is not looked at.
        let first = levels.iter().rposition(|level| ["lora", "lorawan"].contains(level))?;
        let (application, device, event) = match levels[first..] {
            // The broker in the gateway: it has applications, and takes commands without them.
            ["lora", device, event] | ["lora", _, device, event] => (None, device, event),
            ["lorawan", application, device, event] => (Some(application), device, event),
            // From version 1.1 on commands go to the gateway, and not to the application.
            ["lorawan", gateway, _, device, event] => (Some(gateway), device, event),
            _ => return None,
        };
        let prefix = Some(topic::before(topic, &levels, levels.len() - first));
        Some(Topic { event, application, device, device_name: None, prefix })
    }

    fn hands_over_lists(&self) -> bool {
        true
    }

    fn recognizes(&self, json: &Json) -> bool {
        let has = |name: &str| json.get(name).is_some();
        has("deveui") && (has("gweui") || has("fcnt") && has("data"))
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        // Over HTTP nothing is said beside the message.
        if !["", UPLINK].contains(&incoming.event) {
            return Ok(Message::nothing(incoming.event).into());
        }
        let unread = Unread::default();
        let json = json::parse_forgivingly(Kind::of(&Multitech), incoming.body, &unread)?;
        Ok(Heard::from(uplink::read(&json, &unread)?).with_unread(unread))
    }

    fn commands(&self) -> Option<&'static dyn Commands> {
        Some(&Multitech)
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("../../../../tests/network-servers/multitech.json"),
            needed: &["/deveui", "/fcnt"],
            essentials: &["/deveui", "/fcnt", "/port", "/data"],
            differs: |_, metadata| {
                metadata.region = None;
                metadata.gateways = vec![Reception {
                    gateway_id: "00-80-00-00-d0-00-01-ff".to_owned(),
                    rssi_dbm: Some(-90.0),
                    snr_db: Some(0.0),
                }];
            },
        })
    }
}
