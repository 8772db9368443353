//! Histories that are told as differences: one value, and what came between it and those before or after.
//!
//! ```
//! use champollion_sdk::families::deltas::{self, Order};
//!
//! // An index of 1000 litres at noon, and 5, 0 and 7 litres in the three hours before it.
//! const HOUR: u64 = 3_600_000;
//! let noon = 12 * HOUR;
//! let history = deltas::history((1_000, noon), [5, 0, 7], HOUR, Order::Backwards)?;
//! assert_eq!(history, [(1_000, noon), (995, 11 * HOUR), (995, 10 * HOUR), (988, 9 * HOUR)]);
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use crate::Failure;

/// The direction in which a history is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Each difference leads to the value after, a step later: it is added.
    Forwards,
    /// Each difference leads to the value before, a step earlier: it is taken off.
    Backwards,
}

/// Makes values with their moments of one value and the differences that follow it: the value that is given first. What
/// leaves the range of numbers or of moments is an invalid value.
pub fn history(
    (value, moment): (i64, u64),
    differences: impl IntoIterator<Item = i64>,
    step_milliseconds: u64,
    order: Order,
) -> Result<Vec<(i64, u64)>, Failure> {
    let mut history = vec![(value, moment)];
    let mut last = (value, moment);
    for difference in differences {
        let (value, moment) = last;
        let next = match order {
            Order::Forwards => {
                value.checked_add(difference).zip(moment.checked_add(step_milliseconds))
            }
            Order::Backwards => {
                value.checked_sub(difference).zip(moment.checked_sub(step_milliseconds))
            }
        };
        last = next.ok_or_else(|| {
            Failure::invalid_value(format!(
                "the difference {difference} leads from {value} out of what can be told"
            ))
        })?;
        history.push(last);
    }
    Ok(history)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    #[test]
    fn a_history_is_told_forwards_and_backwards() {
        let forwards = history((10, 0), [1, -2], 5, Order::Forwards).unwrap();
        assert_eq!(forwards, [(10, 0), (11, 5), (9, 10)]);
        let backwards = history((10, 20), [1, -2], 5, Order::Backwards).unwrap();
        assert_eq!(backwards, [(10, 20), (9, 15), (11, 10)]);
        assert_eq!(history((10, 20), [], 5, Order::Backwards).unwrap(), [(10, 20)]);
    }

    #[test]
    fn what_leads_out_of_the_range_is_an_invalid_value() {
        let before_1970 = history((10, 4), [1], 5, Order::Backwards).unwrap_err();
        assert_eq!(before_1970.kind, FailureKind::InvalidValue);
        assert!(history((i64::MAX, 4), [1], 5, Order::Forwards).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(first: (i64, u64), differences: Vec<i64>, step: u64) {
            for order in [Order::Forwards, Order::Backwards] {
                if let Ok(told) = history(first, differences.iter().copied(), step, order) {
                    assert_eq!(told.len(), differences.len() + 1);
                }
            }
        }
    }
}
