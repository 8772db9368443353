//! The alarms: sixteen bits, and nine more in the short messages.

use champollion_sdk::{prelude::*, reserved_bits};
use serde::Serialize;

/// The alarms that all messages have.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alarms {
    smart: Spanned<bool>,
    slave_invalid_read: Spanned<bool>,
    slave_low_battery: Spanned<bool>,
    empty_pipe: Spanned<bool>,
    burst_pipe: Spanned<bool>,
    qmax: Spanned<bool>,
    tilt: Spanned<bool>,
    low_temperature: Spanned<bool>,
    system: Spanned<bool>,
    field_programming: Spanned<bool>,
    low_battery: Spanned<bool>,
    poor_rf: Spanned<bool>,
    leak: Spanned<bool>,
    backflow: Spanned<bool>,
    cut_wire: Spanned<bool>,
    tamper: Spanned<bool>,
}

/// The alarms that only short messages have.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExtendedAlarms {
    #[serde(skip)]
    upper: u8,
    high_pressure: Spanned<bool>,
    low_pressure: Spanned<bool>,
    power_monitor_failure: Spanned<bool>,
    charging_failure: Spanned<bool>,
    box_switch_open: Spanned<bool>,
    hardware_failure: Spanned<bool>,
    reset_on_power: Spanned<bool>,
    hardware_reset: Spanned<bool>,
    /// The public codec tests the bit of `hardware_reset` for this one too, which is taken for a slip.
    watchdog_reset: Spanned<bool>,
}

impl Alarms {
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let bits = payload.u16_be()?;
        Ok(Self {
            smart: bits.bit(15),
            slave_invalid_read: bits.bit(14),
            slave_low_battery: bits.bit(13),
            empty_pipe: bits.bit(12),
            burst_pipe: bits.bit(11),
            qmax: bits.bit(10),
            tilt: bits.bit(9),
            low_temperature: bits.bit(8),
            system: bits.bit(7),
            field_programming: bits.bit(6),
            low_battery: bits.bit(5),
            poor_rf: bits.bit(4),
            leak: bits.bit(3),
            backflow: bits.bit(2),
            cut_wire: bits.bit(1),
            tamper: bits.bit(0),
        })
    }

    /// The alarms of the vocabulary, of which several bits may be one. `at` is when the device noted them.
    pub(crate) fn measurements(
        &self,
        extended: Option<&ExtendedAlarms>,
        at: Option<u64>,
    ) -> impl Iterator<Item = Measurement> {
        let is_open = extended.is_some_and(|more| *more.box_switch_open);
        let hardware_fails = extended.is_some_and(|more| *more.hardware_failure);
        let any = |bits: &[Spanned<bool>], more: bool| {
            let is_on = more || bits.iter().any(|bit| bit.value);
            // All of them are bits of the same two bytes.
            self.tamper.map(|_| is_on)
        };
        [
            quantity::ALARM_TAMPER.of(any(&[self.tamper, self.tilt], is_open)),
            quantity::ALARM_LEAK.of(self.leak),
            quantity::ALARM_BURST.of(self.burst_pipe),
            quantity::ALARM_BACKFLOW.of(self.backflow),
            quantity::ALARM_DRY.of(self.empty_pipe),
            quantity::ALARM_OVERFLOW.of(self.qmax),
            quantity::ALARM_FREEZE.of(self.low_temperature),
            quantity::ALARM_BATTERY.of(any(&[self.low_battery, self.slave_low_battery], false)),
            quantity::ALARM_FAULT.of(any(&[self.system], hardware_fails)),
            quantity::ALARM_FAULT_TEMPORARY
                .of(any(&[self.slave_invalid_read, self.cut_wire], false)),
        ]
        .into_iter()
        .map(move |alarm| at.into_iter().fold(alarm, Measurement::at))
    }
}

/// The upper byte of the extended alarms: its lowest bit alone is one.
const UPPER_KNOWN: u8 = 0x01;

impl ExtendedAlarms {
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let bits = payload.u16_be()?;
        let [upper, _] = bits.to_be_bytes();
        Ok(Self {
            upper,
            high_pressure: bits.bit(8),
            low_pressure: bits.bit(7),
            power_monitor_failure: bits.bit(6),
            charging_failure: bits.bit(5),
            box_switch_open: bits.bit(4),
            hardware_failure: bits.bit(3),
            reset_on_power: bits.bit(2),
            hardware_reset: bits.bit(1),
            watchdog_reset: bits.bit(0),
        })
    }

    /// A sentence about bits that no source has.
    pub(crate) fn reserved(self) -> Option<String> {
        reserved_bits("the upper byte of extended alarms", self.upper, UPPER_KNOWN)
    }
}
