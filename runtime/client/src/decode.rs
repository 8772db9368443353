//! Trying a payload: nothing of it is kept.

use champollion_sdk::vectors::{CommandInput, DownlinkInput, Hex, Setting, UplinkInput};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{Answer, Client, ClientError, DecoderName, client::ask};

/// A payload or a command, and the decoder that is to be tried on it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// The decoder that is tried: `vendor/model@requirement`.
    pub decoder: String,
    /// The payload or the command.
    #[serde(flatten)]
    pub input: TrialInput,
}

/// A payload or a command, as in a decoder's vectors.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TrialInput {
    /// Decoded as an uplink.
    Uplink(UplinkInput),
    /// Encoded as a command.
    Command(CommandInput),
    /// Decoded as a downlink that was sent.
    Downlink(DownlinkInput),
}

/// The outcome of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// The version that was tried.
    pub decoder: DecoderName,
    /// The decoder's answer to the input.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// An answer of a decoder that could do what it was asked to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// To an uplink, or to a downlink that is read back.
    Reading(Reading),
    /// To a command, which is encoded.
    Downlink(EncodedDownlink),
}

/// A reading that a decoder made of a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// A JSON object, in the maker's own words.
    pub data: Json,
    /// The same in the shared vocabulary.
    pub measurements: Vec<Measurement>,
    /// Warnings to the reader though the frame could be read.
    pub warnings: Vec<String>,
    /// The state to hand to the decoder with this device's next uplink.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Hex>,
}

/// One value of one quantity at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measurement {
    /// Its name, the same in each record that tells it; a reading that is no record has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The nature of its value: `index`, `increment`, `instantaneous` or `state`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether it is the newest value of its quantity and channel in the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<bool>,
    /// The term of the vocabulary.
    pub quantity: String,
    /// The unit that the vocabulary gives it, as a UCUM code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The value, in that unit.
    pub value: Setting,
    /// The number of the input or output, of several alike; 0 where there is one.
    #[serde(default)]
    pub channel: u16,
    /// The moment at which the device measured it, where that is another than the frame's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_at: Option<Timestamp>,
    /// The payload bytes that it was read from, where the decoder knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// A run of payload bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Index of the first byte, from 0.
    pub offset: u16,
    /// Number of bytes, at least 1.
    pub length: u16,
}

/// A command as the device expects it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EncodedDownlink {
    /// FPort, 1 to 223.
    pub f_port: u8,
    /// The FRMPayload in clear.
    pub payload: Hex,
    /// Warnings to the sender though the command could be encoded.
    pub warnings: Vec<String>,
}

impl Client {
    /// Tries a decoder: `POST /v1/decode`.
    pub async fn decode(&self, trial: &Trial) -> Result<Answer<Tried>, ClientError> {
        ask(self.post("v1/decode").json(trial)).await
    }
}
