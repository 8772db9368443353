//! The uplinks of the Acme LoRaWAN Server.

use champollion_frames::{RadioMetadata, ReportedUplink};
use serde_json::Value as Json;

use crate::{
    Content, Frame, GATEWAYS, Message, Unreadable,
    decoration::Decoration,
    essentials::{self, LeftOut},
    json::{FRM_PAYLOAD_BYTES, Field},
    message::milliseconds,
    radio,
    unread::Unread,
};

/// Reads a message.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json, unread: &Unread) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    match root.need("acmeEvent", Field::name)? {
        "uplink" => {}
        other => return Ok(Message::nothing(other)),
    }
    // Without the essentials there is no record: what is wrong with one of them is an error.
    let payload = root.need("data", |text| text.base64(FRM_PAYLOAD_BYTES))?;
    let dev_eui = root.need("devEui", Field::dev_eui)?;
    let f_cnt = essentials::f_cnt(&root, "counter", LeftOut::IsMissing)?;
    let f_port = essentials::f_port(&root, "port", &payload, LeftOut::IsMissing)?;
    // All else is left out where it cannot be read, and noted.
    let decoration = Decoration::of(&root, unread);
    let received_at = decoration.get("receivedAt", Field::time);
    let uplink = ReportedUplink {
        dev_eui,
        dev_addr: decoration.get("devAddr", Field::dev_addr),
        f_cnt,
        f_port,
        payload,
        // The server of Acme decrypts all payloads.
        is_encrypted: false,
        confirmed: decoration.says("confirmed"),
        adr: false,
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    let content = Content::Reported { uplink, app_s_key: None, says_encryption: true };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&decoration) }))
}

fn metadata(root: &Decoration<'_, '_>) -> RadioMetadata {
    let radio = root.member("radio");
    let mut metadata = RadioMetadata {
        frequency_hz: radio.get("frequency", radio::frequency),
        ..RadioMetadata::default()
    };
    radio.get("dataRate", |field| radio::data_rate(field, &mut metadata));
    let gateways = root.elements("gateways", GATEWAYS).into_iter();
    metadata.gateways = gateways
        .map(|(index, heard)| {
            let name = heard.name("id");
            let levels = (heard.get("rssi", radio::rssi), heard.get("snr", radio::snr));
            radio::reception(name.as_deref(), index, levels.0, levels.1)
        })
        .collect();
    metadata
}
