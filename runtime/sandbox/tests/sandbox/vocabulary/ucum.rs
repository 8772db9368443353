//! Units by the grammar of UCUM, as far as the vocabulary needs it: products and quotients of units that may have a
//! prefix and an exponent. Parentheses and annotations are left out, so that they are refused.
//!
//! Source: The Unified Code for Units of Measure, version 2.2, case-sensitive codes.

use std::collections::BTreeMap;

use champollion_sandbox::vocabulary::quantities;

/// The prefixes that metric units may have.
const PREFIXES: [&str; 20] = [
    "da", "d", "c", "m", "u", "n", "p", "f", "a", "z", "y", "h", "k", "M", "G", "T", "P", "E", "Z",
    "Y",
];

/// A unit as the tables of UCUM have it.
struct Atom {
    code: &'static str,
    /// Whether it may have a prefix.
    is_metric: bool,
    /// The term of other units that it is but for a factor; nothing for a base unit.
    definition: Option<&'static str>,
}

/// The units that all others are made of.
const BASE_UNITS: [&str; 7] = ["m", "s", "g", "rad", "K", "C", "cd"];

/// A number without unit, such as a count, a share or a logarithm of a ratio.
const NUMBER: &str = "1";

const METRIC: bool = true;
const PLAIN: bool = false;

/// The units that the vocabulary and the units of SenML are written with, and their definitions.
const DERIVED_UNITS: [(&str, bool, &str); 30] = [
    ("%", PLAIN, NUMBER),
    ("[ppb]", PLAIN, NUMBER),
    ("[ppm]", PLAIN, NUMBER),
    ("[pH]", PLAIN, NUMBER),
    ("A", METRIC, "C/s"),
    ("B", METRIC, NUMBER),
    ("B[SPL]", METRIC, NUMBER),
    ("B[W]", METRIC, NUMBER),
    ("Bq", METRIC, "s-1"),
    ("Cel", METRIC, "K"),
    ("F", METRIC, "C/V"),
    ("H", METRIC, "Wb/A"),
    ("Hz", METRIC, "s-1"),
    ("J", METRIC, "N.m"),
    ("N", METRIC, "kg.m/s2"),
    ("Ohm", METRIC, "V/A"),
    ("Pa", METRIC, "N/m2"),
    ("S", METRIC, "Ohm-1"),
    ("T", METRIC, "Wb/m2"),
    ("V", METRIC, "J/C"),
    ("W", METRIC, "J/s"),
    ("Wb", METRIC, "V.s"),
    ("bar", METRIC, "Pa"),
    ("bit", PLAIN, NUMBER),
    ("d", PLAIN, "s"),
    ("deg", PLAIN, "rad"),
    ("h", PLAIN, "s"),
    ("lm", METRIC, "cd.rad2"),
    ("lx", METRIC, "lm/m2"),
    // UCUM counts particles.
    ("mol", METRIC, NUMBER),
];

/// The exponents of the base units that a unit is made of; none of them is 0.
pub(super) type Dimension = BTreeMap<&'static str, i32>;

/// Reads a unit by the grammar.
pub(super) fn dimension(unit: &str) -> Result<Dimension, String> {
    let mut dimension = Dimension::new();
    let mut sign = 1;
    let mut rest = unit;
    loop {
        let end = rest.find(['.', '/']).unwrap_or(rest.len());
        for (base, exponent) in component(&rest[..end])? {
            *dimension.entry(base).or_default() += sign * exponent;
        }
        match rest[end..].chars().next() {
            Some(operator) => sign = if operator == '/' { -1 } else { 1 },
            None => break,
        }
        rest = &rest[end + 1..];
    }
    dimension.retain(|_, exponent| *exponent != 0);
    Ok(dimension)
}

/// A unit with its exponent, or a whole number.
fn component(text: &str) -> Result<Dimension, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Dimension::new());
    }
    let code = text.trim_end_matches(|character: char| character.is_ascii_digit());
    let code = code.strip_suffix(['+', '-']).unwrap_or(code);
    let exponent = match &text[code.len()..] {
        "" => 1,
        exponent => exponent.parse().map_err(|_| format!("{text:?} has no exponent"))?,
    };
    let dimension = simple_unit(code)?;
    Ok(dimension.into_iter().map(|(base, of_base)| (base, of_base * exponent)).collect())
}

/// A unit that may have a prefix. One without is taken first: `cd` is a candela and no hundredth of a day.
fn simple_unit(code: &str) -> Result<Dimension, String> {
    let prefixed = || {
        let units = PREFIXES.iter().filter_map(|prefix| code.strip_prefix(prefix));
        units.filter_map(atom).find(|atom| atom.is_metric)
    };
    let Some(atom) = atom(code).or_else(prefixed) else {
        return Err(format!("{code:?} is no unit of UCUM"));
    };
    match atom.definition {
        Some(definition) => dimension(definition),
        None => Ok(Dimension::from([(atom.code, 1)])),
    }
}

fn atom(code: &str) -> Option<Atom> {
    let derived = DERIVED_UNITS.iter().find(|(derived, _, _)| *derived == code);
    let derived = derived.map(|&(code, is_metric, definition)| Atom {
        code,
        is_metric,
        definition: Some(definition),
    });
    let base = BASE_UNITS.into_iter().find(|base| *base == code);
    derived.or(base.map(|code| Atom { code, is_metric: METRIC, definition: None }))
}

#[test]
fn each_unit_of_the_vocabulary_is_a_unit_of_ucum() {
    for quantity in quantities().filter(|quantity| !quantity.unit.is_empty()) {
        if let Err(fault) = dimension(quantity.unit) {
            panic!("{}: {fault}", quantity.name);
        }
    }
}

#[test]
fn units_that_people_write_otherwise_are_none_of_ucum() {
    for unit in ["", "m³", "kWh", "ppm", "°C", "kh", "m^2", "dBA", "m/", ".m", "l/min", "m2-", "VA"]
    {
        assert!(dimension(unit).is_err(), "{unit:?}");
    }
}

#[test]
fn a_unit_is_what_it_is_made_of() {
    let same = |one: &str, other: &str| dimension(one).unwrap() == dimension(other).unwrap();
    assert!(same("kW.h", "J") && same("kV.A.h", "J") && same("A.h", "C") && same("dS/m", "S/m"));
    assert!(same("m3/h", "m3/s") && same("ug/m3", "kg/m3") && same("W/m2", "kg/s3"));
    assert!(same("[ppm]", "1") && same("dB[SPL]", "1") && same("hPa", "bar"));
    assert!(!same("m3", "m2") && !same("cd", "d") && !same("kW", "kW.h"));
}
