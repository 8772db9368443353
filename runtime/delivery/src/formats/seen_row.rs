//! A row as the expressions of a recipient's own columns see it.

use std::collections::BTreeMap;

use champollion_sandbox::vocabulary::{Nature, quantity};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, value::RawValue};

use super::{
    row::Row,
    view::{Measured, View},
};

/// The names that an expression can speak of, those of [`Seen`].
pub(super) const NAMES: [&str; 38] = [
    "channel",
    "current",
    "date",
    "decoded",
    "decoder",
    "device",
    "error",
    "fCnt",
    "fPort",
    "gateway",
    "group",
    "index",
    "kind",
    "latitude",
    "lifeCycle",
    "longitude",
    "measuredAt",
    "measuredAtLocal",
    "measurement",
    "name",
    "payload",
    "point",
    "pointValue",
    "quantity",
    "receivedAt",
    "receivedAtLocal",
    "record",
    "reference",
    "replaces",
    "rssi",
    "serialNumber",
    "snr",
    "subGroup",
    "tags",
    "unit",
    "useCase",
    "value",
    "values",
];

/// A row as an expression sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Seen<'row> {
    channel: Option<u16>,
    current: Option<bool>,
    /// The moment of the measurement.
    date: String,
    decoded: bool,
    decoder: Option<&'row str>,
    device: &'row str,
    error: Option<&'row str>,
    f_cnt: u32,
    f_port: Option<u8>,
    gateway: Option<&'row str>,
    group: &'row str,
    /// The value, where it is an index.
    index: Option<Json>,
    kind: Option<&'row str>,
    latitude: Option<f64>,
    life_cycle: Option<&'row str>,
    longitude: Option<f64>,
    measured_at: String,
    measured_at_local: String,
    measurement: Option<&'row str>,
    name: &'row str,
    payload: Option<&'row str>,
    /// The place that is measured: the point that the device is on, or else a tag of it.
    point: Option<&'row str>,
    /// The value in the series of the point; the value itself of an index without an offset.
    point_value: Option<Json>,
    quantity: Option<&'row str>,
    received_at: String,
    received_at_local: String,
    record: &'row str,
    reference: Option<&'row str>,
    replaces: Option<&'row str>,
    rssi: Option<f64>,
    serial_number: Option<&'row str>,
    snr: Option<f64>,
    sub_group: &'row str,
    tags: &'row BTreeMap<String, String>,
    unit: Option<&'row str>,
    use_case: &'row str,
    value: Option<Json>,
    /// The values of the row by `quantity`, of channels other than 0 by `quantity#channel`.
    values: BTreeMap<String, Json>,
}

impl<'row> Seen<'row> {
    pub(super) fn new(row: &Row<'row>) -> Result<Self, serde_json::Error> {
        let View { device, object, uplink, radio, .. } = row.view;
        let measured = row.measured;
        let said = |of: fn(&'row Measured<'row>) -> &'row str| {
            measured.map(of).filter(|text| !text.is_empty())
        };
        let local =
            |moment: Timestamp| moment.display_with_offset(row.zone.to_offset(moment)).to_string();
        let mut values = BTreeMap::new();
        for (&(name, channel), measured) in &row.by_column {
            let name = if channel == 0 { name.to_owned() } else { format!("{name}#{channel}") };
            values.insert(name, json(measured.value)?);
        }
        let index = measured.or_else(|| row.by_column.values().copied().find(is_index));
        Ok(Self {
            channel: row.channel,
            current: measured.and_then(|measured| measured.current),
            date: row.measured_at.to_string(),
            decoded: row.view.decoded.is_some(),
            decoder: row.view.decoder.as_ref().map(|decoder| &*decoder.id),
            device: &device.dev_eui,
            error: row.view.decode_error.as_ref().map(|error| &*error.code),
            f_cnt: uplink.f_cnt,
            f_port: uplink.f_port,
            gateway: radio.best_reception.as_ref().map(|best| &*best.gateway),
            group: &row.view.group,
            index: index.filter(is_index).map(|index| json(index.value)).transpose()?,
            kind: said(|measured| &*measured.kind),
            latitude: object.latitude,
            life_cycle: object.life_cycle.as_deref(),
            longitude: object.longitude,
            measured_at: row.measured_at.to_string(),
            measured_at_local: local(row.measured_at),
            measurement: said(|measured| &*measured.id),
            name: &device.name,
            payload: uplink.payload.as_deref(),
            point: match &object.point {
                Some(point) => Some(&*point.id),
                None => device.tags.get("point").map(String::as_str),
            },
            point_value: point_value(index.filter(is_index))?,
            quantity: said(|measured| &*measured.quantity),
            received_at: row.view.received_at.to_string(),
            received_at_local: local(row.view.received_at),
            record: &row.view.id,
            reference: object.reference.as_deref(),
            replaces: row.view.replaces.as_ref().map(|replaces| &*replaces.record),
            rssi: radio.rssi_dbm.map(number).transpose()?,
            serial_number: object.serial_number.as_deref(),
            snr: radio.snr_db.map(number).transpose()?,
            sub_group: &device.sub_group,
            tags: &device.tags,
            unit: said(|measured| &*measured.unit),
            use_case: &device.use_case,
            value: measured.map(|measured| json(measured.value)).transpose()?,
            values,
        })
    }
}

/// The value of an index in the series of its point.
fn point_value(index: Option<&Measured<'_>>) -> Result<Option<Json>, serde_json::Error> {
    match index {
        None => Ok(None),
        Some(index) => match index.point_value {
            Some(value) => Ok(Some(value.into())),
            None => json(index.value).map(Some),
        },
    }
}

/// Whether a measurement is a total that grows; records of an earlier version leave that to the vocabulary.
fn is_index(measured: &&Measured<'_>) -> bool {
    quantity(&measured.quantity).is_some_and(|known| known.nature == Nature::Index)
}

fn json(value: &RawValue) -> Result<Json, serde_json::Error> {
    serde_json::from_str(value.get())
}

fn number(value: &RawValue) -> Result<f64, serde_json::Error> {
    serde_json::from_str(value.get())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::formats::{options::TableContent, rows};

    const RECORD: &str = r#"{
        "id": "a", "group": "water", "receivedAt": "2026-11-25T08:00:00Z",
        "device": { "devEui": "70B3D5E75E000001", "name": "Hall", "tags": {} },
        "uplink": { "fCnt": 7 }, "radio": {}
    }"#;

    #[test]
    fn the_names_are_those_of_a_row() {
        let view = View::read(RECORD).unwrap();
        let (content, utc) = (TableContent::default(), TimeZone::UTC);
        let rows = rows::of(&view, rows::RowsOf::Records, &content, &utc);
        let seen = serde_json::to_value(Seen::new(&rows[0]).unwrap()).unwrap();
        let mut names: Vec<&String> = seen.as_object().unwrap().keys().collect();
        names.sort_unstable();
        assert_eq!(names, NAMES);
    }
}
