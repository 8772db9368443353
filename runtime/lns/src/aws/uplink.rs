//! AWS IoT Core for LoRaWAN: what a rule hands over of an uplink.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};
use serde_json::Value as Json;

use crate::{
    Content, Frame, Message, Unreadable,
    json::{FRM_PAYLOAD_BYTES, Field},
    message::{GATEWAYS, milliseconds},
    radio,
};

/// Reads a message.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    // Events of joins and of connections say what they are, and so does the question of whether the
    // address is ours.
    for word in ["eventType", "messageType"] {
        if let Some(other) = root.get(word, Field::name)? {
            return Ok(Message::nothing(other));
        }
    }
    let told = root.needed("WirelessMetadata")?.needed("LoRaWAN")?;
    let received_at = told.get("Timestamp", Field::time)?;
    // The documentation writes it both ways.
    let f_port = match told.get("FPort", Field::whole_or_text)? {
        Some(f_port) => Some(f_port),
        None => told.get("Fport", Field::whole_or_text)?,
    };
    let payload = root.get("PayloadData", |data| data.base64(FRM_PAYLOAD_BYTES))?;
    let m_type = told.get("MType", Field::name)?;
    let uplink = ReportedUplink {
        dev_eui: told.need("DevEui", Field::dev_eui)?,
        dev_addr: told.get("DevAddr", Field::dev_addr)?,
        f_cnt: told.need("FCnt", Field::whole_or_text)?,
        f_port: f_port.filter(|&f_port| f_port != 0),
        payload: payload.unwrap_or_default(),
        is_encrypted: false,
        confirmed: m_type.is_some_and(|m_type| m_type.starts_with("Confirmed")),
        adr: told.get("ADR", Field::boolean)?.unwrap_or(false),
        mic: told.get("MIC", Field::mic)?,
        received_at_ms: milliseconds(received_at),
    };
    let content = Content::Reported { uplink, app_s_key: None };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&told)? }))
}

fn metadata(told: &Field<'_>) -> Result<RadioMetadata, Unreadable> {
    let mut metadata = RadioMetadata {
        frequency_hz: told.get("Frequency", Field::whole_or_text)?,
        spreading_factor: told.get("SpreadingFactor", Field::whole_or_text)?,
        bandwidth_hz: told.get("Bandwidth", radio::kilohertz)?,
        coding_rate: told.get("CodeRate", Field::name)?.map(str::to_owned),
        data_rate_index: told.get("DataRate", Field::whole_or_text)?,
        ..RadioMetadata::default()
    };
    // One's own gateways, and those of a public network.
    for (list, name) in [("Gateways", "GatewayEui"), ("PublicGateways", "Id")] {
        let heard = told.get(list, |list| list.elements(GATEWAYS))?.unwrap_or_default();
        for (index, gateway) in heard.iter().enumerate() {
            metadata.gateways.push(reception(gateway, name, index)?);
            if metadata.region.is_none() {
                metadata.region = gateway.get("RfRegion", Field::name)?.map(str::to_owned);
            }
        }
    }
    metadata.gateways.truncate(GATEWAYS);
    Ok(metadata)
}

fn reception(gateway: &Field<'_>, name: &str, index: usize) -> Result<Reception, Unreadable> {
    let name = gateway.get(name, Field::name)?;
    let rssi_dbm = gateway.get("Rssi", Field::level)?;
    Ok(radio::reception(name, index, rssi_dbm, gateway.get("Snr", Field::level)?))
}
