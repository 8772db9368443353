//! Compact profiles of EN 13757-3, annex F: a series of values at equal distances of time, each told as what lies
//! between it and its neighbour.
//!
//! ```
//! use champollion_sdk::{Reader, families::mbus::{self, Value}};
//!
//! // An index of 7,842.497 m³ at the base, and what flowed in each of the two hours before: 295 and 290 litres.
//! let bytes = [0x04, 0x13, 0xC1, 0xAA, 0x77, 0x00, 0x0D, 0x93, 0x13, 0x06, 0x62, 0x01, 0x27, 0x01, 0x22, 0x01];
//! let telegram = mbus::telegram(&mut Reader::new(&bytes))?;
//! let (Value::Number(base), Value::Profile(profile)) = (&*telegram.records[0].value, &*telegram.records[1].value)
//! else {
//!     panic!("they are a number and a profile")
//! };
//! const HOUR: u64 = 3_600_000;
//! let series = profile.series(*base, 12 * HOUR);
//! assert_eq!(series, [(7_842.202, 11 * HOUR), (7_841.912, 10 * HOUR)]);
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use crate::{Failure, Reader, Spanned, clocks, families::deltas::Order};

/// The modifiers that make a value of variable length a profile. An inverse one goes back in time.
const INVERSE: u8 = 0x13;
const WITH_REGISTERS: u8 = 0x1E;
const WITHOUT_REGISTERS: u8 = 0x1F;

/// The spacing control and the spacing.
const HEAD: usize = 2;

/// A series of values beside the one that it starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The numbers as the meter tells them; none for one that is not valid.
    pub numbers: Vec<Option<i64>>,
    /// The meaning of the numbers.
    pub increments: Increments,
    /// The time between two values.
    pub spacing: Spacing,
    /// The direction in time from one value to the next.
    pub order: Order,
    /// The power of ten of the unit that the numbers count.
    exponent: i32,
}

/// The meaning of the numbers of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Increments {
    /// The numbers are the values themselves.
    Absolute,
    /// The value that is later is higher by the number.
    Growing,
    /// The value that is later is lower by the number.
    Falling,
    /// The value that is later is higher by the number, which has a sign.
    Signed,
}

/// The time between two values of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// A fixed time in milliseconds.
    Milliseconds(u64),
    /// A number of months of the calendar.
    Months(u32),
    /// A spacing that the standard reserves, or half a month.
    Unknown,
}

impl Profile {
    /// Reads the value of a record of variable length, from its length on, where its modifiers say that it is a
    /// profile; otherwise nothing is read.
    pub(crate) fn read(
        payload: &mut Reader<'_>,
        modifiers: &[u8],
        exponent: i32,
    ) -> Result<Option<Spanned<Self>>, Failure> {
        let order = modifiers.iter().find_map(|modifier| match modifier & 0x7F {
            INVERSE => Some(Order::Backwards),
            WITH_REGISTERS | WITHOUT_REGISTERS => Some(Order::Forwards),
            _ => None,
        });
        let Some(order) = order else { return Ok(None) };
        let length = payload.u8()?;
        let whole = payload.clone().bytes(usize::from(*length))?;
        let mut block = payload.block(usize::from(*length))?;
        if usize::from(*length) < HEAD {
            let message = "a compact profile begins with its spacing, which takes two bytes";
            return Err(Failure::invalid_value(message).at(length.span));
        }
        let control = block.u8()?;
        let spacing = Spacing::of(*control.bits(4, 2), *block.u8()?);
        let width = match *control.bits(0, 4) {
            width @ 1..=4 => usize::from(width),
            6 => 6,
            7 => 8,
            other => {
                let message = format!("a profile has no numbers of the data field {other:#X}");
                return Err(Failure::unknown_message(message).at(control.span));
            }
        };
        let increments = match *control.bits(6, 2) {
            0 => Increments::Absolute,
            1 => Increments::Growing,
            2 => Increments::Falling,
            _ => Increments::Signed,
        };
        let mut numbers = Vec::with_capacity(block.remaining() / width);
        while !block.is_empty() {
            numbers.push(number(&mut block, width, increments)?);
        }
        let profile = Self { numbers, increments, spacing, order, exponent };
        Ok(Some(Spanned { value: profile, span: whole.span }))
    }

    /// The values with their moments, in the order of the profile, from the value and the moment that it starts from,
    /// which are not among them. The series ends where a number or a moment is not known.
    #[must_use]
    pub fn series(&self, base: f64, moment: u64) -> Vec<(f64, u64)> {
        let power = 10_f64.powi(self.exponent.abs());
        let (whole, part) = if self.exponent < 0 { (1.0, power) } else { (power, 1.0) };
        #[expect(clippy::cast_possible_truncation, reason = "a float is brought to the bounds")]
        let mut value = (base * part / whole).round() as i64;
        let mut at = Some(moment);
        let mut series = Vec::with_capacity(self.numbers.len());
        for number in &self.numbers {
            at = at.and_then(|moment| self.spacing.step(moment, self.order));
            let (Some(number), Some(moment)) = (*number, at) else { break };
            let Some(next) = self.next(value, number) else { break };
            value = next;
            let told = Spanned::from(value).divided_by(part);
            series.push((*told * whole, moment));
        }
        series
    }

    fn next(&self, value: i64, number: i64) -> Option<i64> {
        let grows = self.order == Order::Forwards;
        match self.increments {
            Increments::Absolute => Some(number),
            Increments::Falling if grows => value.checked_sub(number),
            Increments::Falling => value.checked_add(number),
            Increments::Growing | Increments::Signed if grows => value.checked_add(number),
            Increments::Growing | Increments::Signed => value.checked_sub(number),
        }
    }
}

/// A number of a profile; none for the one that the standard sets aside for what is not valid.
fn number(
    block: &mut Reader<'_>,
    width: usize,
    increments: Increments,
) -> Result<Option<i64>, Failure> {
    let bits = 8 * width;
    if increments == Increments::Growing || increments == Increments::Falling {
        let number = *block.unsigned_le(width)?;
        let is_valid = number < u64::MAX >> (64 - bits);
        return Ok(i64::try_from(number).ok().filter(|_| is_valid));
    }
    let number = *block.signed_le(width)?;
    Ok((number != i64::MIN >> (64 - bits)).then_some(number))
}

impl Spacing {
    fn of(unit: u8, number: u8) -> Self {
        const SECOND: u64 = 1_000;
        match (unit, number) {
            (0, 1..=250) => Self::Milliseconds(u64::from(number) * SECOND),
            (1, 1..=250) => Self::Milliseconds(u64::from(number) * 60 * SECOND),
            (2, 1..=250) => Self::Milliseconds(u64::from(number) * 3_600 * SECOND),
            (_, 1..=250) => Self::Milliseconds(u64::from(number) * 86_400 * SECOND),
            (1, 254) => Self::Months(6),
            (2, 254) => Self::Months(3),
            (3, 254) => Self::Months(1),
            _ => Self::Unknown,
        }
    }

    fn step(self, moment: u64, order: Order) -> Option<u64> {
        match (self, order) {
            (Self::Milliseconds(step), Order::Forwards) => moment.checked_add(step),
            (Self::Milliseconds(step), Order::Backwards) => moment.checked_sub(step),
            (Self::Months(months), order) => months_on(moment, months, order),
            (Self::Unknown, _) => None,
        }
    }
}

/// The same day and time some months on; none where that month has no such day.
fn months_on(moment: u64, months: u32, order: Order) -> Option<u64> {
    let ((year, month, day), time) = clocks::date_and_time(moment)?;
    let count = year * 12 + month - 1;
    let count = match order {
        Order::Forwards => count.checked_add(months)?,
        Order::Backwards => count.checked_sub(months)?,
    };
    clocks::moment((count / 12, count % 12 + 1, day), time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        FailureKind,
        families::mbus::{self, Value},
    };

    const HOUR: u64 = 3_600_000;

    fn profile(bytes: &[u8]) -> Result<Profile, FailureKind> {
        let bytes = [&[0x0D, 0x93][..], bytes].concat();
        let record = mbus::record(&mut Reader::new(&bytes)).map_err(|failure| failure.kind)?;
        match record.value.value {
            Value::Profile(profile) => Ok(profile),
            other => panic!("{other:?} is no profile"),
        }
    }

    #[test]
    fn increments_lead_back_or_forth_by_their_mode() {
        let hours = |control: u8, inverse: u8| {
            let read = profile(&[inverse, 0x04, control, 0x01, 0x05, 0x07]).unwrap();
            read.series(0.010, 10 * HOUR)
        };
        assert_eq!(hours(0x61, 0x13), [(0.005, 9 * HOUR), (-0.002, 8 * HOUR)]);
        assert_eq!(hours(0x61, 0x1F), [(0.015, 11 * HOUR), (0.022, 12 * HOUR)]);
        assert_eq!(hours(0xA1, 0x13), [(0.015, 9 * HOUR), (0.022, 8 * HOUR)]);
        assert_eq!(hours(0xE1, 0x13), [(0.005, 9 * HOUR), (-0.002, 8 * HOUR)]);
        assert_eq!(hours(0x21, 0x13), [(0.005, 9 * HOUR), (0.007, 8 * HOUR)]);
        let falls = profile(&[0x13, 0x03, 0xE1, 0x01, 0xFE]).unwrap();
        assert_eq!(falls.series(0.010, HOUR), [(0.012, 0)]);
    }

    #[test]
    fn a_number_that_is_not_valid_ends_the_series() {
        let read = profile(&[0x13, 0x06, 0x62, 0x01, 0x05, 0x00, 0xFF, 0xFF]).unwrap();
        assert_eq!(read.numbers, [Some(5), None]);
        assert_eq!(read.series(1.0, HOUR).len(), 1);
        assert!(read.series(1.0, 0).is_empty(), "nothing is before 1970");
        let signed = profile(&[0x13, 0x03, 0xE1, 0x01, 0x80]).unwrap();
        assert_eq!(signed.numbers, [None]);
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let at = |date| clocks::moment(date, (0, 0, 0)).unwrap();
        let read = profile(&[0x13, 0x04, 0x71, 0xFE, 1, 1]).unwrap();
        assert_eq!(read.spacing, Spacing::Months(1));
        let moments: Vec<_> =
            read.series(1.0, at((2_024, 1, 31))).iter().map(|(_, moment)| *moment).collect();
        assert_eq!(moments, [at((2_023, 12, 31))], "November has no such day");
        assert_eq!(profile(&[0x13, 0x03, 0x71, 0xFF, 1]).unwrap().spacing, Spacing::Unknown);
    }

    #[test]
    fn what_is_cut_or_unknown_is_a_failure() {
        assert_eq!(profile(&[0x13, 0x04, 0x61, 0x01, 0x05]), Err(FailureKind::TooShort));
        assert_eq!(profile(&[0x13, 0x01, 0x61]), Err(FailureKind::InvalidValue));
        assert_eq!(profile(&[0x13, 0x03, 0x6D, 0x01, 0x05]), Err(FailureKind::UnknownMessage));
        assert_eq!(profile(&[0x13, 0x05, 0x62, 0x01, 1, 0, 1]), Err(FailureKind::TooShort));
    }

    proptest::proptest! {
        #[test]
        fn no_profile_panics(control: u8, spacing: u8, numbers: Vec<u8>, base: f64, moment: u64) {
            let length = u8::try_from(numbers.len() + 2).unwrap_or(u8::MAX);
            let bytes = [&[0x13, length, control, spacing][..], &numbers].concat();
            if let Ok(read) = profile(&bytes) {
                let _ = read.series(base, moment);
            }
        }
    }
}
