//! Reads a packet of Netmore, whose numbers are partly texts.

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

/// The message type of an uplink.
const PAYLOAD: &str = "payload";

/// The name of a data point that holds a whole packet.
const RAW: &str = "raw";

/// The members of an envelope: the name of the data point, and its value.
const ENVELOPE: (&str, &str) = ("n", "v");

/// The packet in a message: the value of its envelope, where it has one.
pub(super) fn packet(json: &Json) -> &Json {
    let (name, value) = ENVELOPE;
    if json[name] == RAW { &json[value] } else { json }
}

/// Reads a packet.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json, unread: &Unread) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    let (name, value) = ENVELOPE;
    if root.member(value)?.is_none() {
        return read_packet(&root, unread);
    }
    match root.need(name, Field::name)? {
        RAW => read_packet(&root.needed(value)?.object()?, unread),
        // A value that Netmore has decoded.
        other => Ok(Message::nothing(other)),
    }
}

fn read_packet(told: &Field<'_>, unread: &Unread) -> Result<Message, Unreadable> {
    let decoration = Decoration::of(told, unread);
    if let Some(other) = decoration.name("messageType").filter(|name| name != PAYLOAD) {
        return Ok(Message::nothing(&other));
    }
    let received_at = decoration.get("timestamp", Field::time);
    let payload = told.get("payload", |digits| digits.hex(FRM_PAYLOAD_BYTES))?.unwrap_or_default();
    let uplink = ReportedUplink {
        dev_eui: told.need("devEui", Field::dev_eui)?,
        dev_addr: None,
        f_cnt: essentials::f_cnt(told, "fCntUp", LeftOut::IsMissing)?,
        f_port: essentials::f_port(told, "fPort", &payload, LeftOut::IsMissing)?,
        payload,
        is_encrypted: false,
        confirmed: false,
        adr: false,
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    // No member says it.
    let content = Content::Reported { uplink, app_s_key: None, says_encryption: false };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&decoration) }))
}

fn metadata(told: &Decoration<'_, '_>) -> RadioMetadata {
    RadioMetadata {
        frequency_hz: told.get("freq", radio::frequency),
        spreading_factor: told.get("spreadingFactor", radio::named_spreading_factor),
        data_rate_index: told.get("dr", Field::whole_or_text),
        gateways: receptions(told),
        ..RadioMetadata::default()
    }
}

/// The gateways of the list; where there is none the best of them, which stands in the packet itself.
fn receptions(told: &Decoration<'_, '_>) -> Vec<Reception> {
    if told.has("gateways") {
        let heard = told.elements("gateways", GATEWAYS);
        return heard.iter().map(|(index, heard)| reception(heard, *index)).collect();
    }
    if told.has("rssi") || told.has("snr") { vec![reception(told, 0)] } else { Vec::new() }
}

fn reception(heard: &Decoration<'_, '_>, index: usize) -> Reception {
    // Each network has one of them.
    let name = ["gwEui", "gatewayIdentifier", "mac"].iter().find_map(|name| heard.name(name));
    let rssi_dbm = heard.get("rssi", radio::rssi);
    radio::reception(name.as_deref(), index, rssi_dbm, heard.get("snr", radio::snr))
}
