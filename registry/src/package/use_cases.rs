//! Use cases of decoders, derived of the quantities that their fields measure: one table, `wit/use-cases.csv`.

use std::{collections::BTreeSet, sync::LazyLock};

use champollion_sandbox::vocabulary;
use serde::Serialize;

const TABLE: &str = include_str!("../../../wit/use-cases.csv");

/// Ends a term of the table that stands for all quantities below it.
const ALL_BELOW: &str = ".*";

/// A use case, which decoders have that measure one of its quantities.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CatalogueUseCase)]
pub struct UseCase {
    /// The name of the use case, such as `water-metering`.
    pub name: &'static str,
    /// The quantities that decoders for this use case measure, each of which is enough.
    #[schema(value_type = Vec<String>)]
    pub quantities: Vec<&'static str>,
    /// The meaning of the use case, in a phrase.
    pub meaning: &'static str,
}

/// In the order of the table, which is that of the names.
static USE_CASES: LazyLock<Vec<UseCase>> =
    LazyLock::new(|| TABLE.lines().skip(1).filter_map(read_line).collect());

/// Returns all use cases, in the order of their names.
pub fn use_cases() -> impl Iterator<Item = &'static UseCase> {
    USE_CASES.iter()
}

/// Returns the use cases of a decoder that measures these quantities.
pub(super) fn use_cases_of(quantities: &BTreeSet<&'static str>) -> Vec<&'static str> {
    let serves = |case: &&UseCase| case.quantities.iter().any(|name| quantities.contains(name));
    use_cases().filter(serves).map(|case| case.name).collect()
}

/// Returns the categories of quantities: their first words, such as `water`.
pub(super) fn categories_of(quantities: &BTreeSet<&'static str>) -> Vec<&'static str> {
    let firsts: BTreeSet<&str> =
        quantities.iter().filter_map(|name| name.split('.').next()).collect();
    firsts.into_iter().collect()
}

fn read_line(line: &'static str) -> Option<UseCase> {
    let mut columns = line.splitn(3, ',');
    let (name, terms) = (columns.next()?, columns.next()?);
    let is_of = |quantity: &str| terms.split(' ').any(|term| stands_for(term, quantity));
    let quantities = vocabulary::quantities().map(|quantity| quantity.name);
    Some(UseCase {
        name,
        quantities: quantities.filter(|quantity| is_of(quantity)).collect(),
        meaning: columns.next()?,
    })
}

/// Whether a term of the table stands for a quantity: it is its name, or the name of what it is below.
fn stands_for(term: &str, quantity: &str) -> bool {
    let Some(above) = term.strip_suffix(ALL_BELOW) else { return term == quantity };
    quantity.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(quantities: &[&'static str]) -> Vec<&'static str> {
        use_cases_of(&quantities.iter().copied().collect())
    }

    #[test]
    fn every_line_of_the_table_is_a_use_case_with_quantities_in_order() {
        let names: Vec<&str> = use_cases().map(|case| case.name).collect();
        assert!(names.is_sorted() && names.len() == TABLE.lines().count() - 1, "{names:?}");
        for case in use_cases() {
            assert!(!case.quantities.is_empty() && !case.meaning.is_empty(), "{case:?}");
        }
    }

    #[test]
    fn use_cases_follow_from_quantities() {
        assert_eq!(of(&["water.volume", "battery.level"]), ["water-metering"]);
        assert_eq!(of(&["water.volume.delta"]), ["water-metering"]);
        assert_eq!(
            of(&["lamp.dimming", "electricity.voltage"]),
            ["electricity-metering", "street-lighting"]
        );
        assert!(of(&["battery.level", "device.uptime"]).is_empty());
    }

    #[test]
    fn a_term_with_a_star_stands_for_what_is_below_it_alone() {
        assert!(stands_for("water.volume.*", "water.volume.delta"));
        assert!(!stands_for("water.volume.*", "water.volume"));
        assert!(!stands_for("water.vol.*", "water.volume"));
        assert!(!stands_for("water.volume", "water.volume.delta"));
    }

    #[test]
    fn categories_are_the_first_words() {
        let quantities = BTreeSet::from(["alarm.leak", "water.flow", "water.volume"]);
        assert_eq!(categories_of(&quantities), ["alarm", "water"]);
    }
}
