//! The rows of a record: one for each of its measurements.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A row of the table, by the names of its columns. PostgreSQL reads it as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) measured_at: Timestamp,
    record_id: String,
    measurement_id: String,
    group_name: String,
    sub_group: Option<String>,
    use_case: Option<String>,
    dev_eui: String,
    device_name: Option<String>,
    tags: BTreeMap<String, String>,
    object_name: Option<String>,
    serial_number: Option<String>,
    reference: Option<String>,
    point: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    quantity: String,
    unit: Option<String>,
    kind: Option<String>,
    channel: u16,
    number: Option<f64>,
    text: Option<String>,
    truth: Option<bool>,
    point_number: Option<f64>,
    is_current: bool,
    local_time: Option<String>,
    received_at: Timestamp,
    recorded_at: Option<Timestamp>,
    decoder: Option<String>,
    decoder_version: Option<String>,
    replaces: Option<String>,
}

/// A record that another one stands for, since its frame was decoded once more.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ReplacedRecord {
    record_id: String,
    replaced_by: String,
}

/// The part of a record that is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RecordRows {
    pub(super) rows: Vec<Row>,
    /// The record that it stands for.
    pub(super) replaced: Option<ReplacedRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: String,
    group: String,
    device: Device,
    #[serde(default)]
    object: Object,
    received_at: Timestamp,
    received_at_local: Option<String>,
    recorded_at: Option<Timestamp>,
    decoder: Option<Decoder>,
    replaces: Option<Replaced>,
    decoded: Option<Decoded>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    dev_eui: String,
    name: Option<String>,
    sub_group: Option<String>,
    use_case: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Object {
    name: Option<String>,
    serial_number: Option<String>,
    reference: Option<String>,
    point: Option<Point>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

#[derive(Deserialize)]
struct Point {
    id: String,
}

#[derive(Clone, Deserialize)]
struct Decoder {
    id: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct Replaced {
    record: String,
}

#[derive(Deserialize)]
struct Decoded {
    #[serde(default)]
    measurements: Vec<Measured>,
    #[serde(default)]
    derived: Vec<Derived>,
}

#[derive(Deserialize)]
struct Derived {
    decoder: Decoder,
    #[serde(default)]
    measurements: Vec<Measured>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Measured {
    id: String,
    quantity: String,
    unit: Option<String>,
    kind: Option<String>,
    value: Json,
    point_value: Option<f64>,
    #[serde(default)]
    channel: u16,
    measured_at: Option<Timestamp>,
    measured_at_local: Option<String>,
    #[serde(default = "yes")]
    current: bool,
}

fn yes() -> bool {
    true
}

/// Reads the rows of a record. One without measurements has none.
///
/// # Errors
/// The text is no record.
pub(super) fn rows_of(record: &str) -> Result<RecordRows, serde_json::Error> {
    let mut told: Told = serde_json::from_str(record)?;
    let replaced = told.replaces.as_ref().map(|replaced| ReplacedRecord {
        record_id: replaced.record.clone(),
        replaced_by: told.id.clone(),
    });
    let Some(decoded) = told.decoded.take() else {
        return Ok(RecordRows { rows: Vec::new(), replaced });
    };
    let own = decoded.measurements.into_iter().map(|measured| (measured, told.decoder.clone()));
    let derived = decoded.derived.into_iter().flat_map(|derived| {
        let decoder = derived.decoder;
        derived.measurements.into_iter().map(move |measured| (measured, Some(decoder.clone())))
    });
    let rows = own.chain(derived).map(|(measured, decoder)| told.row(measured, decoder)).collect();
    Ok(RecordRows { rows, replaced })
}

impl Told {
    fn row(&self, measured: Measured, decoder: Option<Decoder>) -> Row {
        let (device, object) = (&self.device, &self.object);
        let at_reception =
            self.received_at_local.clone().filter(|_| measured.measured_at.is_none());
        let (decoder, decoder_version) = match decoder {
            Some(Decoder { id, version }) => (Some(id), version),
            None => (None, None),
        };
        Row {
            measured_at: measured.measured_at.unwrap_or(self.received_at),
            record_id: self.id.clone(),
            measurement_id: measured.id,
            group_name: self.group.clone(),
            sub_group: device.sub_group.clone(),
            use_case: device.use_case.clone(),
            dev_eui: device.dev_eui.clone(),
            device_name: device.name.as_deref().map(kept),
            tags: device.tags.iter().map(|(name, value)| (kept(name), kept(value))).collect(),
            object_name: object.name.as_deref().map(kept),
            serial_number: object.serial_number.as_deref().map(kept),
            reference: object.reference.as_deref().map(kept),
            point: object.point.as_ref().map(|point| kept(&point.id)),
            latitude: object.latitude,
            longitude: object.longitude,
            quantity: measured.quantity,
            unit: measured.unit,
            kind: measured.kind,
            channel: measured.channel,
            number: measured.value.as_f64(),
            text: measured.value.as_str().map(kept),
            truth: measured.value.as_bool(),
            point_number: measured.point_value,
            is_current: measured.current,
            local_time: measured.measured_at_local.or(at_reception),
            received_at: self.received_at,
            recorded_at: self.recorded_at,
            decoder,
            decoder_version,
            replaces: self.replaces.as_ref().map(|replaced| replaced.record.clone()),
        }
    }
}

/// A text as PostgreSQL takes it, which has no character of the number zero.
fn kept(text: &str) -> String {
    text.replace('\0', "")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_measurement_is_a_row_with_what_its_record_says() {
        let record = json!({
            "type": "record", "id": "70B3D5499A000001-00000001-AABBCCDD", "group": "water",
            "device": { "devEui": "70B3D5499A000001", "name": "a\u{0}b", "tags": { "street": "Rue X" } },
            "object": { "serialNumber": "42", "point": { "id": "PDS-1" }, "latitude": 48.5, "longitude": 2.5 },
            "receivedAt": "2026-11-25T08:00:00Z", "receivedAtLocal": "2026-11-25T09:00:00+01:00",
            "recordedAt": "2026-11-25T08:00:01Z",
            "decoder": { "id": "acme/meter", "version": "1.2.0", "digest": "x" },
            "decoded": {
                "data": {},
                "measurements": [
                    { "id": "A", "quantity": "water.volume", "unit": "m3", "kind": "index", "value": 12.5,
                      "pointValue": 112.5, "current": true },
                    { "id": "B", "quantity": "water.volume", "unit": "m3", "kind": "index", "value": 12,
                      "channel": 1, "measuredAt": "2026-11-25T07:00:00Z", "current": false },
                    { "id": "C", "quantity": "alarm.leak", "kind": "state", "value": true, "current": true },
                ],
                "derived": [{
                    "decoder": { "id": "acme/formula", "version": "1.0.0" },
                    "measurements": [{ "id": "D", "quantity": "text.state", "value": "on" }],
                }],
                "warnings": [],
            },
        });
        let RecordRows { rows, replaced } = rows_of(&record.to_string()).unwrap();
        assert_eq!(replaced, None);
        let ids: Vec<&str> = rows.iter().map(|row| row.measurement_id.as_str()).collect();
        assert_eq!(ids, ["A", "B", "C", "D"]);
        assert_eq!((rows[0].number, rows[0].point_number), (Some(12.5), Some(112.5)));
        assert_eq!(rows[0].local_time.as_deref(), Some("2026-11-25T09:00:00+01:00"));
        assert_eq!(rows[0].device_name.as_deref(), Some("ab"));
        assert_eq!((rows[1].channel, rows[1].is_current), (1, false));
        assert_eq!(rows[1].local_time, None);
        assert_eq!((rows[2].truth, rows[2].number), (Some(true), None));
        assert_eq!(rows[3].decoder.as_deref(), Some("acme/formula"));
        assert_eq!(rows[3].text.as_deref(), Some("on"));
        let without = json!({
            "id": "x", "group": "water", "device": { "devEui": "70B3D5499A000001" },
            "receivedAt": "2026-11-25T08:00:00Z", "decodeError": { "code": "no-decoder" },
        });
        assert_eq!(rows_of(&without.to_string()).unwrap(), RecordRows::default());
        assert!(rows_of("{}").is_err());
        // One that stands for another does so also where it tells nothing.
        let correction = json!({
            "id": "x-0A", "group": "water", "device": { "devEui": "70B3D5499A000001" },
            "receivedAt": "2026-11-25T08:00:00Z", "replaces": { "record": "x" }, "decoded": { "data": {} },
        });
        let read = rows_of(&correction.to_string()).unwrap();
        let replaced = json!({ "record_id": "x", "replaced_by": "x-0A" });
        assert_eq!((read.rows, json!(read.replaced)), (vec![], replaced));
    }
}
