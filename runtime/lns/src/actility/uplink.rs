//! Reads `DevEUI_uplink` of ThingPark, whose numbers may be texts. Some connectors leave the envelope
//! out.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};
use serde_json::Value as Json;

use crate::{
    Content, Frame, Message, Unreadable,
    json::{FRM_PAYLOAD_BYTES, Field},
    message::{GATEWAYS, milliseconds},
    radio,
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
pub(super) fn read(json: &Json) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    if let Some(uplink) = root.member(UPLINK)? {
        return read_uplink(&uplink);
    }
    if root.member("payload_hex")?.is_some() {
        return read_uplink(&root);
    }
    match json.as_object().and_then(|members| members.keys().next()) {
        Some(other) if other.starts_with(OTHER_REPORTS) && other != UPLINK => {
            Ok(Message::nothing(other))
        }
        _ => root.needed(UPLINK).and_then(|uplink| read_uplink(&uplink)),
    }
}

fn read_uplink(told: &Field<'_>) -> Result<Message, Unreadable> {
    if told.member("rawJoinRequest")?.is_some() {
        // Without the join-accept it says nothing that could be used.
        return Ok(Message::nothing("rawJoinRequest"));
    }
    let flag = |name| told.get(name, Field::whole_or_text::<u8>);
    let received_at = told.get("Time", Field::time)?;
    let payload = told.get("payload_hex", |digits| digits.hex(FRM_PAYLOAD_BYTES))?;
    let confirmed = flag("MType")? == Some(CONFIRMED) || flag("AckRequested")? == Some(1);
    let uplink = ReportedUplink {
        dev_eui: told.need("DevEUI", Field::dev_eui)?,
        dev_addr: told.get("DevAddr", Field::dev_addr)?,
        f_cnt: told.need("FCntUp", Field::whole_or_text)?,
        f_port: told.get("FPort", Field::whole_or_text)?.filter(|&f_port| f_port != 0),
        payload: payload.unwrap_or_default(),
        is_encrypted: flag("PayloadEncryption")? == Some(1),
        confirmed,
        adr: flag("ADRbit")? == Some(1),
        mic: told.get("mic_hex", Field::mic)?,
        received_at_ms: milliseconds(received_at),
    };
    let content = Content::Reported { uplink, app_s_key: None };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(told)? }))
}

fn metadata(told: &Field<'_>) -> Result<RadioMetadata, Unreadable> {
    let heard = |field: &Field<'_>, index| -> Result<Reception, Unreadable> {
        Ok(radio::reception(
            field.get("Lrrid", Field::name)?,
            index,
            field.get("LrrRSSI", Field::level_or_text)?,
            field.get("LrrSNR", Field::level_or_text)?,
        ))
    };
    let list = told.member("Lrrs")?.map(|lrrs| lrrs.member("Lrr")).transpose()?.flatten();
    let gateways = match list {
        Some(list) => {
            let all = list.elements_or_one(GATEWAYS)?;
            let numbered = all.iter().enumerate();
            numbered.map(|(index, field)| heard(field, index)).collect::<Result<_, _>>()?
        }
        // The best of them stands in the report itself.
        None if told.member("Lrrid")?.is_some() => vec![heard(told, 0)?],
        None => Vec::new(),
    };
    Ok(RadioMetadata {
        frequency_hz: told.get("Frequency", Field::megahertz)?,
        spreading_factor: told.get("SpFact", Field::whole_or_text)?,
        gateways,
        ..RadioMetadata::default()
    })
}
