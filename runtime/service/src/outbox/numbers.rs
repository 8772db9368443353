//! Numbers as people of a language write them.

use super::Language;

/// The digits of a value that are told: the rest of a sum of binary fractions is no part of what was measured.
const DIGITS: usize = 12;

impl Language {
    /// Returns a whole number with its thousands apart.
    #[must_use]
    pub fn whole(self, number: u64) -> String {
        let digits = number.to_string();
        let first = digits.len() % 3;
        let starts = (first..digits.len()).step_by(3);
        let groups: Vec<&str> = std::iter::once(&digits[..first])
            .chain(starts.map(|start| &digits[start..start + 3]))
            .filter(|group| !group.is_empty())
            .collect();
        groups.join(self.thousands())
    }

    const fn thousands(self) -> &'static str {
        match self {
            Self::En => ",",
            // The space of French numbers, at which no line ends.
            Self::Fr => "\u{202f}",
        }
    }

    /// Returns a number as people of the language write it.
    #[must_use]
    pub fn number(self, number: f64) -> String {
        self.decimal(&format!("{number}"))
    }

    /// Returns the digits of a number, as machines write it with a point, as people of the language write them. A text
    /// that is no such number stays as it is.
    #[must_use]
    pub fn decimal(self, text: &str) -> String {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if digits.is_empty() || !are_digits(digits) || !are_digits(part) {
            return text.to_owned();
        }
        let whole = digits.parse().map_or_else(|_| digits.to_owned(), |whole| self.whole(whole));
        match (part, self) {
            ("", _) => format!("{sign}{whole}"),
            (part, Self::En) => format!("{sign}{whole}.{part}"),
            (part, Self::Fr) => format!("{sign}{whole},{part}"),
        }
    }

    /// Returns a value that was measured or computed, to twelve digits.
    #[must_use]
    pub fn measured(self, value: f64) -> String {
        let rounded = format!("{value:.digits$e}", digits = DIGITS - 1).parse().unwrap_or(value);
        self.number(rounded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_of_the_language_do() {
        assert_eq!(Language::En.number(-1_234_567.25), "-1,234,567.25");
        assert_eq!(Language::Fr.number(-1_234_567.25), "-1\u{202f}234\u{202f}567,25");
        assert_eq!(Language::Fr.number(0.5), "0,5");
        assert_eq!(Language::En.whole(999), "999");
        assert_eq!(Language::En.whole(1_000), "1,000");
        assert_eq!(Language::En.number(f64::NAN), "NaN");
        assert_eq!(Language::En.measured(0.1 + 0.2), "0.3");
        assert_eq!(Language::Fr.measured(21.5), "21,5");
    }

    #[test]
    fn amounts_keep_their_digits_and_texts_stay_as_they_are() {
        assert_eq!(Language::Fr.decimal("1050.50"), "1\u{202f}050,50");
        assert_eq!(Language::En.decimal("955.50"), "955.50");
        for text in ["", "-", "1e5", "4,20", "a.5", "1.2.3"] {
            assert_eq!(Language::Fr.decimal(text), text);
        }
    }
}
