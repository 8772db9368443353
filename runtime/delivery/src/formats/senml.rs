//! Sensor Measurement Lists, as JSON.
//!
//! Sources: RFC 8428 (the lists and their units), RFC 9039 (names of devices). Only primary units are used,
//! which every reader knows: where the vocabulary's is none of them, the value is converted.

use data_encoding::{BASE64URL_NOPAD, HEXUPPER_PERMISSIVE};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    error::FormatError,
    view::{Measured, View},
};

/// The beginning of the names of facts about the frame, beside its measurements.
const OF_THE_FRAME: &str = "lorawan.";

/// dBm are a thousandth of a watt, dBW are of a watt.
const DBW_OF_DBM: f64 = -30.0;

/// An entry of a list.
#[derive(Debug, Default, Serialize)]
struct Entry {
    /// The base name, which the names of all entries up to the next one begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    bn: Option<String>,
    /// The base time, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    bt: Option<f64>,
    n: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    u: Option<&'static str>,
    #[serde(flatten)]
    value: Value,
    /// Seconds after the base time.
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<f64>,
    /// The record that this one replaces, in each entry, since readers take lists apart. It is a label of our own;
    /// readers pass over those that do not end with an underscore (RFC 8428, section 4.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<String>,
}

#[derive(Debug, Serialize)]
enum Value {
    #[serde(rename = "v")]
    Number(f64),
    #[serde(rename = "vs")]
    Text(String),
    #[serde(rename = "vb")]
    Truth(bool),
    #[serde(rename = "vd")]
    Bytes(String),
}

impl Default for Value {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

pub(super) fn write(views: &[View<'_>]) -> Result<Vec<u8>, FormatError> {
    let mut entries = Vec::new();
    for view in views {
        let begin = entries.len();
        of_the_frame(view, &mut entries);
        for measured in view.measurements() {
            entries.push(entry(measured, view.received_at)?);
        }
        if view.replaces.is_some() {
            for entry in &mut entries[begin..] {
                entry.replaces = Some(view.replaced().to_owned());
            }
        }
        let first: &mut Entry = &mut entries[begin];
        first.bn = Some(format!("urn:dev:mac:{}_", view.device.dev_eui.to_lowercase()));
        first.bt = Some(seconds(view.received_at.as_millisecond()));
    }
    let mut written = serde_json::to_vec(&entries)?;
    written.push(b'\n');
    Ok(written)
}

/// At least one entry: the record's name.
fn of_the_frame(view: &View<'_>, entries: &mut Vec<Entry>) {
    let mut say = |name: &str, u: Option<&'static str>, value: Value| {
        entries.push(Entry { n: format!("{OF_THE_FRAME}{name}"), u, value, ..Entry::default() });
    };
    say("record", None, Value::Text(view.id.clone().into_owned()));
    let payload = view.uplink.payload.as_deref();
    if let Some(payload) = payload.and_then(|hex| HEXUPPER_PERMISSIVE.decode(hex.as_bytes()).ok()) {
        say("payload", None, Value::Bytes(BASE64URL_NOPAD.encode(&payload)));
    }
    say("counter", Some("count"), Value::Number(view.uplink.f_cnt.into()));
    if let Some(port) = view.uplink.f_port {
        say("port", None, Value::Number(port.into()));
    }
    if let Some(rssi) = view.radio.rssi_dbm.and_then(number) {
        say("rssi", Some("dBW"), Value::Number(rssi + DBW_OF_DBM));
    }
    if let Some(snr) = view.radio.snr_db.and_then(number) {
        say("snr", Some("dB"), Value::Number(snr));
    }
    if let Some(factor) = view.radio.spreading_factor {
        say("spreading-factor", None, Value::Number(factor.into()));
    }
    if let Some(frequency) = view.radio.frequency_hz {
        say("frequency", Some("Hz"), Value::Number(frequency.into()));
    }
    if let Some(redundancy) = view.radio.redundancy {
        say("redundancy", Some("count"), Value::Number(redundancy.into()));
    }
    if let Some(decoder) = &view.decoder {
        let name = format!("{}@{} {}", decoder.id, decoder.version, decoder.digest);
        say("decoder", None, Value::Text(name));
    }
    if let Some(error) = &view.decode_error {
        say("error", None, Value::Text(format!("{}: {}", error.code, error.message)));
    }
}

fn entry(measured: &Measured<'_>, received_at: Timestamp) -> Result<Entry, serde_json::Error> {
    let mut name = measured.quantity.clone().into_owned();
    if measured.channel != 0 {
        // Further parts of a device's name are set off so.
        name.push_str(&format!("_{}", measured.channel));
    }
    let t = measured.measured_at.map(|at| {
        let milliseconds = at.as_millisecond().saturating_sub(received_at.as_millisecond());
        seconds(milliseconds)
    });
    let (u, factor) = unit(&measured.quantity, &measured.unit);
    let value = match serde_json::from_str(measured.value.get())? {
        serde_json::Value::Bool(truth) => Value::Truth(truth),
        serde_json::Value::String(text) => Value::Text(text),
        other => match other.as_f64() {
            Some(number) => Value::Number(factor.apply(number)),
            None => Value::Text(other.to_string()),
        },
    };
    let u = u.filter(|_| matches!(value, Value::Number(_)));
    Ok(Entry { n: name, u, value, t: t.filter(|&seconds| seconds != 0.0), ..Entry::default() })
}

/// A factor of a value. Divisors are kept as such: a division by 100 is exact to the last digit where a
/// multiplication with 0.01 is not.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Factor {
    Times(f64),
    Over(f64),
}

impl Factor {
    fn apply(self, number: f64) -> f64 {
        match self {
            Self::Times(factor) => number * factor,
            Self::Over(divisor) => number / divisor,
        }
    }
}

/// The unit of SenML for a quantity of the vocabulary and its unit.
fn unit(quantity: &str, ucum: &str) -> (Option<&'static str>, Factor) {
    use Factor::{Over, Times};
    const ONE: Factor = Times(1.0);
    let (unit, factor) = match (quantity, ucum) {
        ("air.humidity", "%") => ("%RH", ONE),
        ("battery.level", "%") => ("%EL", ONE),
        ("location.latitude", "deg") => ("lat", ONE),
        ("location.longitude", "deg") => ("lon", ONE),
        ("electricity.power.factor", "1") => ("/", ONE),
        ("electricity.power.reactive", "V.A") => ("var", ONE),
        ("electricity.energy.reactive" | "electricity.energy.reactive.exported", "kV.A.h") => {
            ("vars", Times(3.6e6))
        }
        (_, "%") => ("/", Over(100.0)),
        (_, "[ppm]") => ("/", Over(1e6)),
        (_, "[ppb]") => ("/", Over(1e9)),
        (_, "deg") => ("rad", Times(std::f64::consts::PI / 180.0)),
        (_, "1") => ("count", ONE),
        (_, "A") => ("A", ONE),
        (_, "A.h") => ("C", Times(3_600.0)),
        (_, "Cel") => ("Cel", ONE),
        (_, "Hz") => ("Hz", ONE),
        (_, "Pa") => ("Pa", ONE),
        (_, "V") => ("V", ONE),
        (_, "V.A") => ("VA", ONE),
        (_, "W") => ("W", ONE),
        (_, "W/m2") => ("W/m2", ONE),
        (_, "bar") => ("Pa", Times(1e5)),
        (_, "d") => ("s", Times(86_400.0)),
        (_, "dB[SPL]") => ("dB", ONE),
        (_, "dS/m") => ("S/m", Over(10.0)),
        (_, "h") => ("s", Times(3_600.0)),
        (_, "hPa") => ("Pa", Times(100.0)),
        (_, "kPa") => ("Pa", Times(1_000.0)),
        (_, "kV.A.h") => ("VAs", Times(3.6e6)),
        (_, "kW.h") => ("J", Times(3.6e6)),
        (_, "km") => ("m", Times(1_000.0)),
        (_, "lx") => ("lx", ONE),
        (_, "m") => ("m", ONE),
        (_, "m/s") => ("m/s", ONE),
        (_, "m3") => ("m3", ONE),
        (_, "m3/h") => ("m3/s", Over(3_600.0)),
        (_, "mg/m3") => ("kg/m3", Over(1e6)),
        (_, "mm") => ("m", Over(1_000.0)),
        (_, "mm/h") => ("m/s", Over(3.6e6)),
        (_, "s") => ("s", ONE),
        (_, "ug/m3") => ("kg/m3", Over(1e9)),
        (_, "[pH]") => ("pH", ONE),
        _ => return (None, ONE),
    };
    (Some(unit), factor)
}

fn number(raw: &RawValue) -> Option<f64> {
    serde_json::from_str(raw.get()).ok()
}

/// Milliseconds since 1970 are far from where a number loses them.
#[expect(clippy::cast_precision_loss, reason = "they are less than 2^53 up to the year 9999")]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use champollion_sandbox::vocabulary::quantities;

    use super::*;

    #[test]
    fn every_unit_of_the_vocabulary_has_its_own() {
        for quantity in quantities() {
            let (found, _) = unit(quantity.name, quantity.unit);
            assert_eq!(found, quantity.senml, "{quantity:?}");
        }
    }

    #[test]
    fn values_are_converted_to_the_last_digit_that_people_read() {
        for (quantity, ucum, value, expected) in [
            ("air.pressure", "hPa", 1013.2, 101_320.0),
            ("water.pressure", "bar", 2.5, 250_000.0),
            ("soil.moisture", "%", 37.0, 0.37),
            ("air.humidity", "%", 37.0, 37.0),
            ("air.co2", "[ppm]", 412.0, 0.000_412),
            ("electricity.energy.active", "kW.h", 2.0, 7_200_000.0),
            ("electricity.energy.reactive", "kV.A.h", 2.0, 7_200_000.0),
            ("electricity.charge", "A.h", 1.5, 5_400.0),
            ("water.flow", "m3/h", 3.6, 0.001),
            ("sound.level", "dB[SPL]", 42.0, 42.0),
            ("air.pm2-5", "ug/m3", 12.5, 0.000_000_012_5),
            ("wind.direction", "deg", 180.0, std::f64::consts::PI),
        ] {
            assert_eq!(unit(quantity, ucum).1.apply(value), expected, "{quantity}");
        }
    }
}
