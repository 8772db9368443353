//! Quantities of the points that ThingPark's examples name: a sensor by its ontology, with its unit.
//!
//! A point is a quantity only where its ontology and its unit leave no doubt. `temperature` alone may be that
//! of the air, of water or of the device.

use crate::answered::Answered;

/// The ontology's units that have a UCUM code, and that code.
const UNITS: [(&str, &str); 43] = [
    ("%", "%"),
    ("%RH", "%"),
    ("/", "1"),
    ("A", "A"),
    ("Ah", "A.h"),
    ("Cel", "Cel"),
    ("Far", "[degF]"),
    ("K", "K"),
    ("Pa", "Pa"),
    ("V", "V"),
    ("W", "W"),
    ("Wh", "W.h"),
    ("bar", "bar"),
    ("cm", "cm"),
    ("count", "1"),
    ("dB", "dB"),
    ("day", "d"),
    ("deg", "deg"),
    ("gravity", "[g]"),
    ("h", "h"),
    ("hPa", "hPa"),
    ("hertz", "Hz"),
    ("kPa", "kPa"),
    ("kW", "kW"),
    ("kWh", "kW.h"),
    ("km/h", "km/h"),
    ("l", "L"),
    ("l/s", "L/s"),
    ("lx", "lx"),
    ("m", "m"),
    ("m/s", "m/s"),
    ("m3", "m3"),
    ("m3/h", "m3/h"),
    ("mA", "mA"),
    ("mV", "mV"),
    ("mbar", "mbar"),
    ("minute", "min"),
    ("mm", "mm"),
    ("mm/h", "mm/h"),
    ("ppb", "[ppb]"),
    ("ppm", "[ppm]"),
    ("s", "s"),
    ("uV", "uV"),
];

/// Sensors of the ontology that are one quantity of the vocabulary, whatever device they are in, and the
/// units in which they are.
const QUANTITIES: [(&str, &[&str], &str); 10] = [
    ("activePower", &["W", "kW"], "electricity.power.active"),
    ("batteryLevel", &["%"], "battery.level"),
    ("batteryVoltage", &["V", "mV", "uV"], "battery.voltage"),
    ("co2Level", &["ppm", "ppb"], "air.co2"),
    ("humidity", &["%RH"], "air.humidity"),
    ("illuminance", &["lx"], "light.illuminance"),
    ("light", &["lx"], "light.illuminance"),
    ("powerFactor", &["/"], "electricity.power.factor"),
    ("rmsVoltage", &["V", "mV"], "electricity.voltage"),
    ("tvoc", &["ppb", "ppm"], "air.tvoc"),
];

/// Sensors that are those of the air where its humidity is measured beside them. A pressure in pascals may be the
/// difference of two rooms.
const BESIDE_HUMIDITY: [(&str, &[&str], &str); 2] =
    [("temperature", &["Cel"], "air.temperature"), ("pressure", &["hPa", "mbar"], "air.pressure")];

/// The names of sensors that have no number: `temperature` has none, `temperature:1` has one.
fn sensor(name: &str) -> &str {
    name.split_once(':').map_or(name, |(sensor, _)| sensor)
}

/// The UCUM code of one of the ontology's units.
pub(super) fn ucum(unit: &str) -> Option<&'static str> {
    UNITS.iter().find(|(own, _)| *own == unit).map(|(_, code)| *code)
}

/// The quantity of a point, among all that the examples of its codec name.
pub(super) fn quantity(name: &str, unit: &str, answers: &[Answered]) -> Option<&'static str> {
    let beside =
        BESIDE_HUMIDITY.iter().find(|(own, units, _)| *own == name && units.contains(&unit));
    if let Some((_, _, air)) = beside {
        let mut points = answers.iter().flat_map(|answer| &answer.points);
        return points.any(|point| point.name == "humidity" && point.unit == "%RH").then_some(*air);
    }
    QUANTITIES
        .iter()
        .find(|(own, units, _)| *own == sensor(name) && units.contains(&unit))
        .map(|(_, _, quantity)| *quantity)
}

#[cfg(test)]
mod tests {
    use champollion_sandbox::{Conversion, vocabulary};
    use serde_json::json;

    use super::*;
    use crate::point::Point;

    #[test]
    fn units_of_quantities_become_those_of_the_vocabulary() {
        for (name, units, quantity) in QUANTITIES.into_iter().chain(BESIDE_HUMIDITY) {
            let quantity = vocabulary::quantity(quantity)
                .unwrap_or_else(|| panic!("{name}: {quantity} is no quantity"));
            for unit in units {
                let code = ucum(unit).unwrap_or_else(|| panic!("{unit} has no code"));
                assert!(Conversion::between(code, quantity.unit).is_some(), "{name} in {unit}");
            }
        }
    }

    #[test]
    fn temperature_and_pressure_are_those_of_the_air_only_beside_its_humidity() {
        let answer = |points: &[(&str, &str)]| Answered {
            reading: json!({}),
            points: points
                .iter()
                .map(|(name, unit)| Point {
                    name: (*name).to_owned(),
                    unit: (*unit).to_owned(),
                    value: json!(1),
                })
                .collect(),
        };
        let alone = [answer(&[("temperature", "Cel")])];
        assert_eq!(quantity("temperature", "Cel", &alone), None);
        assert_eq!(quantity("pressure", "hPa", &alone), None);
        let room = [answer(&[("temperature", "Cel"), ("humidity", "%RH")])];
        assert_eq!(quantity("temperature", "Cel", &room), Some("air.temperature"));
        assert_eq!(quantity("temperature:1", "Cel", &room), None, "a probe is none of the room");
        assert_eq!(quantity("pressure", "hPa", &room), Some("air.pressure"));
        assert_eq!(quantity("pressure", "mbar", &room), Some("air.pressure"));
        assert_eq!(quantity("pressure", "Pa", &room), None, "it may be a difference");
        assert_eq!(quantity("rmsVoltage", "V", &alone), Some("electricity.voltage"));
        assert_eq!(quantity("humidity", "%", &room), None, "of what, the unit does not say");
        assert_eq!(quantity("batteryVoltage", "mV", &room), Some("battery.voltage"));
    }
}
