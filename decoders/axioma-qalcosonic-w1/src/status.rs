//! The status byte, which every telegram with values and every alarm telegram carries.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::meter_time::MeterTime;

/// The status byte as it was sent.
///
/// It is the application status of M-Bus: bit 2 is a low battery, bit 3 a permanent and bit 4 a
/// temporary error, and the bits from 5 on say which. Actility's driver, ZENNER's parser and the
/// decoder of the AWS samples agree on this. Others test the causes as masks, so that a burst, 101,
/// is a leak, 001, too; the maker's causes exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u8);

/// The cause of an alarm, in the bits from 5 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// Nothing; beside a temporary error it is a pipe without water.
    None,
    Leakage,
    NegativeFlow,
    LowTemperature,
    Burst,
    Manipulation,
    Unknown,
}

/// The alarms of a status byte, by the names of the maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alarms {
    power_low: bool,
    permanent_error: bool,
    temporary_error: bool,
    empty_pipe: bool,
    leakage: bool,
    burst: bool,
    negative_flow: bool,
    low_temperature: bool,
    manipulation: bool,
}

impl Status {
    pub(crate) fn code(self) -> u8 {
        self.0
    }

    /// Returns the alarms that the byte stands for.
    ///
    /// The pipe is empty when there is a temporary error without a cause. Some decoders take it for
    /// empty only when no other bit is set; but a battery runs low in an empty pipe as in a full one.
    pub(crate) fn alarms(self) -> Alarms {
        let cause = self.cause();
        let temporary_error = self.0 & 0x10 != 0;
        Alarms {
            power_low: self.0 & 0x04 != 0,
            permanent_error: self.0 & 0x08 != 0,
            temporary_error,
            empty_pipe: temporary_error && cause == Cause::None,
            leakage: cause == Cause::Leakage,
            burst: cause == Cause::Burst,
            negative_flow: cause == Cause::NegativeFlow,
            low_temperature: cause == Cause::LowTemperature,
            manipulation: cause == Cause::Manipulation,
        }
    }

    /// Returns a warning about the byte where its bits contradict each other.
    pub(crate) fn doubt(self) -> Option<String> {
        let is_known = self.0 & 0x03 == 0 && self.cause() != Cause::Unknown;
        (!is_known).then(|| {
            format!("the status code {:#04X} holds what this decoder does not know", self.0)
        })
    }

    fn cause(self) -> Cause {
        match self.0 >> 5 {
            0b000 => Cause::None,
            0b001 => Cause::Leakage,
            0b011 => Cause::NegativeFlow,
            0b100 => Cause::LowTemperature,
            0b101 => Cause::Burst,
            // Of the shorter telegrams of the F1, by the decoder of the AWS samples and by Alkarex's.
            0b110 => Cause::Manipulation,
            _ => Cause::Unknown,
        }
    }
}

/// All alarms that a status byte knows, those too that are not on: so whoever follows them sees one
/// go away.
pub(crate) fn measurements(
    status: Spanned<Status>,
    measured_at: Option<MeterTime>,
) -> [Measurement; 9] {
    let alarms = status.alarms();
    [
        (quantity::ALARM_BATTERY, alarms.power_low),
        (quantity::ALARM_FAULT, alarms.permanent_error),
        (quantity::ALARM_FAULT_TEMPORARY, alarms.temporary_error),
        (quantity::ALARM_DRY, alarms.empty_pipe),
        (quantity::ALARM_LEAK, alarms.leakage),
        (quantity::ALARM_BURST, alarms.burst),
        (quantity::ALARM_BACKFLOW, alarms.negative_flow),
        (quantity::ALARM_FREEZE, alarms.low_temperature),
        (quantity::ALARM_TAMPER, alarms.manipulation),
    ]
    .map(|(quantity, is_on)| {
        let alarm = quantity.of(status.map(|_| is_on));
        measured_at.into_iter().fold(alarm, |alarm, time| alarm.at(time.milliseconds()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Alarms = Alarms {
        power_low: false,
        permanent_error: false,
        temporary_error: false,
        empty_pipe: false,
        leakage: false,
        burst: false,
        negative_flow: false,
        low_temperature: false,
        manipulation: false,
    };

    #[test]
    fn each_code_of_the_documents_is_read() {
        let temporary = Alarms { temporary_error: true, ..NOTHING };
        for (code, expected) in [
            (0x00, NOTHING),
            (0x04, Alarms { power_low: true, ..NOTHING }),
            (0x08, Alarms { permanent_error: true, ..NOTHING }),
            (0x10, Alarms { empty_pipe: true, ..temporary }),
            (0x30, Alarms { leakage: true, ..temporary }),
            (0x70, Alarms { negative_flow: true, ..temporary }),
            (0x90, Alarms { low_temperature: true, ..temporary }),
            (0xB0, Alarms { burst: true, ..temporary }),
            (0xD0, Alarms { manipulation: true, ..temporary }),
        ] {
            assert_eq!(Status(code).alarms(), expected, "{code:#04X}");
            assert_eq!(Status(code).doubt(), None, "{code:#04X}");
        }
    }

    #[test]
    fn several_at_once_are_read() {
        let expected = Alarms {
            power_low: true,
            permanent_error: true,
            temporary_error: true,
            negative_flow: true,
            ..NOTHING
        };
        assert_eq!(Status(0x7C).alarms(), expected);
        assert!(Status(0x1C).alarms().empty_pipe);
    }

    #[test]
    fn what_is_not_documented_is_doubted() {
        for code in [0x01, 0x02, 0x50, 0xF0] {
            assert!(Status(code).doubt().is_some(), "{code:#04X}");
        }
        assert!(!Status(0x50).alarms().empty_pipe);
    }
}
