//! Reads `dataUp` of the Wanesy Management Center. How much of it there is depends on the level of
//! detail that is set there: of the device, of the network, of the radio.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};
use serde_json::Value as Json;

use crate::{
    Content, Frame, Message, Unreadable,
    json::{FRM_PAYLOAD_BYTES, Field},
    message::{GATEWAYS, milliseconds},
    radio,
};

/// Reads a `dataUp`.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    let device = root.needed("endDevice")?;
    // A gateway that was cut off hands its frames over later: when it heard them is what counts.
    let received_at = match root.get("gwRecvTime", Field::milliseconds)? {
        Some(at) => Some(at),
        None => root.get("recvTime", Field::milliseconds)?,
    };
    let payload = match root.get("encodingType", Field::text)? {
        None | Some("HEXA" | "") => root.get("payload", |digits| digits.hex(FRM_PAYLOAD_BYTES))?,
        Some("BASE64") => root.get("payload", |text| text.base64(FRM_PAYLOAD_BYTES))?,
        Some(_) => {
            return Err(root.needed("encodingType")?.invalid("it must be HEXA or BASE64"));
        }
    };
    let uplink = ReportedUplink {
        dev_eui: device.need("devEui", Field::dev_eui)?,
        dev_addr: device.get("devAddr", Field::dev_addr)?,
        f_cnt: root.need("fCntUp", Field::whole)?,
        f_port: root.get("fPort", Field::whole)?.filter(|&f_port| f_port != 0),
        payload: payload.unwrap_or_default(),
        is_encrypted: root.get("encrypted", Field::boolean)?.unwrap_or(false),
        confirmed: root.get("confirmed", Field::boolean)?.unwrap_or(false),
        adr: root.get("adr", Field::boolean)?.unwrap_or(false),
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    let content = Content::Reported { uplink, app_s_key: None };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&root)? }))
}

fn metadata(root: &Field<'_>) -> Result<RadioMetadata, Unreadable> {
    let heard = root.get("gwInfo", |list| list.elements(GATEWAYS))?.unwrap_or_default();
    let mut metadata = RadioMetadata {
        frequency_hz: root.get("ulFrequency", Field::megahertz)?,
        coding_rate: root.get("codingRate", Field::name)?.map(str::to_owned),
        ..RadioMetadata::default()
    };
    root.get("dataRate", |field| radio::data_rate(field, &mut metadata))?;
    for (index, gateway) in heard.iter().enumerate() {
        metadata.gateways.push(reception(gateway, index)?);
        if metadata.region.is_none() {
            metadata.region = gateway.get("rfRegion", Field::name)?.map(str::to_owned);
        }
    }
    Ok(metadata)
}

fn reception(gateway: &Field<'_>, index: usize) -> Result<Reception, Unreadable> {
    let name = gateway.get("gwEui", Field::name)?;
    let rssi_dbm = gateway.get("rssi", Field::level)?;
    Ok(radio::reception(name, index, rssi_dbm, gateway.get("snr", Field::level)?))
}
