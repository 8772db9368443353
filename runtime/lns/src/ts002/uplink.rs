//! Reads `XmitDataReq`. Its hexadecimal digits may follow `0x`.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};
use serde_json::Value as Json;

use crate::{
    Content, Frame, HandedKey, Message, Unreadable,
    json::{self, FRM_PAYLOAD_BYTES, Field, PHY_PAYLOAD_BYTES},
    message::{GATEWAYS, milliseconds},
    radio,
};

/// Longest wrapped key in bytes, with room to say what is wrong with a longer one.
const KEY_BYTES: usize = 64;

/// Reads a message.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json) -> Result<Message, Unreadable> {
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
    // The answer repeats them.
    root.need("ProtocolVersion", Field::name)?;
    root.need("SenderID", Field::name)?;
    root.need("ReceiverID", Field::name)?;
    root.need("TransactionID", Field::whole::<u32>)?;
    let told = root.needed("ULMetaData")?;
    let received_at = Some(told.need("RecvTime", Field::time)?);
    let dev_eui = told.get("DevEUI", Field::dev_eui)?;
    let f_cnt = told.get("FCntUp", Field::whole)?;
    let phy_payload = root.get("PHYPayload", |digits| digits.hex_with_prefix(PHY_PAYLOAD_BYTES))?;
    let content = match phy_payload.filter(|phy_payload| !phy_payload.is_empty()) {
        // Whose the frame is knows only a network server that has checked its MIC.
        Some(phy_payload) => {
            Content::Phy { phy_payload, dev_eui, f_cnt, mic_checked: dev_eui.is_some() }
        }
        None => {
            let read = |digits: &Field<'_>| digits.hex_with_prefix(FRM_PAYLOAD_BYTES);
            let uplink = ReportedUplink {
                dev_eui: told.need("DevEUI", Field::dev_eui)?,
                dev_addr: told.get("DevAddr", Field::dev_addr)?,
                f_cnt: told.need("FCntUp", Field::whole)?,
                f_port: told.get("FPort", Field::whole)?.filter(|&f_port| f_port != 0),
                payload: root.need("FRMPayload", read)?,
                // The AppSKey is the application's own.
                is_encrypted: true,
                confirmed: told.get("Confirmed", Field::boolean)?.unwrap_or(false),
                adr: false,
                mic: None,
                received_at_ms: milliseconds(received_at),
            };
            Content::Reported { uplink, app_s_key: root.get("AppSKey", envelope)? }
        }
    };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&told)? }))
}

/// A key in its envelope; without a label it is in clear.
fn envelope(field: &Field<'_>) -> Result<HandedKey, Unreadable> {
    let label = field.get("KEKLabel", Field::text)?.unwrap_or_default();
    Ok(HandedKey::new(label, &field.need("AESKey", |key| key.hex_with_prefix(KEY_BYTES))?))
}

fn metadata(told: &Field<'_>) -> Result<RadioMetadata, Unreadable> {
    let heard = told.get("GWInfo", |list| list.elements(GATEWAYS))?.unwrap_or_default();
    let mut metadata = RadioMetadata {
        frequency_hz: told.get("ULFreq", Field::megahertz)?,
        data_rate_index: told.get("DataRate", Field::whole)?,
        region: told.get("RFRegion", Field::name)?.map(str::to_owned),
        ..RadioMetadata::default()
    };
    for (index, gateway) in heard.iter().enumerate() {
        metadata.gateways.push(reception(gateway, index)?);
    }
    Ok(metadata)
}

fn reception(gateway: &Field<'_>, index: usize) -> Result<Reception, Unreadable> {
    let name = gateway.get("ID", Field::name)?.map(json::without_prefix);
    let rssi_dbm = gateway.get("RSSI", Field::level)?;
    Ok(radio::reception(name, index, rssi_dbm, gateway.get("SNR", Field::level)?))
}
