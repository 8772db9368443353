//! Reads `DevEUI_uplink` of ThingPark, whose numbers may be texts. Some connectors leave the envelope
//! out.

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

/// The member that holds an uplink.
const UPLINK: &str = "DevEUI_uplink";

/// The beginning of the names of members that hold other reports, such as those of downlinks and places.
const OTHER_REPORTS: &str = "DevEUI_";

/// The MType of a confirmed uplink.
const CONFIRMED: u8 = 4;

/// Reads a report.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json, unread: &Unread) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    if let Some(uplink) = root.member(UPLINK)? {
        return read_uplink(&uplink, unread);
    }
    if root.member("payload_hex")?.is_some() {
        return read_uplink(&root, unread);
    }
    match json.as_object().and_then(|members| members.keys().next()) {
        Some(other) if other.starts_with(OTHER_REPORTS) && other != UPLINK => {
            Ok(Message::nothing(other))
        }
        _ => root.needed(UPLINK).and_then(|uplink| read_uplink(&uplink, unread)),
    }
}

fn read_uplink(told: &Field<'_>, unread: &Unread) -> Result<Message, Unreadable> {
    let told = told.object()?;
    if told.member("rawJoinRequest")?.is_some() {
        // Without the join-accept it says nothing that could be used.
        return Ok(Message::nothing("rawJoinRequest"));
    }
    let decoration = Decoration::of(&told, unread);
    let flag = |name| decoration.get(name, Field::whole_or_text::<u8>);
    let received_at = decoration.get("Time", Field::time);
    let payload = told.get("payload_hex", |digits| digits.hex(FRM_PAYLOAD_BYTES))?;
    let payload = payload.unwrap_or_default();
    let confirmed = flag("MType") == Some(CONFIRMED) || decoration.says("AckRequested");
    // Only newer versions say it.
    let encryption = decoration.get("PayloadEncryption", Field::yes_or_no);
    let uplink = ReportedUplink {
        dev_eui: told.need("DevEUI", Field::dev_eui)?,
        dev_addr: decoration.get("DevAddr", Field::dev_addr),
        f_cnt: essentials::f_cnt(&told, "FCntUp", LeftOut::IsMissing)?,
        f_port: essentials::f_port(&told, "FPort", &payload, LeftOut::IsMissing)?,
        payload,
        is_encrypted: encryption.unwrap_or(false),
        confirmed,
        adr: decoration.says("ADRbit"),
        mic: decoration.get("mic_hex", Field::mic),
        received_at_ms: milliseconds(received_at),
    };
    let says_encryption = encryption.is_some();
    let content = Content::Reported { uplink, app_s_key: None, says_encryption };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&decoration) }))
}

fn metadata(told: &Decoration<'_, '_>) -> RadioMetadata {
    RadioMetadata {
        frequency_hz: told.get("Frequency", radio::megahertz),
        spreading_factor: told.get("SpFact", radio::spreading_factor),
        gateways: receptions(told),
        ..RadioMetadata::default()
    }
}

/// The gateways of the list; where there is none the best of them, which stands in the report itself.
fn receptions(told: &Decoration<'_, '_>) -> Vec<Reception> {
    let list = told.member("Lrrs");
    if list.has("Lrr") {
        // Of one alone no list is made.
        let heard = list.elements_or_one("Lrr", GATEWAYS);
        return heard.iter().map(|(index, heard)| reception(heard, *index)).collect();
    }
    if told.has("Lrrid") { vec![reception(told, 0)] } else { Vec::new() }
}

fn reception(heard: &Decoration<'_, '_>, index: usize) -> Reception {
    let name = heard.name("Lrrid");
    let rssi_dbm = heard.get("LrrRSSI", radio::rssi);
    radio::reception(name.as_deref(), index, rssi_dbm, heard.get("LrrSNR", radio::snr))
}
