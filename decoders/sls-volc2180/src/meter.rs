//! Messages of the meter, which the controller sends by itself or is asked for.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// The message that the controller sends by itself, and the one that answers a request.
pub(crate) const TRAP: u8 = 0x00;
pub(crate) const ANSWER: u8 = 0x58;

/// Parts of a percent in the level of dimming.
const PARTS_OF_A_PERCENT: f64 = 2.5;

/// Values of the meter, by the maker's names.
#[derive(Debug, Serialize)]
struct Meter {
    message: &'static str,
    dimmer: Spanned<f64>,
    power: Spanned<u16>,
    energy: Spanned<f64>,
    powerfactor: Spanned<f64>,
    irms: Spanned<f64>,
    vrms: Spanned<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Spanned<i8>>,
}

pub(crate) fn read(code: u8, payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let is_trap = code == TRAP;
    let meter = Meter {
        message: if is_trap { "metertrap" } else { "meterdata" },
        dimmer: payload.u8()?.divided_by(PARTS_OF_A_PERCENT),
        power: payload.u16_be()?,
        energy: payload.u24_be()?.divided_by(1e3),
        powerfactor: payload.u16_be()?.divided_by(1e3),
        irms: payload.u16_be()?.divided_by(1e3),
        vrms: payload.u32_be()?.divided_by(1e3),
        // Degrees below zero, which the controller is made for, need a sign.
        temperature: is_trap.then(|| payload.i8()).transpose()?,
    };
    Ok(Reading::new(&meter)?.with_all(meter.measurements()).warn_all(meter.warnings()))
}

impl Meter {
    fn measurements(&self) -> impl Iterator<Item = Measurement> {
        let dimming = Some(self.dimmer).filter(|percent| **percent <= 100.0);
        let factor = Some(self.powerfactor).filter(|factor| **factor <= 1.0);
        let celsius = self.temperature.map(|celsius| celsius.map(f64::from));
        [
            dimming.map(|percent| quantity::LAMP_DIMMING.of(percent)),
            Some(quantity::ELECTRICITY_POWER_ACTIVE.of(self.power.map(f64::from))),
            Some(quantity::ELECTRICITY_ENERGY_ACTIVE.of(self.energy)),
            factor.map(|factor| quantity::ELECTRICITY_POWER_FACTOR.of(factor)),
            Some(quantity::ELECTRICITY_CURRENT.of(self.irms)),
            Some(quantity::ELECTRICITY_VOLTAGE.of(self.vrms)),
            celsius.map(|celsius| quantity::DEVICE_TEMPERATURE.of(celsius)),
        ]
        .into_iter()
        .flatten()
    }

    fn warnings(&self) -> impl Iterator<Item = &'static str> {
        let dimmer =
            (*self.dimmer > 100.0).then_some("the lamp is said to be dimmed to more than all");
        let factor = (*self.powerfactor > 1.0).then_some("the power factor is beyond 1");
        [dimmer, factor].into_iter().flatten()
    }
}
