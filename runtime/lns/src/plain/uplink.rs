//! An uplink in our own format, with its payload in clear.

use champollion_frames::{DevAddr, DevEui, Mic, RadioMetadata, Reception, ReportedUplink};
use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::Error as _};

use super::KIND;
use crate::{
    Content, Fault, Frame, Kind, OwnFormat, Unreadable,
    json::FRM_PAYLOAD_BYTES,
    message::milliseconds,
    own_format::{PhyReception, bounded, hexadecimal_digits},
};

/// An uplink as `POST /v1/ingest/plain` takes it: its network server has checked and decrypted it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlainUplink {
    /// The device that sent it.
    dev_eui: DevEui,
    /// The frame counter, all 32 bits where they are known.
    f_cnt: u32,
    /// The port; missing or 0 of a frame of MAC commands alone. A payload needs one.
    f_port: Option<u8>,
    /// The payload in clear, as hexadecimal digits.
    #[schema(value_type = Option<String>, example = "0100FC0225")]
    #[serde(default, deserialize_with = "told_hexadecimal_digits")]
    payload: Option<Vec<u8>>,
    /// The payload in clear, as base64, in the place of `payload`.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "told_base64")]
    payload_base64: Option<Vec<u8>>,
    /// When the network received it; now where it is missing.
    received_at: Option<Timestamp>,
    /// The address that the device sent from.
    dev_addr: Option<DevAddr>,
    /// The MIC that the frame ended with: a device that is registered with its keys needs it.
    #[schema(value_type = Option<String>, pattern = "^[0-9A-Fa-f]{8}$")]
    mic: Option<Mic>,
    /// Whether the device asked for an acknowledgement.
    #[serde(default)]
    confirmed: bool,
    // The members of `RadioMetadata`, one by one: of what is flattened serde cannot say where an
    // error is.
    /// The centre frequency in Hz.
    frequency_hz: Option<u32>,
    /// LoRa's spreading factor, 5 to 12.
    spreading_factor: Option<u8>,
    /// The bandwidth in Hz.
    bandwidth_hz: Option<u32>,
    /// The forward error correction, such as `4/5`.
    coding_rate: Option<String>,
    /// The channel plan, such as `EU868`.
    region: Option<String>,
    /// The index of the data rate in the channel plan.
    data_rate_index: Option<u8>,
    /// The index of the channel in the channel plan.
    channel_index: Option<u8>,
    /// The lower 16 bits of the counter of the downlink that the frame acknowledges.
    conf_f_cnt: Option<u16>,
    /// The gateways that heard the frame.
    #[serde(default)]
    gateways: Vec<PhyReception>,
}

impl OwnFormat for PlainUplink {
    const KIND: Kind = KIND;

    fn read(mut self) -> Result<Frame, Unreadable> {
        let payload = self.payload()?;
        let metadata = RadioMetadata {
            frequency_hz: self.frequency_hz,
            spreading_factor: self.spreading_factor,
            bandwidth_hz: self.bandwidth_hz,
            coding_rate: self.coding_rate,
            region: self.region,
            data_rate_index: self.data_rate_index,
            channel_index: self.channel_index,
            conf_f_cnt: self.conf_f_cnt,
            gateways: self.gateways.into_iter().map(Reception::from).collect(),
        };
        bounded(&metadata)?;
        let uplink = ReportedUplink {
            dev_eui: self.dev_eui,
            dev_addr: self.dev_addr,
            f_cnt: self.f_cnt,
            f_port: self.f_port.filter(|&f_port| f_port != 0),
            payload,
            is_encrypted: false,
            confirmed: self.confirmed,
            adr: false,
            mic: self.mic,
            received_at_ms: milliseconds(self.received_at),
        };
        // The door is one for payloads in clear.
        let content = Content::Reported { uplink, app_s_key: None, says_encryption: true };
        Ok(Frame { content, received_at: self.received_at, metadata })
    }
}

impl PlainUplink {
    /// The payload, which an uplink with a port must have. Without a port what stands in its place are MAC
    /// commands, which say nothing here.
    fn payload(&mut self) -> Result<Vec<u8>, Unreadable> {
        let invalid = |path: &str, why: &str| Unreadable::new(path, Fault::Invalid(why.to_owned()));
        let payload = match (self.payload.take(), self.payload_base64.take()) {
            (Some(_), Some(_)) => {
                return Err(invalid("payloadBase64", "payload is given too, and one is enough"));
            }
            (Some(payload), None) | (None, Some(payload)) => payload,
            (None, None) if self.f_port.unwrap_or(0) == 0 => Vec::new(),
            (None, None) => {
                let why = "it is missing, and so is payloadBase64; an empty one is \"\"";
                return Err(invalid("payload", why));
            }
        };
        if self.f_port.is_none() && !payload.is_empty() {
            return Err(invalid("fPort", "it is missing, and there is a payload"));
        }
        if payload.len() > FRM_PAYLOAD_BYTES {
            let (got, limit, unit) = (payload.len(), FRM_PAYLOAD_BYTES, "bytes");
            return Err(Unreadable::new("payload", Fault::TooLarge { got, limit, unit }));
        }
        Ok(payload)
    }
}

/// Reads the payload as hexadecimal digits.
fn told_hexadecimal_digits<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<u8>>, D::Error> {
    hexadecimal_digits(deserializer).map(Some)
}

/// Reads the payload as base64.
fn told_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = BASE64.decode(text.trim().as_bytes());
    bytes.map(Some).map_err(|error| D::Error::custom(format_args!("this is no base64: {error}")))
}
