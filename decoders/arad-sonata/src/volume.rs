//! Volumes: a number and a power of ten.
//!
//! The public codec names no unit. It is the litre: its examples would be meters of more than a million cubic metres, or
//! of 83 cubic metres in a minute, if it were the cubic metre.

use champollion_sdk::prelude::*;

/// A power of ten, of which 7 stands for a litre; the upper half of the byte means something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scale(u32);

/// The scale of a cubic metre.
const CUBIC_METRE: u32 = 10;

impl Scale {
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self(u32::from(*payload.u8()?.bits(0, 4))))
    }

    /// The number in cubic metres. Dividing gives the nearest number to the decimal one.
    pub(crate) fn cubic_metres(self, number: Spanned<i64>) -> Spanned<f64> {
        let number = number.divided_by(1.0);
        match self.0.checked_sub(CUBIC_METRE) {
            Some(more) => number.map(|number| number * power_of_ten(more)),
            None => number.map(|number| number / power_of_ten(CUBIC_METRE - self.0)),
        }
    }

    /// The number counted in a finer scale; `None` where that leaves the range of numbers.
    pub(crate) fn count_in(self, finer: Self, number: i64) -> Option<i64> {
        10_i64.checked_pow(self.0.checked_sub(finer.0)?)?.checked_mul(number)
    }
}

fn power_of_ten(exponent: u32) -> f64 {
    (0..exponent).fold(1.0, |power, _| power * 10.0)
}
