//! Reads a packet of the Conduit, which names the one gateway that heard it best.

use champollion_frames::{RadioMetadata, ReportedUplink};
use serde_json::Value as Json;

use super::payload;
use crate::{
    Content, Fault, Frame, Message, Unreadable,
    decoration::Decoration,
    essentials::{self, LeftOut},
    json::Field,
    message::milliseconds,
    radio,
    unread::Unread,
};

/// Most bytes of the header of a frame: MHDR, DevAddr, FCtrl, FCnt, and options.
const HEADER_BYTES: usize = 23;

/// The members that uplinks alone have.
const OF_UPLINKS: [&str; 5] = ["deveui", "fcnt", "port", "data", "freq"];

/// The members that name gateways.
const GATEWAYS: [&str; 2] = ["gweui", "gateways_euis"];

/// The MType of a confirmed uplink, in the three highest bits of the MHDR.
const CONFIRMED: u8 = 4;

/// Reads a packet.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json, unread: &Unread) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    let decoration = Decoration::of(&root, unread);
    // What the gateway says of itself and of joins: by HTTP only the members tell it.
    let is_of_gateway = GATEWAYS.iter().any(|name| decoration.has(name));
    if is_of_gateway && !OF_UPLINKS.iter().any(|name| decoration.has(name)) {
        return Ok(Message::nothing("event"));
    }
    let received_at = decoration.get("time", Field::time);
    let size = decoration.get("size", Field::whole_or_text::<u16>).map(usize::from);
    let payload = root.get("data", |data| payload::read(data, size))?.unwrap_or_default();
    let m_type = decoration.get("mhdr", m_type);
    let uplink = ReportedUplink {
        dev_eui: root.need("deveui", Field::dev_eui)?,
        dev_addr: decoration.get("devaddr", Field::dev_addr),
        f_cnt: essentials::f_cnt(&root, "fcnt", LeftOut::IsMissing)?,
        f_port: essentials::f_port(&root, "port", &payload, LeftOut::IsMissing)?,
        payload,
        is_encrypted: false,
        confirmed: m_type == Some(CONFIRMED),
        adr: decoration.says("adr"),
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    // No member says it.
    let content = Content::Reported { uplink, app_s_key: None, says_encryption: false };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&decoration) }))
}

/// The MType in the header of the frame.
fn m_type(header: &Field<'_>) -> Result<u8, Unreadable> {
    let header_bytes = header.hex(HEADER_BYTES)?;
    header_bytes.first().map(|mhdr| mhdr >> 5).ok_or_else(|| header.fault(Fault::Empty))
}

fn metadata(told: &Decoration<'_, '_>) -> RadioMetadata {
    let mut metadata = RadioMetadata {
        frequency_hz: told.get("freq", radio::megahertz),
        coding_rate: told.name("codr"),
        ..RadioMetadata::default()
    };
    told.get("datr", |field| radio::data_rate(field, &mut metadata));
    if told.has("gweui") || told.has("rssi") || told.has("lsnr") {
        let name = told.name("gweui");
        let (rssi_dbm, snr_db) = (told.get("rssi", radio::rssi), told.get("lsnr", radio::snr));
        metadata.gateways.push(radio::reception(name.as_deref(), 0, rssi_dbm, snr_db));
    }
    metadata
}
