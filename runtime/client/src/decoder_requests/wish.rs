//! The wish of a partner that asks for a decoder.

use champollion_sdk::vectors::UplinkInput;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The wish of a partner: the device, the document, and payloads with what is right of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecoderWish {
    /// The maker of the device.
    pub maker: String,
    /// The maker's name of the device.
    pub model: String,
    /// The firmware of the devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// The maker's document: title, version, and where it is to be had.
    pub document: String,
    /// Real payloads, five at least.
    pub payloads: Vec<SponsorPayload>,
    /// The sponsor who pays.
    pub payer: String,
    /// The number of the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<String>,
    /// The day by which the decoder is to be stable; three months from now without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Date>,
    /// More that a developer should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// A real payload, and what is right of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SponsorPayload {
    /// A short description of the payload.
    pub name: String,
    /// The frame as it came.
    pub uplink: UplinkInput,
    /// The measurements that must come out, among others that may.
    pub right: Vec<RightValue>,
    /// More that is right, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// A measurement that must come out of a payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RightValue {
    /// A term of the vocabulary.
    pub quantity: String,
    /// The value in the unit of the vocabulary.
    pub value: Json,
    /// The number among several alike inputs; absent where it is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<u16>,
    /// The moment of the measurement; any where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_at: Option<Timestamp>,
}
