//! AWS IoT Core for LoRaWAN: what a rule hands over of an uplink.

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

/// Reads a message.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub(super) fn read(json: &Json, unread: &Unread) -> Result<Message, Unreadable> {
    let root = Field::root(json)?;
    // Events of joins and of connections say what they are, and so does the question of whether the
    // address is ours.
    let whole = Decoration::of(&root, unread);
    for word in ["eventType", "messageType"] {
        if let Some(other) = whole.name(word) {
            return Ok(Message::nothing(&other));
        }
    }
    let told = root.needed("WirelessMetadata")?.needed("LoRaWAN")?.object()?;
    let decoration = Decoration::of(&told, unread);
    let received_at = decoration.get("Timestamp", Field::time);
    let payload = root.get("PayloadData", |data| data.base64(FRM_PAYLOAD_BYTES))?;
    let payload = payload.unwrap_or_default();
    // The documentation writes it both ways.
    let port_name = if decoration.has("Fport") { "Fport" } else { "FPort" };
    let m_type = decoration.name("MType");
    let uplink = ReportedUplink {
        dev_eui: told.need("DevEui", Field::dev_eui)?,
        dev_addr: decoration.get("DevAddr", Field::dev_addr),
        f_cnt: essentials::f_cnt(&told, "FCnt", LeftOut::IsMissing)?,
        f_port: essentials::f_port(&told, port_name, &payload, LeftOut::IsMissing)?,
        payload,
        // It has the keys of every device, and decrypts always.
        is_encrypted: false,
        confirmed: m_type.is_some_and(|m_type| m_type.starts_with("Confirmed")),
        adr: decoration.says("ADR"),
        mic: decoration.get("MIC", Field::mic),
        received_at_ms: milliseconds(received_at),
    };
    let content = Content::Reported { uplink, app_s_key: None, says_encryption: true };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&decoration) }))
}

fn metadata(told: &Decoration<'_, '_>) -> RadioMetadata {
    let mut metadata = RadioMetadata {
        frequency_hz: told.get("Frequency", radio::frequency),
        spreading_factor: told.get("SpreadingFactor", radio::spreading_factor),
        bandwidth_hz: told.get("Bandwidth", radio::kilohertz),
        coding_rate: told.name("CodeRate"),
        data_rate_index: told.get("DataRate", Field::whole_or_text),
        ..RadioMetadata::default()
    };
    // One's own gateways, and those of a public network.
    for (list, name) in [("Gateways", "GatewayEui"), ("PublicGateways", "Id")] {
        for (index, gateway) in told.elements(list, GATEWAYS) {
            metadata.gateways.push(reception(&gateway, name, index));
            metadata.region = metadata.region.or_else(|| gateway.name("RfRegion"));
        }
    }
    metadata.gateways.truncate(GATEWAYS);
    metadata
}

fn reception(gateway: &Decoration<'_, '_>, name: &str, index: usize) -> Reception {
    let name = gateway.name(name);
    let rssi_dbm = gateway.get("Rssi", radio::rssi);
    radio::reception(name.as_deref(), index, rssi_dbm, gateway.get("Snr", radio::snr))
}
