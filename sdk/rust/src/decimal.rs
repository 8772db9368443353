//! Numbers as people write them, without the formatter of core for floats: JSON is written by every decoder anyway, and
//! that formatter is 20 KB more.

use crate::json;

/// Writes a number as people do: `5`, `0.71`. What is not finite, which JSON has no number for, is `null`.
#[must_use]
pub fn decimal(number: f64) -> String {
    let mut text = json::number(number);
    if text.ends_with(".0") {
        text.truncate(text.len() - 2);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn numbers_are_written_as_core_writes_them() {
        for number in
            [0.0, 5.0, -5.0, 0.71, 68.67, 1e-3, 1_234_567.0, -0.5, 90.51, f64::from(0.1_f32)]
        {
            assert_eq!(decimal(number), number.to_string());
        }
        assert_eq!(decimal(f64::NAN), "null");
    }
}
