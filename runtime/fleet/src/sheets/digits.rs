//! Hexadecimal digits of identifiers and keys, as spreadsheets and people leave them.

use super::{
    cell::{Cell, KEPT_DIGITS, is_invisible, shown_number, trimmed, whole},
    cell_fault::CellFault,
};

/// An identifier or a key in a cell.
#[derive(Clone, Copy)]
pub(super) struct Digits {
    /// The name of what is meant.
    pub(super) what: &'static str,
    /// The number of digits that it has.
    pub(super) expected: usize,
    /// Whether it is a key, which no fault shows.
    pub(super) is_key: bool,
    /// Whether a number of fewer digits is taken for one whose zeros in front are lost.
    pub(super) restore_zeros: bool,
}

/// The digits of a cell, and whether zeros were put in front of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) digits: String,
    pub(super) is_restored: bool,
}

impl Digits {
    /// Reads the digits of a cell that says something.
    pub(super) fn read(self, cell: &Cell) -> Result<Found, CellFault> {
        match cell {
            Cell::Text(text) => self.of_text(text),
            Cell::Number(number) => self.of_number(*number),
            Cell::Date(date) if !self.is_key => Err(CellFault::MadeADate(date.clone())),
            Cell::Date(_) | Cell::Empty => Err(self.made_a_number(String::new())),
            Cell::Truth(truth) => Err(CellFault::Truth(*truth)),
            Cell::Formula => Err(CellFault::Formula),
            Cell::Error(error) => Err(CellFault::SpreadsheetError(error.clone())),
        }
    }

    fn of_number(self, number: f64) -> Result<Found, CellFault> {
        match whole(number).filter(|_| number >= 0.0) {
            Some(digits) if !self.is_key => self.short(digits),
            _ => Err(self.made_a_number(shown_number(number))),
        }
    }

    fn of_text(self, text: &str) -> Result<Found, CellFault> {
        let written = unwrapped(text);
        let digits = without_separators(written);
        if digits.contains(['.', ',', '+']) && digits.chars().all(is_of_a_number) {
            return Err(self.made_a_number(written.to_owned()));
        }
        if let Some(character) = digits.chars().find(|character| !character.is_ascii_hexdigit()) {
            let position = written.chars().position(|other| other == character);
            return Err(self.no_digit(written, character, position.unwrap_or_default() + 1));
        }
        let is_decimal = digits.bytes().all(|digit| digit.is_ascii_digit());
        if digits.len() < self.expected && is_decimal && !self.is_key {
            return self.short(digits);
        }
        self.checked(written, digits)
    }

    fn checked(self, written: &str, digits: String) -> Result<Found, CellFault> {
        let Self { what, expected, .. } = self;
        let got = digits.len();
        if got == expected {
            return Ok(Found { digits: digits.to_ascii_uppercase(), is_restored: false });
        }
        Err(if self.is_key {
            CellFault::KeyLength { what, got, expected }
        } else {
            CellFault::Length { what, shown: written.to_owned(), got, expected }
        })
    }

    /// Reads a number of decimal digits alone, which may have had zeros in front.
    fn short(self, digits: String) -> Result<Found, CellFault> {
        let Self { what, expected, .. } = self;
        if digits.len() > expected.min(KEPT_DIGITS) {
            return Err(self.made_a_number(digits));
        }
        if digits.len() == expected {
            return Ok(Found { digits, is_restored: false });
        }
        let restored = format!("{digits:0>expected$}");
        if self.restore_zeros {
            return Ok(Found { digits: restored, is_restored: true });
        }
        Err(CellFault::LostZeros { what, shown: digits, expected, restored })
    }

    fn made_a_number(self, shown: String) -> CellFault {
        let Self { what, expected, .. } = self;
        if self.is_key {
            CellFault::KeyMadeANumber { what, expected }
        } else {
            CellFault::MadeANumber { what, shown, expected }
        }
    }

    fn no_digit(self, written: &str, character: char, position: usize) -> CellFault {
        let what = self.what;
        if self.is_key {
            CellFault::KeyDigit { what, position }
        } else {
            CellFault::Digit { what, shown: written.to_owned(), character }
        }
    }
}

/// A text without what is put around it so that a spreadsheet leaves it alone: `'0018…`, `="0018…"`, `0x0018…`.
fn unwrapped(text: &str) -> &str {
    let text = trimmed(text);
    let text = text.strip_prefix('=').unwrap_or(text);
    let text = trimmed(text.trim_matches(['"', '\'', '’', '`']));
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text)
}

/// Digits without blanks, dashes, colons, and without points that stand between groups of the same length.
fn without_separators(text: &str) -> String {
    let is_separator = |character: char| {
        character.is_whitespace()
            || is_invisible(character)
            || matches!(character, '-' | ':' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}')
    };
    let digits: String = text.chars().filter(|character| !is_separator(*character)).collect();
    let groups: Vec<&str> = digits.split('.').collect();
    let length = groups[0].len();
    let are_groups = groups.len() >= 4
        && matches!(length, 2 | 4)
        && groups.iter().all(|group| group.len() == length);
    if are_groups { groups.concat() } else { digits }
}

/// Whether a character can stand in a number as spreadsheets write it, or in what is left of digits that became one.
fn is_of_a_number(character: char) -> bool {
    character.is_ascii_hexdigit() || matches!(character, '.' | ',' | '+')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DEV_EUI: Digits =
        Digits { what: "DevEUI", expected: 16, is_key: false, restore_zeros: false };

    const APP_KEY: Digits =
        Digits { what: "AppKey", expected: 32, is_key: true, restore_zeros: false };

    fn text(text: &str) -> Result<Found, CellFault> {
        DEV_EUI.read(&Cell::text(text))
    }

    #[test]
    fn a_dev_eui_is_read_as_people_write_it() {
        for written in [
            "70B3D5499A000001",
            "70b3d5499a000001",
            " 70B3D549 9A000001 ",
            "70\u{a0}B3\u{202f}D5 49 9A 00 00 01",
            "70-B3-D5-49-9A-00-00-01",
            "70–B3–D5–49–9A–00–00–01",
            "70:b3:d5:49:9a:00:00:01",
            "70.B3.D5.49.9A.00.00.01",
            "70B3.D549.9A00.0001",
            "0x70B3D5499A000001",
            "'70B3D5499A000001",
            "=\"70B3D5499A000001\"",
            "\u{feff}70B3D5499A000001\u{200b}",
        ] {
            let found = text(written).unwrap_or_else(|fault| panic!("{written:?}: {fault}"));
            assert_eq!(found.digits, "70B3D5499A000001", "{written:?}");
        }
        assert_eq!(text("0012345678901234").unwrap().digits, "0012345678901234");
    }

    #[test]
    fn what_a_spreadsheet_made_of_a_dev_eui_is_explained() {
        for (written, expected) in [
            ("7,0B3D5E+15", "7,0B3D5E+15 is no DevEUI: did a spreadsheet make a number of it?"),
            ("7,07612E+15", "7,07612E+15 is no DevEUI"),
            ("7.07612E+15", "7.07612E+15 is no DevEUI"),
            ("18200000001234", "then it is 0018200000001234"),
            ("0", "Then it is 0000000000000000"),
            ("70B3D5499A00001", "has 15 digits"),
            ("70B3D5499A0000011", "has 17 digits"),
            ("7OB3D5499A000001", "is it a zero?"),
            ("70B3D5499A00000G", "'G' is no hexadecimal digit"),
            ("to come", "is no DevEUI"),
        ] {
            let said = text(written).unwrap_err().to_string();
            assert!(said.to_lowercase().contains(&expected.to_lowercase()), "{written:?}: {said}");
        }
        for (number, expected) in [
            (7.07612e15, "did a spreadsheet make a number"),
            (-1.0, "did a spreadsheet make a number"),
            (0.5, "did a spreadsheet make a number"),
            (18_200_000_001_234.0, "0018200000001234"),
        ] {
            let said = DEV_EUI.read(&Cell::Number(number)).unwrap_err().to_string();
            assert!(said.contains(expected), "{number}: {said}");
        }
        for cell in [
            Cell::Date("2026-01-02".into()),
            Cell::Truth(true),
            Cell::Formula,
            Cell::Error("#N/A".into()),
        ] {
            assert!(DEV_EUI.read(&cell).is_err(), "{cell:?}");
        }
    }

    #[test]
    fn zeros_are_restored_where_that_is_asked_for() {
        let restoring = Digits { restore_zeros: true, ..DEV_EUI };
        let expected = Found { digits: "0018200000001234".into(), is_restored: true };
        assert_eq!(restoring.read(&Cell::Number(18_200_000_001_234.0)), Ok(expected));
        let found = restoring.read(&Cell::text("18200000001234")).unwrap();
        assert_eq!(found.digits, "0018200000001234");
        assert!(restoring.read(&Cell::Number(7.07612e15)).is_err(), "digits at its end are lost");
        assert!(restoring.read(&Cell::text("7,07612E+15")).is_err());
        assert!(restoring.read(&Cell::text("70B3D5")).is_err(), "spreadsheets leave letters alone");
        let key = Digits { restore_zeros: true, ..APP_KEY };
        assert!(key.read(&Cell::Number(1.0)).is_err(), "a key is never guessed");
        assert!(key.read(&Cell::text("1")).is_err());
    }

    #[test]
    fn no_fault_of_a_key_shows_it() {
        let key = "2B7E151628AED2A6ABF7158809CF4F3C";
        assert_eq!(APP_KEY.read(&Cell::text(key)).unwrap().digits, key);
        let numbers = "12345678901234567890123456789";
        for written in
            [&key[1..], "2B7E151628AED2A6ABF7158809CF4F3Z", numbers, "1,23456E+31", "2B7E-1516"]
        {
            let fault = APP_KEY.read(&Cell::text(written)).unwrap_err();
            let said = format!("{fault} {fault:?}");
            assert!(said.contains("AppKey"), "{said}");
            for part in [&written[..4], &written[written.len() - 4..]] {
                assert!(!said.contains(part), "{written:?}: {said}");
            }
        }
        for cell in [Cell::Number(1.234e31), Cell::Date("2026-01-02".into())] {
            let said = APP_KEY.read(&cell).unwrap_err().to_string();
            assert!(said.contains("number of the AppKey") && !said.contains("2026"), "{said}");
        }
    }

    /// A number as spreadsheets in English and French show it, exported as text.
    fn shown(number: f64, decimals: usize, comma: bool) -> String {
        let text = format!("{number:.decimals$E}").replace('E', "E+");
        if comma { text.replace('.', ",") } else { text }
    }

    proptest! {
        /// No DevEUI becomes another one on its way through a spreadsheet: it is read as it was, or refused.
        #[test]
        fn a_dev_eui_that_became_a_number_is_never_another(
            digits in "[0-9]{16}|0{1,12}[0-9]{4,15}|[0-9]{1,14}E[0-9]{1,2}",
            decimals in 0_usize..6,
            comma: bool,
        ) {
            let written = format!("{digits:0>16}");
            prop_assume!(written.len() == 16);
            let number: f64 = written.parse().unwrap();
            let rounded: f64 = format!("{number:.14E}").parse().unwrap();
            for cell in [Cell::Number(rounded), Cell::text(shown(number, decimals, comma))] {
                if let Ok(found) = DEV_EUI.read(&cell) {
                    prop_assert_eq!(&found.digits, &written);
                }
            }
            prop_assert_eq!(text(&written).unwrap().digits, written);
        }

        /// Whatever stands in a cell, reading it ends, and gives sixteen digits or a sentence.
        #[test]
        fn any_text_is_read_or_explained(written in "\\PC{0,40}", number: f64) {
            for cell in [Cell::Text(written.clone()), Cell::Number(number)] {
                match DEV_EUI.read(&cell) {
                    Ok(found) => prop_assert!(found.digits.len() == 16),
                    Err(fault) => prop_assert!(!fault.to_string().is_empty()),
                }
            }
        }
    }
}
