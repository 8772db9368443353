//! Names of fields with the quantities that they are, from the one table `fields.csv`.
//!
//! A line says what must hold beside the name before the field is taken for the quantity: its type, the range of
//! its values in the unit of the quantity, what the largest value must reach, and the quantity that another field
//! of the same object must be.

use std::{collections::HashMap, sync::LazyLock};

use champollion_sandbox::{
    Quantity,
    vocabulary::{self, ValueKind},
};

const TABLE: &str = include_str!("fields.csv");

/// A name of fields, and the quantity that they are.
pub(crate) struct KnownField {
    /// The place in the table: earlier lines are the more certain ones.
    pub(crate) rank: usize,
    /// The quantity of the field.
    pub(crate) quantity: &'static Quantity,
    /// The unit in data of a field that does not tell its unit; none where it must tell.
    pub(crate) unit: Option<&'static str>,
    /// The type that the field must have.
    pub(crate) kind: KnownType,
    /// The least value, in the unit of the quantity.
    pub(crate) least: f64,
    /// The largest value, in the unit of the quantity.
    pub(crate) most: f64,
    /// The least that the largest value which was seen must be.
    pub(crate) peak: Option<f64>,
    /// The quantity that another field of the same object must be.
    pub(crate) beside: Option<&'static str>,
    /// The values that stand for true and false, where those are not true and false themselves.
    pub(crate) words: Vec<(&'static str, bool)>,
}

/// The types that a line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KnownType {
    /// Numbers, whole or not.
    Number,
    /// Numbers of which one at least is not whole.
    Fraction,
    /// Whole numbers, without fractions.
    Integer,
    /// True and false, or 1 and 0.
    Boolean,
    /// Texts, all of which are words of the line.
    Text,
}

/// By the names, each in the order of the table.
static KNOWN: LazyLock<HashMap<&'static str, Vec<KnownField>>> = LazyLock::new(|| {
    let mut known: HashMap<&'static str, Vec<KnownField>> = HashMap::new();
    for (rank, line) in TABLE.lines().skip(1).enumerate() {
        if let Some((stem, field)) = read_line(rank, line) {
            known.entry(stem).or_default().push(field);
        }
    }
    known
});

/// Returns the lines of a name, which is in small letters without anything between its words.
pub(crate) fn fields_of(stem: &str) -> &'static [KnownField] {
    KNOWN.get(stem).map(Vec::as_slice).unwrap_or_default()
}

fn read_line(rank: usize, line: &'static str) -> Option<(&'static str, KnownField)> {
    let columns: Vec<&'static str> = line.split(',').collect();
    let [stem, quantity, unit, kind, least, most, peak, beside, words] = columns.as_slice() else {
        return None;
    };
    let quantity = vocabulary::quantity(quantity)?;
    let is_boolean = quantity.kind == ValueKind::Boolean;
    let number = |text: &str, otherwise: f64| {
        if text.is_empty() && is_boolean { Some(otherwise) } else { text.parse().ok() }
    };
    let words = words.split(';').filter(|word| !word.is_empty()).map(|word| {
        let (text, value) = word.split_once('=')?;
        Some((text, value.parse().ok()?))
    });
    let field = KnownField {
        rank,
        quantity,
        unit: (!unit.is_empty()).then_some(*unit),
        kind: match *kind {
            "number" => KnownType::Number,
            "fraction" => KnownType::Fraction,
            "integer" => KnownType::Integer,
            "boolean" => KnownType::Boolean,
            "text" => KnownType::Text,
            _ => return None,
        },
        least: number(least, f64::NEG_INFINITY)?,
        most: number(most, f64::INFINITY)?,
        peak: if peak.is_empty() { None } else { Some(peak.parse().ok()?) },
        beside: (!beside.is_empty()).then_some(*beside),
        words: words.collect::<Option<_>>()?,
    };
    Some((stem, field))
}

#[cfg(test)]
mod tests {
    use champollion_sandbox::Conversion;

    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_field() {
        for (rank, line) in TABLE.lines().skip(1).enumerate() {
            let Some((stem, field)) = read_line(rank, line) else { panic!("{line}") };
            let is_plain = |character: char| {
                character.is_ascii_lowercase() || character.is_ascii_digit() || character == '.'
            };
            assert!(stem.chars().all(is_plain), "{stem} is no name without its separators");
            assert!(field.least < field.most, "{line}");
            if let Some(unit) = field.unit {
                let into = field.quantity.unit;
                assert!(Conversion::between(unit, into).is_some(), "{stem}: {unit} into {into}");
            }
            let beside = field.beside.is_none_or(|name| vocabulary::quantity(name).is_some());
            assert!(beside, "{line}");
            let is_boolean = field.quantity.kind == ValueKind::Boolean;
            let expects = matches!(field.kind, KnownType::Boolean | KnownType::Text);
            assert_eq!(is_boolean, expects, "{line}");
            assert!(field.kind != KnownType::Text || !field.words.is_empty(), "{line}");
        }
        assert!(TABLE.lines().count() > 150);
    }

    #[test]
    fn a_name_has_its_lines_in_the_order_of_the_table() {
        let quantities: Vec<&str> =
            fields_of("temperature").iter().map(|field| field.quantity.name).collect();
        assert_eq!(quantities, ["air.temperature", "sensor.temperature"]);
        assert!(fields_of("thresholdtemperature").is_empty());
    }
}
