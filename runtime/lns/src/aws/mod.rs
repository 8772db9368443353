//! AWS IoT Core for LoRaWAN: what a rule hands over.

#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{Heard, Incoming, Kind, Unreadable, adapter::Adapter, json, unread::Unread};
#[cfg(test)]
use champollion_frames::Mic;

/// The adapter for AWS IoT Core for LoRaWAN.
pub(crate) struct Aws;

impl Adapter for Aws {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn product(&self) -> &'static str {
        "AWS IoT Core for LoRaWAN"
    }

    fn other_names(&self) -> &'static [&'static str] {
        &["Amazon", "IoT Core"]
    }

    fn recognizes(&self, json: &Json) -> bool {
        json.get("WirelessMetadata").is_some() || json.get("WirelessDeviceId").is_some()
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let unread = Unread::default();
        let json = json::parse_forgivingly(Kind::of(&Aws), incoming.body, &unread)?;
        Ok(Heard::from(uplink::read(&json, &unread)?).with_unread(unread))
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("../../../../tests/network-servers/aws.json"),
            needed: &[
                "/WirelessMetadata",
                "/WirelessMetadata/LoRaWAN",
                "/WirelessMetadata/LoRaWAN/DevEui",
                "/WirelessMetadata/LoRaWAN/FCnt",
            ],
            essentials: &[
                "/WirelessMetadata/LoRaWAN/DevEui",
                "/WirelessMetadata/LoRaWAN/FCnt",
                "/WirelessMetadata/LoRaWAN/FPort",
                "/PayloadData",
            ],
            differs: |uplink, metadata| {
                uplink.mic = Some(Mic::from_bytes([0x72, 0x55, 0xCB, 0x07]));
                // The example of AWS has whole seconds.
                uplink.received_at_ms = uplink.received_at_ms.map(|moment| moment - 789);
                metadata.region = None;
                metadata.data_rate_index = Some(3);
                metadata.gateways[0].gateway_id = "7276ff0039030436".to_owned();
                metadata.gateways[1].gateway_id = "7276ff0039030437".to_owned();
            },
        })
    }
}
