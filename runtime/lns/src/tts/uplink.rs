//! Reads the messages of The Things Stack 3. What is zero, false or empty is left out.

use champollion_frames::{DevEui, RadioMetadata, Reception, ReportedUplink};
use serde_json::Value as Json;

use crate::{
    Content, Fault, Frame, GatewayStatus, HandedKey, Joined, Message, Nameless, Unreadable,
    decoration::Decoration,
    essentials::{self, LeftOut},
    json::{FRM_PAYLOAD_BYTES, Field},
    message::{GATEWAYS, milliseconds},
    radio,
    unread::Unread,
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

/// The name of the event by which a gateway tells that it is there.
const GATEWAY_STATUS: &str = "gs.status.receive";

/// Reads an event about the status of a gateway, as a stream of events has it.
fn gateway_status(root: &Field<'_>, unread: &Unread) -> Result<Message, Unreadable> {
    let (gateways, _) = root.needed("identifiers")?.first_elements(1)?;
    let Some(first) = gateways.first() else {
        return Ok(Message::nothing(GATEWAY_STATUS));
    };
    let ids = first.object()?.needed("gateway_ids")?.object()?;
    let gateway_id = ids.need("gateway_id", Field::name)?.to_owned();
    let at = Decoration::of(root, unread).get("time", Field::time);
    Ok(Message::Gateway(GatewayStatus { gateway_id, at }))
}

/// Reads a message.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json, unread: &Unread) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    // A stream of events wraps each of them.
    let event = root.member("result")?.unwrap_or_else(|| root.clone());
    if event.get("name", Field::text).is_ok_and(|name| name == Some(GATEWAY_STATUS)) {
        return gateway_status(&event, unread);
    }
    let device = root.needed("end_device_ids")?.object()?;
    let ids = Decoration::of(&device, unread);
    if let Some(accept) = root.member("join_accept")? {
        return Ok(Message::Joined(Joined {
            dev_eui: device.need("dev_eui", Field::dev_eui)?,
            dev_addr: ids.get("dev_addr", Field::dev_addr),
            app_s_key: Decoration::of(&accept, unread).get("app_s_key", envelope).flatten(),
        }));
    }
    for other in OTHERS {
        if root.member(other)?.is_some() {
            return Ok(Message::nothing(other));
        }
    }
    let told = root.needed("uplink_message")?.object()?;
    let whole = Decoration::of(&root, unread);
    if whole.says("simulated") {
        // Somebody typed it in: no device has sent it, and nobody has checked it.
        return Ok(Message::nothing("simulated uplink"));
    }
    let dev_eui = device.get("dev_eui", Field::dev_eui)?;
    let frame = frame(&told, &whole, &ids, dev_eui, unread)?;
    if dev_eui.is_some() {
        return Ok(Message::frame(frame));
    }
    // Devices with fixed keys may be without one up to LoRaWAN 1.0.3.
    let (device_id, dev_addr) = (ids.name("device_id"), ids.get("dev_addr", Field::dev_addr));
    if device_id.is_none() && dev_addr.is_none() {
        return Err(device.needed("dev_eui").err().unwrap_or_else(|| device.fault(Fault::Missing)));
    }
    Ok(Message::Nameless(Box::new(Nameless::new(device_id, dev_addr, frame))))
}

fn frame(
    told: &Field<'_>,
    whole: &Decoration<'_, '_>,
    ids: &Decoration<'_, '_>,
    dev_eui: Option<DevEui>,
    unread: &Unread,
) -> Result<Frame, Unreadable> {
    let decoration = Decoration::of(told, unread);
    // The key stands beside only where the application is to decrypt the payload itself.
    let is_encrypted = decoration.has("app_s_key");
    let app_s_key = decoration.get("app_s_key", envelope).flatten();
    let has_key = app_s_key.is_some();
    // The moment of the network server, since that of the message is later.
    let moment = decoration.get("received_at", Field::time);
    let received_at = moment.or_else(|| whole.get("received_at", Field::time));
    let payload = told.get("frm_payload", |data| data.base64(FRM_PAYLOAD_BYTES))?;
    let payload = payload.unwrap_or_default();
    let uplink = ReportedUplink {
        dev_eui: dev_eui.unwrap_or(DevEui::from_be_bytes([0; 8])),
        dev_addr: ids.get("dev_addr", Field::dev_addr),
        f_cnt: essentials::f_cnt(told, "f_cnt", LeftOut::IsZero)?,
        f_port: essentials::f_port(told, "f_port", &payload, LeftOut::IsZero)?,
        payload,
        is_encrypted,
        confirmed: decoration.says("confirmed"),
        adr: false,
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    // A member without a key in it leaves it open.
    let says_encryption = has_key || !is_encrypted;
    let content = Content::Reported { uplink, app_s_key, says_encryption };
    Ok(Frame { content, received_at, metadata: metadata(&decoration) })
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

fn metadata(told: &Decoration<'_, '_>) -> RadioMetadata {
    let settings = told.member("settings");
    let lora = settings.member("data_rate").member("lora");
    let is_lora = lora.has("spreading_factor");
    let heard = told.elements("rx_metadata", GATEWAYS);
    RadioMetadata {
        frequency_hz: settings.get("frequency", radio::frequency),
        spreading_factor: lora.get("spreading_factor", radio::spreading_factor),
        bandwidth_hz: lora.get("bandwidth", radio::bandwidth),
        coding_rate: lora.name("coding_rate"),
        region: told.member("version_ids").name("band_id"),
        data_rate_index: settings.get("data_rate_index", Field::whole_or_text),
        gateways: heard.iter().map(|(index, heard)| reception(heard, *index, is_lora)).collect(),
        ..RadioMetadata::default()
    }
}

fn reception(heard: &Decoration<'_, '_>, index: usize, is_lora: bool) -> Reception {
    let gateway = heard.member("gateway_ids");
    let name = gateway.name("gateway_id").or_else(|| gateway.name("eui"));
    let rssi_dbm = heard.get("rssi", radio::rssi);
    radio::reception(name.as_deref(), index, rssi_dbm, radio::snr_or_zero(heard, is_lora))
}
