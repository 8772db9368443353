//! Degrees of latitude and longitude, as people write them in cells.

use super::{
    cell::{Cell, is_invisible, trimmed},
    cell_fault::CellFault,
};
use crate::objects::OutOfRange;

/// Reads degrees with decimals: `48.8566`, `48,8566`, `48,8566°`, `48.8566 N`, `-2.35`.
pub(super) fn degrees(cell: &Cell, what: &'static str) -> Result<f64, CellFault> {
    match cell {
        Cell::Number(number) => Ok(*number),
        Cell::Text(text) => of_text(text, what),
        Cell::Date(date) => Err(CellFault::MadeADate(date.clone())),
        Cell::Truth(truth) => Err(CellFault::Truth(*truth)),
        Cell::Formula => Err(CellFault::Formula),
        Cell::Error(error) => Err(CellFault::SpreadsheetError(error.clone())),
        Cell::Empty => Err(no_number("", what).into()),
    }
}

fn of_text(text: &str, what: &'static str) -> Result<f64, CellFault> {
    let written = trimmed(text);
    let is_said = |character: &char| !character.is_whitespace() && !is_invisible(*character);
    let said: String = written.chars().filter(is_said).collect();
    let (sign, number) = hemisphere(&said);
    let number = number.strip_suffix('°').unwrap_or(number).replace('\u{2212}', "-");
    if number.contains(['°', '\'', '′', '"', '″', '’']) {
        return Err(CellFault::Sexagesimal { shown: written.to_owned() });
    }
    // Of two signs one would be of thousands, which no degrees have.
    if number.matches([',', '.']).count() > 1 {
        return Err(no_number(written, what).into());
    }
    let degrees = number.replace(',', ".").parse::<f64>();
    let degrees =
        degrees.ok().filter(|degrees| degrees.is_finite() && !number.contains(['e', 'E']));
    Ok(sign * degrees.ok_or_else(|| no_number(written, what))?)
}

/// The sign that a letter at the end gives a number: north and east are positive, O is the French west.
fn hemisphere(text: &str) -> (f64, &str) {
    let letter = text.chars().next_back().filter(char::is_ascii_alphabetic);
    let Some(letter) = letter else { return (1.0, text) };
    let number = &text[..text.len() - 1];
    match letter.to_ascii_uppercase() {
        'N' | 'E' => (1.0, number),
        'S' | 'W' | 'O' => (-1.0, number),
        _ => (1.0, text),
    }
}

fn no_number(text: &str, what: &'static str) -> OutOfRange {
    OutOfRange::NoNumber { what, text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_as_people_write_them() {
        for (written, expected) in [
            ("48.8566", 48.8566),
            ("48,8566", 48.8566),
            (" 48,8566 ° ", 48.8566),
            ("48.8566° N", 48.8566),
            ("2,3522 O", -2.3522),
            ("2.3522W", -2.3522),
            ("33.86 s", -33.86),
            ("-2,35", -2.35),
            ("\u{2212}2,35", -2.35),
            ("48", 48.0),
            ("4\u{a0}8,5", 48.5),
        ] {
            assert_eq!(degrees(&Cell::text(written), "latitude"), Ok(expected), "{written:?}");
        }
        assert_eq!(degrees(&Cell::Number(48.5), "latitude"), Ok(48.5));
    }

    #[test]
    fn what_is_no_number_of_degrees_is_explained() {
        for (written, expected) in [
            ("48°51'24\"N", "degrees with decimals"),
            ("48° 51′ 24″ N", "degrees with decimals"),
            ("48.8566, 2.3522", "is no latitude"),
            ("1.234,5", "is no latitude"),
            ("north", "is no latitude"),
            ("4E1", "is no latitude"),
            ("NaN", "is no latitude"),
            ("inf", "is no latitude"),
            ("N", "is no latitude"),
        ] {
            let said = degrees(&Cell::text(written), "latitude").unwrap_err().to_string();
            assert!(said.contains(expected), "{written:?}: {said}");
        }
        for cell in [
            Cell::Date("2026-01-02".into()),
            Cell::Truth(true),
            Cell::Formula,
            Cell::Error("#REF!".into()),
        ] {
            assert!(degrees(&cell, "latitude").is_err(), "{cell:?}");
        }
    }
}
