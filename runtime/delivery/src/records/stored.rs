//! A record as it lies in the mailbox, and what routes look at of it without reading all of it.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use champollion_frames::DevEui;
use champollion_store::Sequence;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A record as it lies in the log of its group.
#[derive(Clone, Debug)]
pub(crate) struct StoredRecord {
    pub(crate) sequence: Sequence,
    pub(crate) stored_at: Timestamp,
    pub(crate) json: Arc<str>,
}

/// Returns the device of a stored record.
pub(crate) fn dev_eui(json: &str) -> Option<DevEui> {
    Head::read(json).ok()?.device.dev_eui.parse().ok()
}

/// The head of a stored record: what it is about.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Head<'json> {
    /// The id of the record.
    #[serde(borrow)]
    pub id: Cow<'json, str>,
    /// The device that sent the frame.
    #[serde(borrow)]
    pub device: HeadDevice<'json>,
    /// When the network received it.
    pub received_at: Timestamp,
    /// The frame as the record describes it.
    pub uplink: HeadUplink,
    /// The decoder of the record, where one was asked.
    #[serde(borrow)]
    pub decoder: Option<HeadDecoder<'json>>,
    /// Why it is not decoded, where it is not.
    #[serde(default, borrow)]
    pub decode_error: Option<HeadError<'json>>,
}

/// The device of a record.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeadDevice<'json> {
    /// Its DevEUI, as hexadecimal digits.
    #[serde(borrow)]
    pub dev_eui: Cow<'json, str>,
    /// Its name for people.
    #[serde(default, borrow)]
    pub name: Cow<'json, str>,
    /// The part of the group that it is in.
    #[serde(default, borrow)]
    pub sub_group: Option<Cow<'json, str>>,
    /// The purpose of the device.
    #[serde(default, borrow)]
    pub use_case: Option<Cow<'json, str>>,
    /// Words of the operator's own.
    #[serde(default, borrow)]
    pub tags: BTreeMap<Cow<'json, str>, Cow<'json, str>>,
}

/// The frame of a record.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeadUplink {
    /// The FCnt of the uplink.
    pub f_cnt: u32,
    /// The FPort of the uplink.
    pub f_port: Option<u8>,
}

/// The decoder of a record.
#[derive(Debug, Deserialize, Serialize)]
pub struct HeadDecoder<'json> {
    /// The decoder's name, `vendor/model`.
    #[serde(borrow)]
    pub id: Cow<'json, str>,
    /// The version of the decoder.
    #[serde(borrow)]
    pub version: Cow<'json, str>,
}

/// Why a record is not decoded.
#[derive(Debug, Deserialize, Serialize)]
pub struct HeadError<'json> {
    /// The reason, for programs.
    #[serde(borrow)]
    pub code: Cow<'json, str>,
}

impl<'json> Head<'json> {
    /// Reads the head of a record as it was stored.
    ///
    /// # Errors
    /// It is no record.
    pub fn read(json: &'json str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Whether a decoder read it.
    #[must_use]
    pub fn is_decoded(&self) -> bool {
        self.decode_error.is_none()
    }
}
