//! The six alarms, bits of a byte or of the last byte of four.

use champollion_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// The alarms by the names of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Alarms {
    magnetic: bool,
    removal: bool,
    sensor_fraud: bool,
    leakage: bool,
    reverse_flow: bool,
    low_battery: bool,
}

impl Alarms {
    /// Bits of the byte that are an alarm.
    pub(crate) const KNOWN: u8 = 0x3F;

    pub(crate) fn of(flags: u8) -> Self {
        let bit = |index: u8| flags >> index & 1 == 1;
        Self {
            magnetic: bit(0),
            removal: bit(1),
            sensor_fraud: bit(2),
            leakage: bit(3),
            reverse_flow: bit(4),
            low_battery: bit(5),
        }
    }

    pub(crate) fn flags(self) -> u8 {
        [
            self.magnetic,
            self.removal,
            self.sensor_fraud,
            self.leakage,
            self.reverse_flow,
            self.low_battery,
        ]
        .iter()
        .rev()
        .fold(0, |flags, is_on| flags << 1 | u8::from(*is_on))
    }

    /// The alarms of the vocabulary: a magnet, a removal and a sensor that is blinded are all somebody's doing.
    pub(crate) fn measurements(self, flags: Spanned<u8>) -> [Measurement; 4] {
        let tamper = self.magnetic || self.removal || self.sensor_fraud;
        [
            quantity::ALARM_TAMPER.of(flags.map(|_| tamper)),
            quantity::ALARM_LEAK.of(flags.map(|_| self.leakage)),
            quantity::ALARM_BACKFLOW.of(flags.map(|_| self.reverse_flow)),
            quantity::ALARM_BATTERY.of(flags.map(|_| self.low_battery)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_and_written_alike() {
        for flags in 0..=Alarms::KNOWN {
            assert_eq!(Alarms::of(flags).flags(), flags);
        }
        assert!(Alarms::of(0x02).removal);
    }
}
