//! Numbers as people write them, without the formatter of core for floats: JSON is written by every decoder anyway, and
//! that formatter is 20 KB more.

/// Writes a number as people do: `5`, `0.71`. What is not finite, which JSON has no number for, is `null`.
#[must_use]
pub fn decimal(number: f64) -> String {
    let text = with_point(number);
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// The same with a point also where nothing is behind it: `5.0`.
pub(crate) fn with_point(number: f64) -> String {
    serde_json::to_string(&number).unwrap_or_default()
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
