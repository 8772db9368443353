//! Reads a message of the network server in a Milesight gateway. What has happened is not said beside it: the
//! members tell it.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};
use serde_json::Value as Json;

use crate::{
    Content, Frame, Joined, Message, Unreadable,
    decoration::Decoration,
    essentials::{self, LeftOut},
    json::{FRM_PAYLOAD_BYTES, Field},
    message::{GATEWAYS, milliseconds},
    radio,
    unread::Unread,
};

/// The members that uplinks alone have.
const OF_UPLINKS: [&str; 4] = ["fPort", "data", "rxInfo", "txInfo"];

/// The members of notifications of acknowledgements and errors.
const NOTIFICATIONS: [&str; 2] = ["acknowledged", "error"];

/// Reads a message.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json, unread: &Unread) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    let decoration = Decoration::of(&root, unread);
    if !OF_UPLINKS.iter().any(|name| decoration.has(name)) {
        if let Some(what) = NOTIFICATIONS.iter().find(|name| decoration.has(name)) {
            return Ok(Message::nothing(what));
        }
        if decoration.has("devAddr") && !decoration.has("fCnt") {
            return join(&root, &decoration);
        }
    }
    up(&root, &decoration)
}

fn join(root: &Field<'_>, decoration: &Decoration<'_, '_>) -> Result<Message, Unreadable> {
    Ok(Message::Joined(Joined {
        dev_eui: root.need("devEUI", Field::dev_eui)?,
        dev_addr: decoration.get("devAddr", Field::dev_addr),
        app_s_key: None,
    }))
}

fn up(root: &Field<'_>, decoration: &Decoration<'_, '_>) -> Result<Message, Unreadable> {
    let received_at = decoration.get("time", Field::time);
    let payload = root.get("data", |data| data.base64(FRM_PAYLOAD_BYTES))?.unwrap_or_default();
    let uplink = ReportedUplink {
        dev_eui: root.need("devEUI", Field::dev_eui)?,
        dev_addr: decoration.get("devAddr", Field::dev_addr),
        f_cnt: essentials::f_cnt(root, "fCnt", LeftOut::IsMissing)?,
        f_port: essentials::f_port(root, "fPort", &payload, LeftOut::IsMissing)?,
        payload,
        is_encrypted: false,
        confirmed: false,
        adr: decoration.member("txInfo").says("adr"),
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    // No member says it.
    let content = Content::Reported { uplink, app_s_key: None, says_encryption: false };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(decoration) }))
}

fn metadata(root: &Decoration<'_, '_>) -> RadioMetadata {
    let sent = root.member("txInfo");
    let data_rate = sent.member("dataRate");
    let receptions = root.elements("rxInfo", GATEWAYS);
    RadioMetadata {
        frequency_hz: sent.get("frequency", radio::frequency),
        spreading_factor: data_rate.get("spreadFactor", radio::spreading_factor),
        bandwidth_hz: data_rate.get("bandwidth", radio::kilohertz),
        coding_rate: sent.name("codeRate"),
        gateways: receptions.iter().map(|(index, heard)| reception(heard, *index)).collect(),
        ..RadioMetadata::default()
    }
}

fn reception(heard: &Decoration<'_, '_>, index: usize) -> Reception {
    let name = heard.name("mac");
    let rssi_dbm = heard.get("rssi", radio::rssi);
    radio::reception(name.as_deref(), index, rssi_dbm, heard.get("loRaSNR", radio::snr))
}
