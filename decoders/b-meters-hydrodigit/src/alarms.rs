//! The alarms: six bits of the periodic message, and of those that are kept two bits more, of faults of the meter.

use champollion_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// An alarm that the meter keeps, by its bit in two bytes, of which the first is the lower one here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Alarm {
    WaterLeak = 0,
    WrongInstallation = 1,
    Overflow = 2,
    Burst = 3,
    ReverseFlow = 4,
    LowBattery = 5,
    EepromError = 14,
    CoilError = 15,
}

impl Alarm {
    const ALL: [Self; 8] = [
        Self::WaterLeak,
        Self::WrongInstallation,
        Self::Overflow,
        Self::Burst,
        Self::ReverseFlow,
        Self::LowBattery,
        Self::EepromError,
        Self::CoilError,
    ];

    /// The alarms that two bytes of flags have.
    pub(crate) fn of(flags: [u8; 2]) -> Vec<Self> {
        let flags = u16::from_le_bytes(flags);
        Self::ALL.into_iter().filter(|alarm| flags >> *alarm as u16 & 1 == 1).collect()
    }

    /// The two bytes of flags of some alarms.
    pub(crate) fn flags(alarms: &[Self]) -> [u8; 2] {
        alarms.iter().fold(0_u16, |flags, alarm| flags | 1 << *alarm as u16).to_le_bytes()
    }
}

/// The alarms of the moment, by the names of the manual.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alarms {
    water_leak: Spanned<bool>,
    wrong_installation: Spanned<bool>,
    overflow: Spanned<bool>,
    burst: Spanned<bool>,
    reverse_flow: Spanned<bool>,
    low_battery: Spanned<bool>,
}

impl Alarms {
    /// Bits of the first byte that are an alarm.
    pub(crate) const KNOWN: u8 = 0x3F;

    /// Bits of the second byte of kept alarms that are a fault.
    pub(crate) const FAULTS: u8 = 0xC0;

    pub(crate) fn of(flags: Spanned<u8>) -> Self {
        Self {
            water_leak: flags.bit(0),
            wrong_installation: flags.bit(1),
            overflow: flags.bit(2),
            burst: flags.bit(3),
            reverse_flow: flags.bit(4),
            low_battery: flags.bit(5),
        }
    }

    /// The alarms of the vocabulary. A wrong installation is a meter that was put in the other way round, which shows
    /// by water that flows backward when it is new, so it is a backflow as well.
    pub(crate) fn measurements(self) -> [Measurement; 5] {
        let backflow = *self.reverse_flow || *self.wrong_installation;
        [
            quantity::ALARM_LEAK.of(self.water_leak),
            quantity::ALARM_OVERFLOW.of(self.overflow),
            quantity::ALARM_BURST.of(self.burst),
            quantity::ALARM_BACKFLOW.of(self.reverse_flow.map(|_| backflow)),
            quantity::ALARM_BATTERY.of(self.low_battery),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_and_written_alike() {
        for (first, second) in (0..=Alarms::KNOWN).zip([0, 0x40, 0x80, 0xC0].into_iter().cycle()) {
            assert_eq!(Alarm::flags(&Alarm::of([first, second])), [first, second]);
        }
        assert_eq!(Alarm::of([0x08, 0x80]), [Alarm::Burst, Alarm::CoilError]);
    }
}
