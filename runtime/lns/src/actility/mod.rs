//! Actility ThingPark: the reports that its tunnel interface and its IoT flow hand over, as JSON or XML.

mod downlink;
#[cfg(test)]
mod tests;
mod uplink;
mod xml;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{
    Fault, Heard, Incoming, Kind, Mistake, Unreadable, adapter::Adapter, json, mistake::encoding,
    outgoing::Commands, unread::Unread,
};
#[cfg(test)]
use champollion_frames::Mic;

/// The encoding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Json,
    Xml,
}

/// The adapter for Actility ThingPark.
pub(crate) struct Actility;

impl Adapter for Actility {
    fn name(&self) -> &'static str {
        "actility"
    }

    fn product(&self) -> &'static str {
        "Actility ThingPark"
    }

    fn other_names(&self) -> &'static [&'static str] {
        &["ThingPark", "Objenious"]
    }

    fn recognizes(&self, json: &Json) -> bool {
        json.get("DevEUI_uplink").is_some() || json.get("DevEUI_downlink_Sent").is_some()
    }

    fn recognizes_text(&self, text: &str) -> bool {
        text.starts_with('<') && text.contains("<DevEUI_")
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let unread = Unread::default();
        let json = match encoding_of(incoming) {
            Encoding::Json => json::parse_forgivingly(Kind::of(&Actility), incoming.body, &unread)?,
            Encoding::Xml => {
                let json = xml::read(incoming.body, &unread)?;
                if encoding::is_soap(&json) {
                    return Err(Unreadable::new("", Fault::Mistaken(Mistake::Soap)));
                }
                json
            }
        };
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

/// Returns the encoding of a body: as it looks, or as the headers declare it where it looks like neither.
fn encoding_of(incoming: &Incoming<'_>) -> Encoding {
    let is_declared = || {
        let declared = incoming.content_type.unwrap_or_default().to_ascii_lowercase();
        declared.contains("xml")
    };
    let looks_like_json = || incoming.body.trim_ascii_start().first() == Some(&b'{');
    if xml::is_xml(incoming.body) || (is_declared() && !looks_like_json()) {
        return Encoding::Xml;
    }
    Encoding::Json
}
