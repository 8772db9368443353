//! The settings that commands write and answers tell, each with its bytes.

use champollion_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// The settings of the alarms. A command writes them all, so they are to be asked for before one is changed.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AlarmSettings {
    /// Litres that flow backward before it is an alarm: 20, 50 or 100.
    reverse_flow_litres: u8,
    /// Hours without a standstill that are a leak: 6, 12, 24 or 48.
    leak_hours: u8,
    unit: Unit,
    /// Whether the periodic message tells the temperature.
    temperature: bool,
    /// Millivolts below which the battery is low.
    low_battery_threshold: u32,
}

/// The unit of the periodic message, in the order of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
enum Unit {
    L,
    #[serde(rename = "daL")]
    Dal,
    #[serde(rename = "hL")]
    Hl,
    #[serde(rename = "m3")]
    CubicMetre,
}

const UNITS: [Unit; 4] = [Unit::L, Unit::Dal, Unit::Hl, Unit::CubicMetre];
const REVERSE_FLOW_LITRES: [u8; 3] = [20, 50, 100];
const LEAK_HOURS: [u8; 4] = [6, 12, 24, 48];

impl AlarmSettings {
    pub(crate) fn read(body: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self {
            reverse_flow_litres: choice(body, "reverse flow", &REVERSE_FLOW_LITRES)?,
            leak_hours: choice(body, "leak time", &LEAK_HOURS)?,
            unit: choice(body, "unit", &UNITS)?,
            temperature: *body.u8()? != 0,
            low_battery_threshold: *body.u32_be()?,
        })
    }

    pub(crate) fn bytes(self) -> Result<Vec<u8>, Failure> {
        let head = [
            number("reverseFlowLitres", self.reverse_flow_litres, &REVERSE_FLOW_LITRES)?,
            number("leakHours", self.leak_hours, &LEAK_HOURS)?,
            number("unit", self.unit, &UNITS)?,
            u8::from(self.temperature),
        ];
        Ok([head, self.low_battery_threshold.to_be_bytes()].concat())
    }
}

/// The settings of the meter below the module.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MeterSettings {
    /// Whether pulses are counted.
    active: bool,
    litres_per_pulse: u8,
    medium: Medium,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
enum Medium {
    Water,
    HotWater,
}

const MEDIA: [Medium; 2] = [Medium::Water, Medium::HotWater];
/// Litres in a pulse of the meter below, by the index K.
pub(crate) const LITRES_PER_PULSE: [u8; 3] = [1, 10, 100];

impl MeterSettings {
    pub(crate) fn read(body: &mut Reader<'_>) -> Result<Self, Failure> {
        let settings = Self {
            active: *body.u8()? != 0,
            litres_per_pulse: choice(body, "index K", &LITRES_PER_PULSE)?,
            medium: choice(body, "medium", &MEDIA)?,
        };
        body.skip(1)?;
        Ok(settings)
    }

    pub(crate) fn bytes(self) -> Result<Vec<u8>, Failure> {
        let index = number("litresPerPulse", self.litres_per_pulse, &LITRES_PER_PULSE)?;
        Ok(vec![u8::from(self.active), index, number("medium", self.medium, &MEDIA)?, 0])
    }
}

/// The largest number of a counter; the two highest bits are its unit.
const LARGEST: u32 = 99_999_999;

/// The counters, in litres times the litres per pulse.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counter {
    pub(crate) forward: u32,
    pub(crate) litres_per_count: u8,
}

impl Counter {
    pub(crate) fn read(body: &mut Reader<'_>) -> Result<Self, Failure> {
        let word = body.u32_be()?;
        let unit = usize::try_from(*word.bits(30, 2)).ok();
        let Some(litres) = unit.and_then(|unit| LITRES_PER_PULSE.get(unit)) else {
            let message = "the unit of a counter is 0 to 2, and this one is 3";
            return Err(Failure::invalid_value(message).at(word.span));
        };
        Ok(Self { forward: *word.bits(0, 30), litres_per_count: *litres })
    }

    pub(crate) fn bytes(self) -> Result<[u8; 4], Failure> {
        if self.forward > LARGEST {
            let message = format!("forward is {}; a counter has 8 digits", self.forward);
            return Err(Failure::invalid_command(message));
        }
        let unit = number("litresPerCount", self.litres_per_count, &LITRES_PER_PULSE)?;
        Ok((u32::from(unit) << 30 | self.forward).to_be_bytes())
    }
}

/// The choice of the next number.
fn choice<T: Copy>(body: &mut Reader<'_>, what: &str, choices: &[T]) -> Result<T, Failure> {
    let index = body.u8()?;
    choices.get(usize::from(*index)).copied().ok_or_else(|| {
        let message = format!("the {what} is {}, and {} is the highest", *index, choices.len() - 1);
        Failure::invalid_value(message).at(index.span)
    })
}

/// The number of a choice.
fn number<T: Copy + PartialEq + std::fmt::Debug>(
    what: &str,
    chosen: T,
    choices: &[T],
) -> Result<u8, Failure> {
    choices
        .iter()
        .position(|choice| *choice == chosen)
        .and_then(|index| u8::try_from(index).ok())
        .ok_or_else(|| {
            let message = format!("{what} is {chosen:?}; it must be one of {choices:?}");
            Failure::invalid_command(message)
        })
}
