//! The series that the models send in batches, as they leave the factory.

use champollion_sdk::{
    families::watteco::{
        Json,
        batches::{Sample, Series},
    },
    prelude::*,
    quoted,
};

/// A model that sends batches.
#[derive(Debug)]
pub(crate) struct Model {
    /// Its name, in small letters.
    pub(crate) name: &'static str,
    /// Bits of a series' number in a batch.
    pub(crate) tag_bits: usize,
    pub(crate) channels: &'static [Channel],
}

/// A series of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channel {
    pub(crate) series: Series,
    /// Its name in `data`.
    pub(crate) name: &'static str,
    /// Parts of a unit that the device counts: 100 for hundredths.
    pub(crate) parts: f64,
}

const fn channel(
    tag: u64,
    sample: Sample,
    resolution: f64,
    name: &'static str,
    parts: f64,
) -> Channel {
    Channel { series: Series { tag, sample, resolution }, name, parts }
}

impl Channel {
    /// A value in its unit as reports of the same attribute tell it.
    #[expect(clippy::cast_possible_truncation, reason = "whole samples have 32 bits at most")]
    pub(crate) fn json(&self, value: f64) -> Json {
        match (self.series.sample, self.name) {
            (Sample::Bit, _) | (_, "occupancy" | "OCC") => (value != 0.0).into(),
            (Sample::Float, _) => value.into(),
            _ if self.parts > 1.0 => value.into(),
            _ => (value as i64).into(),
        }
    }

    /// A value in its unit as a measurement, where it has a place in the vocabulary.
    pub(crate) fn measurement(&self, value: f64) -> Option<Measurement> {
        #[expect(clippy::cast_possible_truncation, reason = "counters have 32 bits")]
        let pulses = |channel| quantity::PULSE_COUNT.of(value as i64).on(channel);
        Some(match self.name {
            "temperature" | "temperature_1" => quantity::SENSOR_TEMPERATURE.of(value),
            "temperature_2" => quantity::SENSOR_TEMPERATURE.of(value).on(1),
            "humidity" | "humidity_1" => quantity::AIR_HUMIDITY.of(value),
            "pressure" => quantity::AIR_PRESSURE.of(value),
            "illuminance" => quantity::LIGHT_ILLUMINANCE.of(value),
            "CO2" => quantity::AIR_CO2.of(value),
            "occupancy" | "OCC" => quantity::OCCUPANCY_PRESENT.of(value != 0.0),
            "battery_voltage" => quantity::BATTERY_VOLTAGE.of(value),
            "Irms" => quantity::ELECTRICITY_CURRENT.of(value),
            "ActiveEnergy" => quantity::ELECTRICITY_ENERGY_ACTIVE.of(value / 1e3),
            "4-20_mA" => quantity::INPUT_CURRENT.of(value / 1e3),
            "0-10_V" | "0-70_V" => quantity::INPUT_VOLTAGE.of(value),
            "0-100_mV" => quantity::INPUT_VOLTAGE.of(value / 1e3),
            "index" | "index_1" => pulses(0),
            "index_2" => pulses(1),
            "index_3" => pulses(2),
            _ => return None,
        })
    }
}

/// Finds a model by its name, of which capitals do not count.
pub(crate) fn model(name: &str) -> Result<&'static Model, Failure> {
    let found = MODELS.iter().find(|model| model.name.eq_ignore_ascii_case(name.trim()));
    found.ok_or_else(|| {
        let names: Vec<_> = MODELS.iter().map(|model| model.name).collect();
        Failure::missing_variable(format!(
            "the variable model is {}; a batch is read for {}",
            quoted(name),
            names.join(", ")
        ))
    })
}

const MODELS: &[Model] = &[
    Model { name: "alt'o", tag_bits: 3, channels: SERIES_ALTO },
    Model { name: "atm'o", tag_bits: 3, channels: SERIES_ATMO },
    Model { name: "clim'o", tag_bits: 2, channels: SERIES_CLIMO },
    Model { name: "fissur'o", tag_bits: 2, channels: SERIES_FISSURO },
    Model { name: "flash'o", tag_bits: 1, channels: SERIES_FLASHO },
    Model { name: "hygrotemp'o", tag_bits: 2, channels: SERIES_CLIMO },
    Model { name: "inclin'o", tag_bits: 3, channels: SERIES_INCLINO },
    Model { name: "indoor temperature", tag_bits: 2, channels: SERIES_CLIMO },
    Model { name: "intens'o", tag_bits: 2, channels: SERIES_INTENSO },
    Model { name: "lev'o", tag_bits: 3, channels: SERIES_LEVO },
    Model { name: "monit'o", tag_bits: 3, channels: SERIES_MONITO },
    Model { name: "move'o lite", tag_bits: 3, channels: SERIES_MOVEO_LITE },
    Model { name: "press'o", tag_bits: 3, channels: SERIES_LEVO },
    Model { name: "pt1000", tag_bits: 1, channels: SERIES_PT1000 },
    Model { name: "pt1000 400c", tag_bits: 1, channels: SERIES_PT1000_400C },
    Model { name: "pulse sens'o", tag_bits: 4, channels: SERIES_PULSE_SENSO },
    Model { name: "smart plug", tag_bits: 1, channels: SERIES_SMART_PLUG },
    Model { name: "temp'o", tag_bits: 2, channels: SERIES_TEMPO },
    Model { name: "temp'o 1 probe", tag_bits: 1, channels: SERIES_PT1000 },
    Model { name: "temp'o 2 probes", tag_bits: 3, channels: SERIES_TEMPO_2_PROBES },
    Model { name: "temp'o outdoor", tag_bits: 3, channels: SERIES_TEMPO_OUTDOOR },
    Model { name: "th", tag_bits: 2, channels: SERIES_CLIMO },
    Model { name: "vaqa'o lite", tag_bits: 3, channels: SERIES_VAQAO_LITE },
    Model { name: "ventil'o", tag_bits: 3, channels: SERIES_VENTILO },
];

const SERIES_ALTO: &[Channel] = &[
    channel(0, Sample::Unsigned(16), 1.0, "ACCmg", 1.0),
    channel(1, Sample::Float, 0.1, "Tilt", 1.0),
    channel(2, Sample::Float, 0.001, "distance", 1.0),
    channel(3, Sample::Unsigned(16), 1.0, "magnitude", 1.0),
    channel(4, Sample::Unsigned(16), 0.1, "battery_voltage", 1000.0),
    channel(5, Sample::Signed(16), 0.1, "acc_temperature", 100.0),
];

const SERIES_ATMO: &[Channel] = &[
    channel(0, Sample::Signed(16), 1.0, "temperature", 100.0),
    channel(1, Sample::Unsigned(16), 1.0, "humidity", 100.0),
    channel(2, Sample::Signed(16), 1.0, "pressure", 1.0),
    channel(3, Sample::Unsigned(32), 1.0, "index_1", 1.0),
    channel(4, Sample::Unsigned(32), 1.0, "index_2", 1.0),
    channel(5, Sample::Unsigned(16), 1.0, "battery_voltage", 1000.0),
];

const SERIES_CLIMO: &[Channel] = &[
    channel(0, Sample::Signed(16), 10.0, "temperature", 100.0),
    channel(1, Sample::Unsigned(16), 100.0, "humidity", 100.0),
    channel(2, Sample::Unsigned(16), 1.0, "battery_voltage", 1000.0),
    channel(3, Sample::Bit, 1.0, "violation_detection", 1.0),
];

const SERIES_FISSURO: &[Channel] = &[
    channel(0, Sample::Float, 0.1, "Tilt", 1.0),
    channel(1, Sample::Float, 0.001, "distance", 1.0),
    channel(2, Sample::Signed(16), 10.0, "temperature", 100.0),
    channel(3, Sample::Unsigned(16), 20.0, "battery_voltage", 1000.0),
];

const SERIES_FLASHO: &[Channel] = &[
    channel(0, Sample::Unsigned(32), 1.0, "index", 1.0),
    channel(1, Sample::Unsigned(16), 100.0, "battery_voltage", 1000.0),
];

const SERIES_INCLINO: &[Channel] = &[
    channel(0, Sample::Unsigned(16), 1.0, "ACCmg", 1.0),
    channel(1, Sample::Float, 0.1, "Tilt", 1000.0),
];

const SERIES_INTENSO: &[Channel] = &[
    channel(0, Sample::Float, 0.1, "Irms", 1.0),
    channel(1, Sample::Unsigned(16), 100.0, "battery_voltage", 1000.0),
];

const SERIES_LEVO: &[Channel] = &[
    channel(0, Sample::Float, 0.004, "4-20_mA", 1.0),
    channel(1, Sample::Float, 1.0, "0-10_V", 1.0),
    channel(2, Sample::Unsigned(16), 100.0, "battery_voltage", 1000.0),
    channel(3, Sample::Unsigned(16), 100.0, "external_power_voltage", 1000.0),
    channel(4, Sample::Unsigned(32), 1.0, "index", 1.0),
];

const SERIES_MONITO: &[Channel] = &[
    channel(0, Sample::Float, 0.02, "0-100_mV", 1.0),
    channel(1, Sample::Float, 17.0, "0-70_V", 1.0),
    channel(2, Sample::Unsigned(16), 100.0, "battery_voltage", 1000.0),
    channel(3, Sample::Unsigned(16), 100.0, "external_level", 1000.0),
];

const SERIES_MOVEO_LITE: &[Channel] = &[
    channel(0, Sample::Unsigned(8), 1.0, "OCC", 1.0),
    channel(1, Sample::Signed(16), 10.0, "temperature", 100.0),
    channel(2, Sample::Unsigned(16), 100.0, "humidity", 100.0),
    channel(5, Sample::Unsigned(16), 10.0, "luminosity", 100.0),
];

const SERIES_PT1000: &[Channel] = &[
    channel(0, Sample::Signed(16), 10.0, "temperature", 100.0),
    channel(1, Sample::Unsigned(16), 100.0, "battery_voltage", 1000.0),
];

const SERIES_PT1000_400C: &[Channel] = &[
    channel(0, Sample::Signed(16), 1.0, "temperature", 10.0),
    channel(1, Sample::Unsigned(16), 100.0, "battery_voltage", 1000.0),
];

const SERIES_PULSE_SENSO: &[Channel] = &[
    channel(0, Sample::Unsigned(32), 1.0, "index_1", 1.0),
    channel(1, Sample::Unsigned(32), 1.0, "index_2", 1.0),
    channel(2, Sample::Unsigned(32), 1.0, "index_3", 1.0),
    channel(3, Sample::Bit, 1.0, "pin_state_1", 1.0),
    channel(4, Sample::Bit, 1.0, "pin_state_2", 1.0),
    channel(5, Sample::Bit, 1.0, "pin_state_3", 1.0),
    channel(6, Sample::Unsigned(16), 100.0, "battery_voltage", 1000.0),
    channel(7, Sample::Unsigned(16), 1.0, "multi_state", 100.0),
];

const SERIES_SMART_PLUG: &[Channel] = &[channel(0, Sample::Signed(24), 1.0, "ActiveEnergy", 1.0)];

const SERIES_TEMPO: &[Channel] = &[channel(0, Sample::Signed(16), 10.0, "temperature", 100.0)];

const SERIES_TEMPO_2_PROBES: &[Channel] = &[
    channel(0, Sample::Signed(16), 10.0, "temperature_1", 100.0),
    channel(1, Sample::Signed(16), 10.0, "temperature_2", 100.0),
    channel(5, Sample::Unsigned(16), 100.0, "battery_voltage", 1000.0),
];

const SERIES_TEMPO_OUTDOOR: &[Channel] = &[
    channel(0, Sample::Signed(16), 10.0, "temperature", 100.0),
    channel(5, Sample::Unsigned(16), 100.0, "battery_voltage", 1000.0),
];

const SERIES_VAQAO_LITE: &[Channel] = &[
    channel(0, Sample::Unsigned(8), 1.0, "occupancy", 1.0),
    channel(1, Sample::Signed(16), 10.0, "temperature_1", 100.0),
    channel(2, Sample::Unsigned(16), 100.0, "humidity_1", 100.0),
    channel(3, Sample::Unsigned(16), 10.0, "CO2", 1.0),
    channel(4, Sample::Unsigned(16), 10.0, "IAQ", 1.0),
    channel(5, Sample::Unsigned(16), 10.0, "illuminance", 1.0),
    channel(6, Sample::Unsigned(16), 10.0, "pressure", 10.0),
];

const SERIES_VENTILO: &[Channel] = &[
    channel(0, Sample::Signed(16), 1.0, "mean_differential_pressure_since_last_report", 1.0),
    channel(1, Sample::Signed(16), 1.0, "minimal_differential_pressure_since_last_report", 1.0),
    channel(2, Sample::Signed(16), 1.0, "maximal_differential_pressure_since_last_report", 1.0),
    channel(3, Sample::Unsigned(16), 1.0, "battery_voltage", 1000.0),
    channel(4, Sample::Signed(16), 10.0, "temperature", 100.0),
    channel(5, Sample::Signed(16), 1.0, "differential_pressure", 1.0),
    channel(6, Sample::Unsigned(32), 1.0, "index", 1.0),
    channel(7, Sample::Bit, 1.0, "state", 1.0),
];
