//! Attributes of electricity: a row of numbers, those of all phases in one attribute.

use champollion_sdk::{
    Quantity,
    families::watteco::{Field, Format, Report, Told},
    prelude::*,
};

/// Added to a frequency in thousandths of a hertz, so that it fits into two bytes with a sign.
const FREQUENCY_OFFSET: f64 = 22_232.0;

/// Channels of phases a, b and c, and of all of them.
const PHASES: [(&str, u16); 4] = [("_abc", 0), ("_a", 1), ("_b", 2), ("_c", 3)];

/// Reads an attribute of electricity, and returns its fields; none where it is another one.
pub(crate) fn read(
    report: &mut Report<'_>,
    told: &mut Told,
) -> Result<Option<&'static [Field]>, Failure> {
    let fields = match (report.cluster, report.attribute) {
        (0x0052, 0x0000) => SIMPLE,
        (0x800A, 0x0000) => METERING,
        (0x8010, 0x0000) => ENERGIES,
        (0x8010, 0x0001) => POWERS,
        (0x800B, 0x0000) => VOLTAGE,
        (0x800D, 0x0000) => VOLTAGES,
        (0x8052, 0x0000) => QUALITY,
        _ => return Ok(None),
    };
    let mut powers = [None, None];
    for field in fields {
        let number = number(field, &mut report.value)?;
        if field.format.parts > 1.0 {
            told.say(field.name, *number);
        } else {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it was read from 4 bytes at most"
            )]
            told.say(field.name, *number as i64);
        }
        measure(field, number, report.endpoint, &mut powers, told);
    }
    for (quantity, power) in
        [&quantity::ELECTRICITY_POWER_ACTIVE, &quantity::ELECTRICITY_POWER_REACTIVE]
            .into_iter()
            .zip(powers)
    {
        let channel = u16::from(report.endpoint);
        power.into_iter().for_each(|power| told.measure(quantity.of(power).on(channel)));
    }
    Ok(Some(fields))
}

fn number(field: &Field, value: &mut Reader<'_>) -> Result<Spanned<f64>, Failure> {
    let Format { width, signed, parts, .. } = field.format;
    let number = match signed {
        true => value.signed_be(width)?.divided_by(1.0),
        false => value.unsigned_be(width)?.divided_by(1.0),
    };
    let offset = if field.name.starts_with("frequency") { FREQUENCY_OFFSET } else { 0.0 };
    Ok(number.map(|number| (number + offset) / parts))
}

/// Measures a number. Powers that come in two directions are kept: the difference is measured when both are known.
fn measure(
    field: &Field,
    number: Spanned<f64>,
    endpoint: u8,
    powers: &mut [Option<Spanned<f64>>; 2],
    told: &mut Told,
) {
    let phase = PHASES
        .iter()
        .find_map(|(end, channel)| field.name.strip_suffix(end).map(|name| (name, *channel)));
    let (name, channel) = phase.unwrap_or((field.name, endpoint.into()));
    let mut energy = |quantity: &Quantity<f64>| {
        told.measure(quantity.of(number.map(|watt_hours| watt_hours / 1e3)).on(channel));
    };
    match name {
        "active_energy" | "positive_active_energy" => energy(&quantity::ELECTRICITY_ENERGY_ACTIVE),
        "negative_active_energy" => energy(&quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED),
        "reactive_energy" | "positive_reactive_energy" => {
            energy(&quantity::ELECTRICITY_ENERGY_REACTIVE);
        }
        "negative_reactive_energy" => energy(&quantity::ELECTRICITY_ENERGY_REACTIVE_EXPORTED),
        "active_power" => told.measure(quantity::ELECTRICITY_POWER_ACTIVE.of(number).on(channel)),
        "reactive_power" => {
            told.measure(quantity::ELECTRICITY_POWER_REACTIVE.of(number).on(channel));
        }
        "positive_active_power" => powers[0] = Some(number),
        "positive_reactive_power" => powers[1] = Some(number),
        "negative_active_power" => powers[0] = less(powers[0], number),
        "negative_reactive_power" => powers[1] = less(powers[1], number),
        "Vrms" => told.measure(quantity::ELECTRICITY_VOLTAGE.of(number).on(channel)),
        "Irms" => told.measure(quantity::ELECTRICITY_CURRENT.of(number).on(channel)),
        "frequency" => told.measure(quantity::ELECTRICITY_FREQUENCY.of(number).on(channel)),
        _ => {}
    }
}

fn less(used: Option<Spanned<f64>>, given: Spanned<f64>) -> Option<Spanned<f64>> {
    used.map(|used| used.zip(given).map(|(used, given)| used - given))
}

const METERING: &[Field] = &[
    Field {
        name: "positive_active_energy",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "negative_active_energy",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "positive_reactive_energy",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "negative_reactive_energy",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "positive_active_power",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "negative_active_power",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "positive_reactive_power",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "negative_reactive_power",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
];

const ENERGIES: &[Field] = &[
    Field {
        name: "active_energy_a",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "reactive_energy_a",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "active_energy_b",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "reactive_energy_b",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "active_energy_c",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "reactive_energy_c",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "active_energy_abc",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "reactive_energy_abc",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
];

const POWERS: &[Field] = &[
    Field {
        name: "active_power_a",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "reactive_power_a",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "active_power_b",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "reactive_power_b",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "active_power_c",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "reactive_power_c",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "active_power_abc",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "reactive_power_abc",
        format: Format { width: 4, signed: true, float: false, parts: 1.0 },
    },
];

const VOLTAGE: &[Field] = &[
    Field { name: "Vrms", format: Format { width: 2, signed: true, float: false, parts: 10.0 } },
    Field { name: "Irms", format: Format { width: 2, signed: true, float: false, parts: 10.0 } },
    Field { name: "angle", format: Format { width: 2, signed: true, float: false, parts: 1.0 } },
];

const VOLTAGES: &[Field] = &[
    Field { name: "Vrms_a", format: Format { width: 2, signed: true, float: false, parts: 10.0 } },
    Field { name: "Irms_a", format: Format { width: 2, signed: true, float: false, parts: 10.0 } },
    Field { name: "angle_a", format: Format { width: 2, signed: true, float: false, parts: 1.0 } },
    Field { name: "Vrms_b", format: Format { width: 2, signed: true, float: false, parts: 10.0 } },
    Field { name: "Irms_b", format: Format { width: 2, signed: true, float: false, parts: 10.0 } },
    Field { name: "angle_b", format: Format { width: 2, signed: true, float: false, parts: 1.0 } },
    Field { name: "Vrms_c", format: Format { width: 2, signed: true, float: false, parts: 10.0 } },
    Field { name: "Irms_c", format: Format { width: 2, signed: true, float: false, parts: 10.0 } },
    Field { name: "angle_c", format: Format { width: 2, signed: true, float: false, parts: 1.0 } },
];

const QUALITY: &[Field] = &[
    Field {
        name: "frequency",
        format: Format { width: 2, signed: true, float: false, parts: 1000.0 },
    },
    Field {
        name: "frequency_min",
        format: Format { width: 2, signed: true, float: false, parts: 1000.0 },
    },
    Field {
        name: "frequency_max",
        format: Format { width: 2, signed: true, float: false, parts: 1000.0 },
    },
    Field { name: "Vrms", format: Format { width: 2, signed: true, float: false, parts: 10.0 } },
    Field {
        name: "Vrms_min",
        format: Format { width: 2, signed: true, float: false, parts: 10.0 },
    },
    Field {
        name: "Vrms_max",
        format: Format { width: 2, signed: true, float: false, parts: 10.0 },
    },
    Field { name: "Vpeak", format: Format { width: 2, signed: true, float: false, parts: 10.0 } },
    Field {
        name: "Vpeak_min",
        format: Format { width: 2, signed: true, float: false, parts: 10.0 },
    },
    Field {
        name: "Vpeak_max",
        format: Format { width: 2, signed: true, float: false, parts: 10.0 },
    },
    Field {
        name: "over_voltage",
        format: Format { width: 2, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "sag_voltage",
        format: Format { width: 2, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "brownout_number",
        format: Format { width: 2, signed: true, float: false, parts: 1.0 },
    },
];

const SIMPLE: &[Field] = &[
    Field {
        name: "active_energy",
        format: Format { width: 3, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "reactive_energy",
        format: Format { width: 3, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "nb_samples",
        format: Format { width: 2, signed: false, float: false, parts: 1.0 },
    },
    Field {
        name: "active_power",
        format: Format { width: 2, signed: true, float: false, parts: 1.0 },
    },
    Field {
        name: "reactive_power",
        format: Format { width: 2, signed: true, float: false, parts: 1.0 },
    },
];
