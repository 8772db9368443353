//! A stored record, read once: the source of tables and lists of measurements.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A stored record. Members that a shape leaves out are absent. Numbers stay as they are written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View<'json> {
    #[serde(borrow)]
    pub(super) id: Cow<'json, str>,
    #[serde(default, borrow)]
    pub(super) group: Cow<'json, str>,
    #[serde(borrow)]
    pub(super) device: Device<'json>,
    #[serde(default, borrow)]
    pub(super) object: Object<'json>,
    pub(super) received_at: Timestamp,
    #[serde(default)]
    pub(super) recorded_at: Option<Timestamp>,
    #[serde(default, borrow)]
    pub(super) replaces: Option<Replaced<'json>>,
    /// The zone of local moments, where one is asked for.
    #[serde(default, borrow)]
    pub(super) time_zone: Option<Cow<'json, str>>,
    #[serde(default, borrow)]
    pub(super) network_server: Cow<'json, str>,
    #[serde(borrow)]
    pub(super) uplink: Uplink<'json>,
    #[serde(borrow)]
    pub(super) radio: Radio<'json>,
    #[serde(default, borrow)]
    pub(super) decoder: Option<Decoder<'json>>,
    #[serde(default, borrow)]
    pub(super) decoded: Option<Decoded<'json>>,
    #[serde(default, borrow)]
    pub(super) decode_error: Option<DecodeError<'json>>,
}

/// The record that a corrected one stands in the place of.
#[derive(Debug, Deserialize)]
pub(super) struct Replaced<'json> {
    #[serde(borrow)]
    pub(super) record: Cow<'json, str>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Device<'json> {
    #[serde(borrow)]
    pub(super) dev_eui: Cow<'json, str>,
    #[serde(default, borrow)]
    pub(super) name: Cow<'json, str>,
    #[serde(default, borrow)]
    pub(super) sub_group: Cow<'json, str>,
    #[serde(default, borrow)]
    pub(super) use_case: Cow<'json, str>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
}

/// The object as its partner's sheet has it; empty where the record says nothing of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object<'json> {
    #[serde(default, borrow)]
    pub(super) serial_number: Option<Cow<'json, str>>,
    #[serde(default, borrow)]
    pub(super) reference: Option<Cow<'json, str>>,
    #[serde(default, borrow)]
    pub(super) point: Option<Point<'json>>,
    #[serde(default)]
    pub(super) latitude: Option<f64>,
    #[serde(default)]
    pub(super) longitude: Option<f64>,
    #[serde(default, borrow)]
    pub(super) life_cycle: Option<Cow<'json, str>>,
}

/// The point that the object was on.
#[derive(Debug, Deserialize)]
pub(super) struct Point<'json> {
    #[serde(borrow)]
    pub(super) id: Cow<'json, str>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Uplink<'json> {
    pub(super) f_cnt: u32,
    #[serde(default)]
    pub(super) f_port: Option<u8>,
    #[serde(default)]
    pub(super) missed_frames: Option<u32>,
    #[serde(default, borrow)]
    pub(super) payload: Option<Cow<'json, str>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Radio<'json> {
    #[serde(default, borrow)]
    pub(super) best_reception: Option<BestReception<'json>>,
    #[serde(default, borrow)]
    pub(super) rssi_dbm: Option<&'json RawValue>,
    #[serde(default, borrow)]
    pub(super) snr_db: Option<&'json RawValue>,
    #[serde(default)]
    pub(super) redundancy: Option<u32>,
    #[serde(default)]
    pub(super) spreading_factor: Option<u8>,
    #[serde(default)]
    pub(super) frequency_hz: Option<u32>,
}

/// The gateway of the best reception; its levels stand beside it under their names of before.
#[derive(Debug, Deserialize)]
pub(super) struct BestReception<'json> {
    #[serde(borrow)]
    pub(super) gateway: Cow<'json, str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Decoder<'json> {
    #[serde(borrow)]
    pub(super) id: Cow<'json, str>,
    #[serde(borrow)]
    pub(super) version: Cow<'json, str>,
    #[serde(borrow)]
    pub(super) digest: Cow<'json, str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Decoded<'json> {
    /// In the maker's own words.
    #[serde(default, borrow)]
    pub(super) data: Option<&'json RawValue>,
    #[serde(default, borrow)]
    pub(super) measurements: Vec<Measured<'json>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Measured<'json> {
    /// Absent of records of an earlier version, as the kind and whether it is current.
    #[serde(default, borrow)]
    pub(super) id: Cow<'json, str>,
    #[serde(default, borrow)]
    pub(super) kind: Cow<'json, str>,
    #[serde(default)]
    pub(super) current: Option<bool>,
    #[serde(borrow)]
    pub(super) quantity: Cow<'json, str>,
    #[serde(default, borrow)]
    pub(super) unit: Cow<'json, str>,
    #[serde(borrow)]
    pub(super) value: &'json RawValue,
    #[serde(default)]
    pub(super) point_value: Option<f64>,
    #[serde(default)]
    pub(super) channel: u16,
    #[serde(default)]
    pub(super) measured_at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
pub(super) struct DecodeError<'json> {
    #[serde(borrow)]
    pub(super) code: Cow<'json, str>,
    #[serde(default, borrow)]
    pub(super) message: Cow<'json, str>,
}

impl<'json> View<'json> {
    pub(super) fn read(json: &'json str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Returns the id of the record that this one replaces; empty where it replaces none.
    pub(super) fn replaced(&self) -> &str {
        self.replaces.as_ref().map_or("", |replaces| &replaces.record)
    }

    /// Returns the measurements of the record; none of a record that is not decoded.
    pub(super) fn measurements(&self) -> &[Measured<'json>] {
        self.decoded.as_ref().map_or(&[], |decoded| &decoded.measurements)
    }
}
