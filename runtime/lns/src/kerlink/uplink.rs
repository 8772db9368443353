//! Reads `dataUp` of the Wanesy Management Center. How much of it there is depends on the level of
//! detail that is set there: of the device, of the network, of the radio.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};
use serde_json::Value as Json;

use crate::{
    Content, Frame, Message, Unreadable,
    decoration::Decoration,
    essentials::{self, LeftOut},
    json::{FRM_PAYLOAD_BYTES, Field},
    message::{GATEWAYS, milliseconds},
    radio,
    unread::Unread,
};

/// Reads a `dataUp`.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json, unread: &Unread) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    let device = root.needed("endDevice")?.object()?;
    let decoration = Decoration::of(&root, unread);
    // A gateway that was cut off hands its frames over later: when it heard them is what counts.
    let moment = decoration.get("gwRecvTime", Field::milliseconds);
    let received_at = moment.or_else(|| decoration.get("recvTime", Field::milliseconds));
    let payload = payload(&root)?;
    let encryption = decoration.get("encrypted", Field::yes_or_no);
    let uplink = ReportedUplink {
        dev_eui: device.need("devEui", Field::dev_eui)?,
        dev_addr: Decoration::of(&device, unread).get("devAddr", Field::dev_addr),
        f_cnt: essentials::f_cnt(&root, "fCntUp", LeftOut::IsMissing)?,
        f_port: essentials::f_port(&root, "fPort", &payload, LeftOut::IsMissing)?,
        payload,
        is_encrypted: encryption.unwrap_or(false),
        confirmed: decoration.says("confirmed"),
        adr: decoration.says("adr"),
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    let says_encryption = encryption.is_some();
    let content = Content::Reported { uplink, app_s_key: None, says_encryption };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&decoration) }))
}

/// The payload, which cannot be read without its encoding.
fn payload(root: &Field<'_>) -> Result<Vec<u8>, Unreadable> {
    let encoding = root.get("encodingType", Field::text)?.unwrap_or_default();
    let payload = match encoding.to_ascii_uppercase().as_str() {
        "HEXA" | "" => root.get("payload", |digits| digits.hex(FRM_PAYLOAD_BYTES))?,
        "BASE64" => root.get("payload", |text| text.base64(FRM_PAYLOAD_BYTES))?,
        _ => return Err(root.needed("encodingType")?.invalid("it must be HEXA or BASE64")),
    };
    Ok(payload.unwrap_or_default())
}

fn metadata(root: &Decoration<'_, '_>) -> RadioMetadata {
    let mut metadata = RadioMetadata {
        frequency_hz: root.get("ulFrequency", radio::megahertz),
        coding_rate: root.name("codingRate"),
        ..RadioMetadata::default()
    };
    root.get("dataRate", |field| radio::data_rate(field, &mut metadata));
    for (index, gateway) in root.elements("gwInfo", GATEWAYS) {
        metadata.gateways.push(reception(&gateway, index));
        metadata.region = metadata.region.or_else(|| gateway.name("rfRegion"));
    }
    metadata
}

fn reception(gateway: &Decoration<'_, '_>, index: usize) -> Reception {
    let name = gateway.name("gwEui");
    let rssi_dbm = gateway.get("rssi", radio::rssi);
    radio::reception(name.as_deref(), index, rssi_dbm, gateway.get("snr", radio::snr))
}
