//! Reads a data message of the LoRa connector. The network keeps its gateways to itself: the levels are those
//! of the best.

use champollion_frames::{RadioMetadata, ReportedUplink};
use serde_json::Value as Json;

use super::CONNECTOR;
use crate::{
    Content, Frame, Message, Unreadable,
    decoration::Decoration,
    essentials::{self, LeftOut},
    json::{FRM_PAYLOAD_BYTES, Field},
    message::milliseconds,
    radio,
    unread::Unread,
};

/// The message type of a confirmed uplink.
const CONFIRMED: &str = "CONFIRMED_DATA_UP";

/// The message type of an unconfirmed uplink.
const UNCONFIRMED: &str = "UNCONFIRMED_DATA_UP";

/// Reads a data message.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json, unread: &Unread) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    let metadata = root.needed("metadata")?;
    let described = Decoration::of(&metadata, unread);
    // Data of devices of other connectors come the same way.
    if let Some(other) = described.name("connector").filter(|name| name != CONNECTOR) {
        return Ok(Message::nothing(&other));
    }
    let told = metadata.needed("network")?.needed("lora")?.object()?;
    let decoration = Decoration::of(&told, unread);
    let message_type = decoration.name("messageType");
    if let Some(other) =
        message_type.as_deref().filter(|name| ![CONFIRMED, UNCONFIRMED].contains(name))
    {
        return Ok(Message::nothing(other));
    }
    let received_at = Decoration::of(&root, unread).get("timestamp", Field::time);
    let payload = payload(&root, &told)?;
    let uplink = ReportedUplink {
        dev_eui: told.need("devEUI", Field::dev_eui)?,
        dev_addr: None,
        f_cnt: essentials::f_cnt(&told, "fcnt", LeftOut::IsMissing)?,
        f_port: essentials::f_port(&told, "port", &payload, LeftOut::IsMissing)?,
        payload,
        is_encrypted: false,
        confirmed: message_type.as_deref() == Some(CONFIRMED),
        adr: false,
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    // No member says it.
    let content = Content::Reported { uplink, app_s_key: None, says_encryption: false };
    Ok(Message::frame(Frame { content, received_at, metadata: radio_of(&decoration) }))
}

/// The payload. A decoder of Live Objects may have put its own values in its place: such an uplink is no uplink
/// without a payload.
fn payload(root: &Field<'_>, told: &Field<'_>) -> Result<Vec<u8>, Unreadable> {
    let hex = |digits: &Field<'_>| digits.hex(FRM_PAYLOAD_BYTES);
    let value = root.get("value", Field::object)?;
    if let Some(payload) =
        value.as_ref().map(|value| value.get("payload", hex)).transpose()?.flatten()
    {
        return Ok(payload);
    }
    match essentials::f_port(told, "port", &[], LeftOut::IsZero)? {
        None => Ok(Vec::new()),
        Some(_) => root.needed("value")?.need("payload", hex),
    }
}

fn radio_of(told: &Decoration<'_, '_>) -> RadioMetadata {
    let mut metadata = RadioMetadata {
        spreading_factor: told.get("sf", radio::spreading_factor),
        ..RadioMetadata::default()
    };
    if told.has("rssi") || told.has("snr") {
        let (rssi_dbm, snr_db) = (told.get("rssi", radio::rssi), told.get("snr", radio::snr));
        metadata.gateways.push(radio::reception(None, 0, rssi_dbm, snr_db));
    }
    metadata
}
