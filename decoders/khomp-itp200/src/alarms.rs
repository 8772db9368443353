//! Alerts, and errors of the photocell itself: a bit each.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// Alerts, by the maker's names.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Alerts {
    pin_changed: Spanned<bool>,
    over_current: Spanned<bool>,
    under_voltage: Spanned<bool>,
    over_voltage: Spanned<bool>,
    under_temperature: Spanned<bool>,
    over_temperature: Spanned<bool>,
    over_angle: Spanned<bool>,
    soft_reset: Spanned<bool>,
    hard_reset: Spanned<bool>,
    acc_energy_reset: Spanned<bool>,
    poss_pwr_fail: Spanned<bool>,
    no_load_detec: Spanned<bool>,
    pwr_alarm: Spanned<bool>,
    max_relay_act: Spanned<bool>,
}

impl Alerts {
    pub(crate) fn of(mask: Spanned<u16>) -> Self {
        Self {
            pin_changed: mask.bit(0),
            over_current: mask.bit(1),
            under_voltage: mask.bit(2),
            over_voltage: mask.bit(3),
            under_temperature: mask.bit(4),
            over_temperature: mask.bit(5),
            over_angle: mask.bit(6),
            soft_reset: mask.bit(7),
            hard_reset: mask.bit(8),
            acc_energy_reset: mask.bit(9),
            poss_pwr_fail: mask.bit(10),
            no_load_detec: mask.bit(11),
            pwr_alarm: mask.bit(12),
            max_relay_act: mask.bit(13),
        }
    }

    /// The alerts that the vocabulary has a quantity for.
    pub(crate) fn measurements(self) -> [Measurement; 5] {
        [
            quantity::ALARM_LAMP.of(self.no_load_detec),
            quantity::ALARM_CURRENT.of(self.over_current),
            quantity::ALARM_SUPPLY.of(either(self.under_voltage, self.over_voltage)),
            quantity::ALARM_TEMPERATURE.of(either(self.under_temperature, self.over_temperature)),
            quantity::ALARM_THRESHOLD.of(either(self.over_angle, self.max_relay_act)),
        ]
    }
}

/// Parts of the photocell that are out of order, by the maker's names.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Errors {
    power_meter_err: Spanned<bool>,
    ambient_light_err: Spanned<bool>,
    accelerometer_err: Spanned<bool>,
    gps_err: Spanned<bool>,
}

impl Errors {
    pub(crate) fn of(mask: Spanned<u8>) -> Self {
        Self {
            power_meter_err: mask.bit(0),
            ambient_light_err: mask.bit(1),
            accelerometer_err: mask.bit(2),
            gps_err: mask.bit(3),
        }
    }

    pub(crate) fn measurement(self) -> Measurement {
        let of_light = either(self.power_meter_err, self.ambient_light_err);
        let of_place = either(self.accelerometer_err, self.gps_err);
        quantity::ALARM_FAULT.of(either(of_light, of_place))
    }
}

/// Whether one or the other is set, of the same mask.
fn either(one: Spanned<bool>, other: Spanned<bool>) -> Spanned<bool> {
    one.map(|one| one || *other)
}
