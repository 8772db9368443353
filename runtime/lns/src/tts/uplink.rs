//! Reads the messages of The Things Stack 3. What is zero, false or empty is left out.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};
use serde_json::Value as Json;

use crate::{
    Content, Frame, HandedKey, Joined, Message, Unreadable,
    json::{FRM_PAYLOAD_BYTES, Field},
    message::{GATEWAYS, milliseconds},
};

/// Longest wrapped key in bytes, with room to say what is wrong with a longer one.
const KEY_BYTES: usize = 64;

/// The members by one of which a message says what it is, and hand nothing over.
pub(super) const OTHERS: [&str; 10] = [
    "uplink_normalized",
    "downlink_queued",
    "downlink_sent",
    "downlink_ack",
    "downlink_nack",
    "downlink_failed",
    "downlink_queue_invalidated",
    "downlink_message",
    "location_solved",
    "service_data",
];

/// Reads a message.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    let device = root.needed("end_device_ids")?;
    if let Some(accept) = root.member("join_accept")? {
        return Ok(Message::Joined(Joined {
            dev_eui: device.need("dev_eui", Field::dev_eui)?,
            dev_addr: device.get("dev_addr", Field::dev_addr)?,
            app_s_key: accept.get("app_s_key", envelope)?.flatten(),
        }));
    }
    for other in OTHERS {
        if root.member(other)?.is_some() {
            return Ok(Message::nothing(other));
        }
    }
    let told = root.needed("uplink_message")?;
    if root.get("simulated", Field::boolean)?.unwrap_or(false) {
        // Somebody typed it in: no device has sent it, and nobody has checked it.
        return Ok(Message::nothing("simulated uplink"));
    }
    let app_s_key = told.get("app_s_key", envelope)?.flatten();
    // The moment of the network server, since that of the message is later.
    let received_at = match told.get("received_at", Field::time)? {
        Some(at) => Some(at),
        None => root.get("received_at", Field::time)?,
    };
    let payload = told.get("frm_payload", |data| data.base64(FRM_PAYLOAD_BYTES))?;
    let uplink = ReportedUplink {
        dev_eui: device.need("dev_eui", Field::dev_eui)?,
        dev_addr: device.get("dev_addr", Field::dev_addr)?,
        f_cnt: told.get("f_cnt", Field::whole)?.unwrap_or(0),
        f_port: told.get("f_port", Field::whole)?.filter(|&f_port| f_port != 0),
        payload: payload.unwrap_or_default(),
        // The key stands beside only where the application is to decrypt the payload itself.
        is_encrypted: app_s_key.is_some(),
        confirmed: told.get("confirmed", Field::boolean)?.unwrap_or(false),
        adr: false,
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    let content = Content::Reported { uplink, app_s_key };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&told)? }))
}

/// A key: in clear as hexadecimal digits, or wrapped as base64.
fn envelope(field: &Field<'_>) -> Result<Option<HandedKey>, Unreadable> {
    let label = field.get("kek_label", Field::text)?.unwrap_or_default();
    if let Some(key) = field.get("key", |key| key.hex(KEY_BYTES))? {
        return Ok(Some(HandedKey::new("", &key)));
    }
    let wrapped = field.get("encrypted_key", |key| key.base64(KEY_BYTES))?;
    Ok(wrapped.map(|wrapped| HandedKey::new(label, &wrapped)))
}

fn metadata(told: &Field<'_>) -> Result<RadioMetadata, Unreadable> {
    let mut metadata = RadioMetadata {
        gateways: told
            .get("rx_metadata", |list| list.each(GATEWAYS, reception))?
            .unwrap_or_default(),
        ..RadioMetadata::default()
    };
    if let Some(versions) = told.member("version_ids")? {
        metadata.region = versions.get("band_id", Field::name)?.map(str::to_owned);
    }
    if let Some(settings) = told.member("settings")? {
        metadata.frequency_hz = settings.get("frequency", Field::whole_or_text)?;
        metadata.data_rate_index = settings.get("data_rate_index", Field::whole)?;
        let rate = settings.member("data_rate")?;
        if let Some(lora) = rate.map(|rate| rate.member("lora")).transpose()?.flatten() {
            metadata.bandwidth_hz = lora.get("bandwidth", Field::whole)?;
            metadata.spreading_factor = lora.get("spreading_factor", Field::whole)?;
            metadata.coding_rate = lora.get("coding_rate", Field::name)?.map(str::to_owned);
        }
    }
    Ok(metadata)
}

fn reception(field: &Field<'_>) -> Result<Reception, Unreadable> {
    let gateway = field.needed("gateway_ids")?;
    Ok(Reception {
        gateway_id: gateway.need("gateway_id", Field::name)?.to_owned(),
        rssi_dbm: field.get("rssi", Field::level)?,
        snr_db: Some(field.get("snr", Field::level)?.unwrap_or(0.0)),
    })
}
