//! Loriot: the messages of its application outputs. `gw` comes once all gateways have reported and names
//! them; `rx` comes at once and names none.

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

/// Reads a message.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json, unread: &Unread) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    match root.need("cmd", Field::name)? {
        "rx" | "gw" => {}
        other => return Ok(Message::nothing(other)),
    }
    let decoration = Decoration::of(&root, unread);
    let received_at = decoration.get("ts", Field::milliseconds);
    let (payload, is_encrypted) = payload(&root)?;
    let uplink = ReportedUplink {
        dev_eui: root.need("EUI", Field::dev_eui)?,
        dev_addr: decoration.get("devaddr", Field::dev_addr),
        f_cnt: essentials::f_cnt(&root, "fcnt", LeftOut::IsMissing)?,
        f_port: essentials::f_port(&root, "port", &payload, LeftOut::IsMissing)?,
        payload,
        is_encrypted,
        confirmed: decoration.says("ack"),
        adr: false,
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    // The name of the member says it.
    let content = Content::Reported { uplink, app_s_key: None, says_encryption: true };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&decoration) }))
}

/// The payload, and whether it is encrypted: in clear it stands in `data`, else in `encdata`. A message that
/// names a port has one of them.
fn payload(root: &Field<'_>) -> Result<(Vec<u8>, bool), Unreadable> {
    let read = |name| root.get(name, |digits: &Field<'_>| digits.hex(FRM_PAYLOAD_BYTES));
    let clear = read("data")?;
    let encrypted = match &clear {
        Some(clear) if !clear.is_empty() => None,
        _ => read("encdata")?,
    };
    match (clear, encrypted) {
        (_, Some(encrypted)) => Ok((encrypted, true)),
        (Some(clear), None) => Ok((clear, false)),
        (None, None) => match essentials::f_port(root, "port", &[], LeftOut::IsZero)? {
            None => Ok((Vec::new(), false)),
            Some(_) => root.need("data", |digits| digits.hex(0)).map(|payload| (payload, false)),
        },
    }
}

fn metadata(root: &Decoration<'_, '_>) -> RadioMetadata {
    let mut metadata = RadioMetadata {
        frequency_hz: root.get("freq", radio::frequency),
        ..RadioMetadata::default()
    };
    root.get("dr", |field| radio::data_rate(field, &mut metadata));
    if root.has("gws") {
        let heard = root.elements("gws", GATEWAYS);
        metadata.gateways = heard.iter().map(|(index, heard)| reception(heard, *index)).collect();
    } else if root.has("rssi") || root.has("snr") {
        metadata.gateways.push(reception(root, 0));
    }
    metadata
}

fn reception(heard: &Decoration<'_, '_>, index: usize) -> Reception {
    let name = heard.name("gweui");
    let rssi_dbm = heard.get("rssi", radio::rssi);
    radio::reception(name.as_deref(), index, rssi_dbm, heard.get("snr", radio::snr))
}
