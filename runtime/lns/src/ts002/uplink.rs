//! Reads `XmitDataReq`. Its hexadecimal digits may follow `0x`.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::{
    Content, Frame, HandedKey, Message, Unreadable,
    decoration::Decoration,
    essentials::{self, LeftOut},
    json::{self, FRM_PAYLOAD_BYTES, Field, PHY_PAYLOAD_BYTES},
    message::{GATEWAYS, milliseconds},
    radio,
    unread::Unread,
};

/// Longest wrapped key in bytes, with room to say what is wrong with a longer one.
const KEY_BYTES: usize = 64;

/// Reads a message.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json, unread: &Unread) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    match root.need("MessageType", Field::name)? {
        "XmitDataReq" => {}
        // The answer to a downlink.
        "XmitDataAns" => return Ok(Message::nothing("XmitDataAns")),
        _ => {
            let kind = root.needed("MessageType")?;
            return Err(kind.invalid("of the messages of TS002 XmitDataReq alone is taken here"));
        }
    }
    // The answer repeats what of them can be read.
    let whole = Decoration::of(&root, unread);
    for name in ["ProtocolVersion", "SenderID", "ReceiverID"] {
        whole.name(name);
    }
    whole.get("TransactionID", Field::whole::<u32>);
    let told = root.needed("ULMetaData")?.object()?;
    let decoration = Decoration::of(&told, unread);
    let received_at = decoration.get("RecvTime", Field::time);
    let phy_payload = root.get("PHYPayload", |digits| digits.hex_with_prefix(PHY_PAYLOAD_BYTES))?;
    let content = match phy_payload.filter(|phy_payload| !phy_payload.is_empty()) {
        Some(phy_payload) => {
            let dev_eui = told.get("DevEUI", Field::dev_eui)?;
            let f_cnt = told.get("FCntUp", Field::whole_or_text)?;
            // Whose the frame is knows only a network server that has checked its MIC.
            Content::Phy { phy_payload, dev_eui, f_cnt, mic_checked: dev_eui.is_some() }
        }
        None => reported(&root, &told, &decoration, received_at, &whole)?,
    };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&decoration) }))
}

/// An uplink whose FRMPayload alone is handed over.
fn reported(
    root: &Field<'_>,
    told: &Field<'_>,
    decoration: &Decoration<'_, '_>,
    received_at: Option<Timestamp>,
    whole: &Decoration<'_, '_>,
) -> Result<Content, Unreadable> {
    let read = |digits: &Field<'_>| digits.hex_with_prefix(FRM_PAYLOAD_BYTES);
    let payload = root.need("FRMPayload", read)?;
    let uplink = ReportedUplink {
        dev_eui: told.need("DevEUI", Field::dev_eui)?,
        dev_addr: decoration.get("DevAddr", Field::dev_addr),
        f_cnt: essentials::f_cnt(told, "FCntUp", LeftOut::IsMissing)?,
        f_port: essentials::f_port(told, "FPort", &payload, LeftOut::IsMissing)?,
        payload,
        // The AppSKey is the application's own.
        is_encrypted: true,
        confirmed: decoration.says("Confirmed"),
        adr: false,
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    let app_s_key = whole.get("AppSKey", envelope);
    Ok(Content::Reported { uplink, app_s_key, says_encryption: true })
}

/// A key in its envelope; without a label it is in clear.
fn envelope(field: &Field<'_>) -> Result<HandedKey, Unreadable> {
    let label = field.get("KEKLabel", Field::text)?.unwrap_or_default();
    Ok(HandedKey::new(label, &field.need("AESKey", |key| key.hex_with_prefix(KEY_BYTES))?))
}

fn metadata(told: &Decoration<'_, '_>) -> RadioMetadata {
    let heard = told.elements("GWInfo", GATEWAYS);
    RadioMetadata {
        frequency_hz: told.get("ULFreq", radio::megahertz),
        data_rate_index: told.get("DataRate", Field::whole_or_text),
        region: told.name("RFRegion"),
        gateways: heard.iter().map(|(index, heard)| reception(heard, *index)).collect(),
        ..RadioMetadata::default()
    }
}

fn reception(gateway: &Decoration<'_, '_>, index: usize) -> Reception {
    let name = gateway.name("ID");
    let name = name.as_deref().map(json::without_prefix);
    let rssi_dbm = gateway.get("RSSI", radio::rssi);
    radio::reception(name, index, rssi_dbm, gateway.get("SNR", radio::snr))
}
