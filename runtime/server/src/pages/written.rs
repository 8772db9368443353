//! Moments, sizes, units and codes, written for people.

use jiff::Timestamp;
use maud::{Markup, html};

use super::language::Language;

/// A moment in universal time, which the script shows in the time of the viewer's device.
pub(super) fn moment(moment: Timestamp, language: Language) -> Markup {
    html! { time datetime=(moment) { (minute(moment, language)) } }
}

/// A minute in universal time, where no script shows it otherwise.
pub(super) fn minute(moment: Timestamp, language: Language) -> String {
    let form = match language {
        Language::English => "%Y-%m-%d %H:%M UTC",
        Language::French => "%d/%m/%Y %H:%M UTC",
    };
    moment.strftime(form).to_string()
}

/// A size in bytes.
pub(super) fn size(bytes: u64, language: Language) -> String {
    let (unit, kilo) = match language {
        Language::English => ("B", "kB"),
        Language::French => ("o", "Ko"),
    };
    match bytes {
        0..1000 => format!("{bytes}\u{a0}{unit}"),
        _ => format!("{}\u{a0}{kilo}", language.whole(bytes.div_ceil(1000))),
    }
}

/// A unit, which is a UCUM code, in the sign that people know.
pub(super) fn unit(code: &str) -> &str {
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

/// Bytes as pairs of hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXUPPER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_the_order_of_the_language() {
        let time: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
        let english = moment(time, Language::English).into_string();
        assert!(english.contains("datetime=\"2026-03-04T05:06:07Z\">2026-03-04 05:06 UTC<"));
        assert!(moment(time, Language::French).into_string().contains(">04/03/2026 05:06 UTC<"));
    }

    #[test]
    fn units_have_the_signs_that_people_know() {
        assert_eq!((unit("Cel"), unit("m3"), unit("kW.h"), unit("1")), ("°C", "m³", "kWh", ""));
    }

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!(size(12, Language::English), "12\u{a0}B");
        assert_eq!(size(12_001, Language::French), "13\u{a0}Ko");
    }
}
