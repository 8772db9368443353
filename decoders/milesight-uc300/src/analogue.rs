//! The analogue inputs of the UC300.

use champollion_sdk::prelude::*;

/// An analogue input, by its number from 1 on, as the device names it.
#[derive(Clone, Copy)]
pub(crate) enum Analogue {
    Pt100(u8),
    Current(u8),
    Voltage(u8),
}

impl Analogue {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Pt100(number) => format!("pt100_{number}"),
            Self::Current(number) => format!("adc_{number}"),
            Self::Voltage(number) => format!("adv_{number}"),
        }
    }

    pub(crate) fn measurement(self, value: Spanned<f64>) -> Measurement {
        match self {
            Self::Pt100(number) => quantity::PROBE_TEMPERATURE.of(value).on(number.into()),
            Self::Current(number) => {
                quantity::INPUT_CURRENT.of(value.map(|milli| milli / 1e3)).on(number.into())
            }
            Self::Voltage(number) => quantity::INPUT_VOLTAGE.of(value).on(number.into()),
        }
    }
}
