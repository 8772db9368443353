//! Actility ThingPark: the reports that its tunnel interface and its IoT flow hand over.

mod downlink;
#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{
    Heard, Incoming, Kind, Unreadable, adapter::Adapter, decoration::Unread, json,
    outgoing::Commands,
};
#[cfg(test)]
use champollion_frames::Mic;

/// The adapter for Actility ThingPark.
pub(crate) struct Actility;

impl Adapter for Actility {
    fn name(&self) -> &'static str {
        "actility"
    }

    fn product(&self) -> &'static str {
        "Actility ThingPark"
    }

    fn recognizes(&self, json: &Json) -> bool {
        json.get("DevEUI_uplink").is_some() || json.get("DevEUI_downlink_Sent").is_some()
    }

    fn recognizes_text(&self, text: &str) -> bool {
        text.starts_with('<') && text.contains("<DevEUI_")
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let unread = Unread::default();
        let json = json::parse_forgivingly(Kind::of(&Actility), incoming.body, &unread)?;
        let heard = Heard::from(uplink::read(&json, &unread)?).with_unread(unread);
        Ok(heard.with_feedback(|| downlink::feedback(&json)))
    }

    fn commands(&self) -> Option<&'static dyn Commands> {
        Some(&Actility)
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("../../../../tests/network-servers/actility.json"),
            needed: &["/DevEUI_uplink", "/DevEUI_uplink/DevEUI", "/DevEUI_uplink/FCntUp"],
            essentials: &[
                "/DevEUI_uplink/DevEUI",
                "/DevEUI_uplink/FCntUp",
                "/DevEUI_uplink/FPort",
                "/DevEUI_uplink/payload_hex",
            ],
            differs: |uplink, metadata| {
                uplink.mic = Some(Mic::from_bytes([0xCF, 0xFF, 0xC7, 0x0F]));
                metadata.bandwidth_hz = None;
                metadata.coding_rate = None;
                metadata.region = None;
                metadata.gateways[0].gateway_id = "004A18E3".to_owned();
                metadata.gateways[1].gateway_id = "004A18E4".to_owned();
            },
        })
    }
}
