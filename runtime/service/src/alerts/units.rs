//! Units that people write limits in, the vocabulary's unit of the same dimension, and the signs that people read.

/// Units with their dimension: a value is `scale` times as much in the dimension's base, plus `offset`.
const UNITS: &[(&str, &str, f64, f64)] = &[
    ("K", "temperature", 1.0, 0.0),
    ("Cel", "temperature", 1.0, 273.15),
    ("[degF]", "temperature", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    ("Pa", "pressure", 1.0, 0.0),
    ("hPa", "pressure", 100.0, 0.0),
    ("mbar", "pressure", 100.0, 0.0),
    ("kPa", "pressure", 1e3, 0.0),
    ("bar", "pressure", 1e5, 0.0),
    ("MPa", "pressure", 1e6, 0.0),
    ("mm", "length", 1e-3, 0.0),
    ("cm", "length", 1e-2, 0.0),
    ("m", "length", 1.0, 0.0),
    ("km", "length", 1e3, 0.0),
    ("mL", "volume", 1e-6, 0.0),
    ("L", "volume", 1e-3, 0.0),
    ("m3", "volume", 1.0, 0.0),
    ("L/s", "flow", 1e-3, 0.0),
    ("L/min", "flow", 1e-3 / 60.0, 0.0),
    ("L/h", "flow", 1e-3 / 3_600.0, 0.0),
    ("m3/h", "flow", 1.0 / 3_600.0, 0.0),
    ("m3/s", "flow", 1.0, 0.0),
    ("J", "energy", 1.0, 0.0),
    ("kJ", "energy", 1e3, 0.0),
    ("MJ", "energy", 1e6, 0.0),
    ("Wh", "energy", 3.6e3, 0.0),
    ("kWh", "energy", 3.6e6, 0.0),
    ("MWh", "energy", 3.6e9, 0.0),
    ("W", "power", 1.0, 0.0),
    ("kW", "power", 1e3, 0.0),
    ("mV", "voltage", 1e-3, 0.0),
    ("V", "voltage", 1.0, 0.0),
    ("mA", "current", 1e-3, 0.0),
    ("A", "current", 1.0, 0.0),
    ("s", "time", 1.0, 0.0),
    ("min", "time", 60.0, 0.0),
    ("h", "time", 3_600.0, 0.0),
    ("d", "time", 86_400.0, 0.0),
    ("m/s", "speed", 1.0, 0.0),
    ("km/h", "speed", 1.0 / 3.6, 0.0),
    ("g", "mass", 1e-3, 0.0),
    ("kg", "mass", 1.0, 0.0),
    ("1", "share", 1.0, 0.0),
    ("%", "share", 1e-2, 0.0),
    ("[ppm]", "share", 1e-6, 0.0),
    ("[ppb]", "share", 1e-9, 0.0),
    ("ug/m3", "density", 1e-9, 0.0),
    ("mg/m3", "density", 1e-6, 0.0),
    ("g/m3", "density", 1e-3, 0.0),
    ("Hz", "frequency", 1.0, 0.0),
    ("kHz", "frequency", 1e3, 0.0),
];

/// Returns a value in another unit of the same dimension; nothing where one of the units is unknown, or they do not fit.
#[must_use]
pub fn convert(value: f64, from: &str, to: &str) -> Option<f64> {
    if from == to {
        return Some(value);
    }
    let (_, dimension, scale, offset) = unit(from)?;
    let (_, wanted, to_scale, to_offset) = unit(to)?;
    let converted = (value * scale + offset - to_offset) / to_scale;
    // The rest of a division by ten is no part of the limit that was meant.
    (dimension == wanted).then(|| rounded(converted))
}

/// Returns the sign of a unit, which is a UCUM code, that people know.
#[must_use]
pub fn sign(code: &str) -> &str {
    match code {
        "Cel" => "°C",
        "m3" => "m³",
        "m3/h" => "m³/h",
        "mg/m3" => "mg/m³",
        "ug/m3" => "µg/m³",
        "[ppm]" => "ppm",
        "[ppb]" => "ppb",
        "deg" => "°",
        "Ohm" => "Ω",
        "W/m2" => "W/m²",
        "m/s2" => "m/s²",
        "A.h" => "Ah",
        "kW.h" => "kWh",
        "V.A" => "VA",
        "kV.A.h" => "kVAh",
        "dB[SPL]" => "dB",
        "1" | "[pH]" => "",
        other => other,
    }
}

fn unit(name: &str) -> Option<&'static (&'static str, &'static str, f64, f64)> {
    UNITS.iter().find(|unit| unit.0 == name)
}

/// Rounds to twelve digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_converted_within_its_dimension_alone() {
        assert_eq!(convert(1.5, "bar", "kPa"), Some(150.0));
        assert_eq!(convert(100.0, "L/h", "m3/h"), Some(0.1));
        assert_eq!(convert(212.0, "[degF]", "Cel"), Some(100.0));
        assert_eq!(convert(-40.0, "Cel", "[degF]"), Some(-40.0));
        assert_eq!(convert(7.0, "lx", "lx"), Some(7.0));
        assert_eq!(convert(7.0, "bar", "Cel"), None);
        assert_eq!(convert(7.0, "stone", "kg"), None);
    }

    #[test]
    fn units_have_the_signs_that_people_know() {
        assert_eq!((sign("Cel"), sign("m3"), sign("kW.h"), sign("1")), ("°C", "m³", "kWh", ""));
    }
}
