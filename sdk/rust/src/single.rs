//! Singles, numbers of four bytes, as decimal numbers.

use crate::json::shortest_of_single;

/// The shortest decimal number that is this single: 0.016 and not 0.01600000076.
#[must_use]
pub fn shortest_decimal(single: f32) -> f64 {
    shortest_of_single(single)
}

#[cfg(test)]
mod tests {
    use super::shortest_decimal;

    #[test]
    fn a_single_is_the_decimal_number_that_was_put_into_it() {
        for (single, decimal) in [
            (0.016_f32, 0.016),
            (123.4, 123.4),
            (-0.1, -0.1),
            (16_777_216.0, 16_777_216.0),
            (1e-40, 1e-40),
            (f32::MAX, 3.402_823_5e38),
        ] {
            assert_eq!(shortest_decimal(single), decimal);
        }
        assert!(shortest_decimal(f32::NAN).is_nan());
        assert_eq!(shortest_decimal(f32::INFINITY), f64::INFINITY);
    }
}
