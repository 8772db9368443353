//! Reads a message of the data API. It names one gateway; where copies are asked for, each comes by itself.

use champollion_frames::{RadioMetadata, ReportedUplink};
use serde_json::Value as Json;

use crate::{
    Content, Frame, Message, Unreadable,
    decoration::Decoration,
    essentials::{self, LeftOut},
    json::{FRM_PAYLOAD_BYTES, Field},
    message::milliseconds,
    radio,
    unread::Unread,
};

/// The type of an uplink.
const UPLINK: &str = "uplink";

/// Reads a message.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json, unread: &Unread) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    match root.need("type", Field::name)? {
        UPLINK => {}
        // Such as downlink, downlink_request, join_request, status_response, error, warning and info.
        other => return Ok(Message::nothing(other)),
    }
    let meta = root.needed("meta")?.object()?;
    let params = root.needed("params")?.object()?;
    let about = Decoration::of(&meta, unread);
    let decoration = Decoration::of(&params, unread);
    let received_at = decoration.get("rx_time", Field::seconds);
    let (payload, is_encrypted) = payload(&params)?;
    // It is there where lora=1 was asked for.
    let header = decoration.member("lora").member("header");
    let uplink = ReportedUplink {
        dev_eui: meta.need("device", Field::dev_eui)?,
        dev_addr: about.get("device_addr", Field::dev_addr),
        f_cnt: essentials::f_cnt(&params, "counter_up", LeftOut::IsMissing)?,
        f_port: essentials::f_port(&params, "port", &payload, LeftOut::IsMissing)?,
        payload,
        is_encrypted,
        confirmed: header.says("confirmed"),
        adr: header.says("adr"),
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    // The name of the member says it.
    let content = Content::Reported { uplink, app_s_key: None, says_encryption: true };
    let metadata = metadata(&about, &decoration.member("radio"));
    Ok(Message::frame(Frame { content, received_at, metadata }))
}

/// The payload, and whether it is encrypted: Everynet decrypts where it has the keys, and hands over what was on
/// the air in any case.
fn payload(params: &Field<'_>) -> Result<(Vec<u8>, bool), Unreadable> {
    let base64 = |text: &Field<'_>| text.base64(FRM_PAYLOAD_BYTES);
    if let Some(clear) = params.get("payload", base64)? {
        return Ok((clear, false));
    }
    let encrypted = params.get("encrypted_payload", base64)?.unwrap_or_default();
    let is_encrypted = !encrypted.is_empty();
    Ok((encrypted, is_encrypted))
}

fn metadata(about: &Decoration<'_, '_>, told: &Decoration<'_, '_>) -> RadioMetadata {
    let (modulation, hardware) = (told.member("modulation"), told.member("hardware"));
    let mut metadata = RadioMetadata {
        frequency_hz: told.get("freq", radio::megahertz),
        spreading_factor: modulation.get("spreading", radio::spreading_factor),
        bandwidth_hz: modulation.get("bandwidth", radio::bandwidth),
        coding_rate: modulation.name("coderate"),
        ..RadioMetadata::default()
    };
    if about.has("gateway") || hardware.has("rssi") || hardware.has("snr") {
        let name = about.name("gateway");
        let (rssi_dbm, snr_db) =
            (hardware.get("rssi", radio::rssi), hardware.get("snr", radio::snr));
        metadata.gateways.push(radio::reception(name.as_deref(), 0, rssi_dbm, snr_db));
    }
    metadata
}
