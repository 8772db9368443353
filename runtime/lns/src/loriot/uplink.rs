//! Loriot: the messages of its application outputs. `gw` comes once all gateways have reported and names
//! them; `rx` comes at once and names none.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};
use serde_json::Value as Json;

use crate::{
    Content, Frame, Message, Unreadable,
    json::{FRM_PAYLOAD_BYTES, Field},
    message::{GATEWAYS, milliseconds},
    radio,
};

/// Reads a message.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    match root.need("cmd", Field::name)? {
        "rx" | "gw" => {}
        other => return Ok(Message::nothing(other)),
    }
    let received_at = root.get("ts", Field::milliseconds)?;
    let f_port = root.get("port", Field::whole)?.filter(|&f_port| f_port != 0);
    let clear = root.get("data", |digits| digits.hex(FRM_PAYLOAD_BYTES))?;
    let encrypted = root.get("encdata", |digits| digits.hex(FRM_PAYLOAD_BYTES))?;
    let (payload, is_encrypted) = match (clear, encrypted) {
        (Some(payload), _) => (payload, false),
        (None, Some(payload)) => (payload, true),
        (None, None) if f_port.is_none() => (Vec::new(), false),
        (None, None) => return root.needed("data").map(|_| Message::nothing("")),
    };
    let uplink = ReportedUplink {
        dev_eui: root.need("EUI", Field::dev_eui)?,
        dev_addr: root.get("devaddr", Field::dev_addr)?,
        f_cnt: root.need("fcnt", Field::whole)?,
        f_port,
        payload,
        is_encrypted,
        confirmed: root.get("ack", Field::boolean)?.unwrap_or(false),
        adr: false,
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    let content = Content::Reported { uplink, app_s_key: None };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&root)? }))
}

fn metadata(root: &Field<'_>) -> Result<RadioMetadata, Unreadable> {
    let mut metadata =
        RadioMetadata { frequency_hz: root.get("freq", Field::whole)?, ..RadioMetadata::default() };
    root.get("dr", |field| radio::data_rate(field, &mut metadata))?;
    match root.get("gws", |list| list.elements(GATEWAYS))? {
        Some(heard) => {
            for (index, gateway) in heard.iter().enumerate() {
                metadata.gateways.push(reception(gateway, index)?);
            }
        }
        None if root.member("rssi")?.is_some() || root.member("snr")?.is_some() => {
            metadata.gateways.push(reception(root, 0)?);
        }
        None => {}
    }
    Ok(metadata)
}

fn reception(field: &Field<'_>, index: usize) -> Result<Reception, Unreadable> {
    let name = field.get("gweui", Field::name)?;
    let rssi_dbm = field.get("rssi", Field::level)?;
    Ok(radio::reception(name, index, rssi_dbm, field.get("snr", Field::level)?))
}
