//! Values that the device has stored, each with its time.

use champollion_sdk::{prelude::*, word};
use serde::Serialize;

use crate::{
    Meter, readings,
    water::{Alarm, Water},
};

/// The values that the device has stored at a moment.
#[derive(Serialize)]
pub(crate) struct Stored {
    /// The moment in seconds since 1970.
    timestamp: u64,
    temperature: Spanned<f64>,
    humidity: Spanned<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm: Option<String>,
    gpio_type: String,
    #[serde(flatten)]
    input: Input,
    #[serde(skip)]
    alarm_measured: Option<Measurement>,
}

/// The stored values of the input. What its mode does not count is not told.
#[derive(Serialize)]
#[serde(untagged)]
enum Input {
    Level { gpio: String },
    Pulses { pulse: Spanned<u32> },
    Water(Water),
    None {},
}

/// The record of firmware before 1.3, which has pulses.
const OLD: u8 = 0x20;

impl Stored {
    pub(crate) fn read(header: [u8; 2], value: &mut Reader<'_>) -> Result<Self, Failure> {
        let is_old = header[0] == OLD;
        let timestamp = u64::from(*value.u32_le()?);
        let temperature = readings::temperature(value)?;
        let humidity = readings::humidity(value)?;
        let alarm = if is_old { None } else { Some(value.u8()?.map(Alarm::of)) };
        let mode = *value.u8()?;
        let gpio = readings::level(*value.u8()?);
        let input = match mode {
            1 => Input::Level { gpio },
            2 if is_old => Input::Pulses { pulse: value.u32_le()? },
            2 => Input::Water(Water::read(value)?),
            _ => Input::None {},
        };
        Ok(Self {
            timestamp,
            temperature,
            humidity,
            alarm: alarm.map(|alarm| alarm.name()),
            gpio_type: word(&[(1, "gpio"), (2, "counter")], mode),
            input,
            alarm_measured: alarm.and_then(Alarm::measurement),
        })
    }

    pub(crate) fn has_water(&self) -> bool {
        matches!(self.input, Input::Water(_))
    }

    pub(crate) fn measurements(&self, meter: Meter) -> Vec<Measurement> {
        let mut found = vec![
            quantity::AIR_TEMPERATURE.of(self.temperature),
            quantity::AIR_HUMIDITY.of(self.humidity),
        ];
        match &self.input {
            Input::Pulses { pulse } => {
                found.extend(meter.pulses.measurements(pulse.map(i64::from), None));
            }
            Input::Water(water) => found.extend(water.measurement(meter)),
            Input::Level { .. } | Input::None {} => {}
        }
        found.extend(self.alarm_measured.clone());
        let moment = self.timestamp * 1_000;
        found.into_iter().map(|measurement| measurement.at(moment)).collect()
    }
}
