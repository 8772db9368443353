//! Spellings of units with the UCUM codes that they are, from the one table `units.csv`.

use std::{collections::BTreeSet, sync::LazyLock};

const TABLE: &str = include_str!("units.csv");

/// A spelling of a unit.
pub(crate) struct Spelling {
    text: &'static str,
    /// The unit as a UCUM code.
    pub(crate) code: &'static str,
    /// Whether a name that ends with the spelling is in this unit.
    pub(crate) suffix: Suffix,
}

/// Whether the spelling of a unit means the unit where it ends a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suffix {
    /// It does, whatever stands before it.
    Always,
    /// It does where what stands before it is measured in such a unit: `m` after a level, not after `am`.
    Fits,
    /// It does not: it is a word too, or no part of a name.
    Never,
}

/// In the order of the table.
static SPELLINGS: LazyLock<Vec<Spelling>> =
    LazyLock::new(|| TABLE.lines().skip(1).filter_map(read_line).collect());

/// Returns the code of a unit as a value has it beside it: as it is written, or else in other letters of the case
/// where that leaves no doubt.
pub(crate) fn of_text(text: &str) -> Option<&'static str> {
    let found = spelled(text.trim());
    // Beside a value stands the unit that the spelling is by itself: `ms` is no metre a second there.
    let is_by_itself = |spelling: &&&Spelling| spelling.suffix != Suffix::Fits;
    let by_itself: BTreeSet<&'static str> =
        found.iter().filter(is_by_itself).map(|spelling| spelling.code).collect();
    let all: BTreeSet<&'static str> = found.iter().map(|spelling| spelling.code).collect();
    let codes = if by_itself.is_empty() { all } else { by_itself };
    if codes.len() == 1 { codes.into_iter().next() } else { None }
}

/// Returns the units that a name may be in which ends so.
pub(crate) fn of_suffix(text: &str) -> Vec<&'static Spelling> {
    spelled(text).into_iter().filter(|spelling| spelling.suffix != Suffix::Never).collect()
}

fn spelled(text: &str) -> Vec<&'static Spelling> {
    let with = |is_same: &dyn Fn(&str) -> bool| -> Vec<&'static Spelling> {
        SPELLINGS.iter().filter(|spelling| is_same(spelling.text)).collect()
    };
    let exact = with(&|own| own == text);
    if exact.is_empty() { with(&|own| own.eq_ignore_ascii_case(text)) } else { exact }
}

fn read_line(line: &'static str) -> Option<Spelling> {
    let mut columns = line.split(',');
    let (text, code) = (columns.next()?, columns.next()?);
    let suffix = match columns.next()? {
        "always" => Suffix::Always,
        "fits" => Suffix::Fits,
        "never" => Suffix::Never,
        _ => return None,
    };
    Some(Spelling { text, code, suffix })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_spelling_and_stands_there_once() {
        assert_eq!(SPELLINGS.len(), TABLE.lines().count() - 1);
        let mut seen: Vec<(&str, &str)> =
            SPELLINGS.iter().map(|spelling| (spelling.text, spelling.code)).collect();
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }

    #[test]
    fn units_are_read_as_people_write_them() {
        for (text, code) in [
            ("mm", "mm"),
            ("°C", "Cel"),
            (" %RH ", "%"),
            ("m³", "m3"),
            ("W⋅m⁻²", "W/m2"),
            ("kwh", "kW.h"),
            ("LUX", "lx"),
        ] {
            assert_eq!(of_text(text), Some(code), "{text}");
        }
        assert_eq!(of_text("furlong"), None);
        assert_eq!(of_text(""), None);
        assert_eq!(of_text("mw"), None, "a milliwatt or a megawatt");
        assert_eq!(of_text("ms"), Some("ms"));
    }

    #[test]
    fn a_word_is_no_suffix() {
        let codes = |text: &str| of_suffix(text).iter().map(|found| found.code).collect::<Vec<_>>();
        assert_eq!(codes("mV"), ["mV"]);
        assert_eq!(codes("MV"), ["mV"]);
        assert_eq!(codes("ms"), ["m/s", "ms"]);
        assert_eq!(codes("day"), [""; 0], "a joining day is no duration");
        assert_eq!(codes("max"), [""; 0]);
    }
}
