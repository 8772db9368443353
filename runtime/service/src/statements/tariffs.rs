//! Tariffs and subscriptions, each with the day from which it is in force.

use std::{borrow::Cow, collections::BTreeSet};

use champollion_fleet::names::UseCase;
use jiff::civil::Date;
use serde::Deserialize;

use super::{Cents, Inhabitants, Rate};

/// The price of a sensor and year.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tariff {
    /// The name of the tariff for people.
    pub name: String,
    /// The use cases that it is for; none are all that have no tariff of their own.
    #[serde(default)]
    pub use_cases: BTreeSet<UseCase>,
    /// The first day on which it is in force.
    pub from: Date,
    /// The last day on which it is in force; up to the next one where it is left out.
    #[serde(default)]
    pub until: Option<Date>,
    /// The price of a sensor and year.
    pub price: Cents,
}

/// The yearly subscription of a partner, by its inhabitants.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Subscription {
    /// The name of the subscription for people.
    pub name: String,
    /// The first day on which it is in force.
    pub from: Date,
    /// The last day on which it is in force; up to the next one where it is left out.
    #[serde(default)]
    pub until: Option<Date>,
    /// The price of one inhabitant and year.
    pub per_inhabitant: Rate,
    /// The most inhabitants that count; all where it is left out.
    #[serde(default)]
    pub most_inhabitants: Option<u64>,
}

/// A fault of the tariffs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TariffFault {
    /// Two tariffs are in force for one use case on one day.
    #[error(
        "{first:?} and {second:?} are both in force for {matter} from {since} on: end the first one with until, \
         the day before, or begin the second one later"
    )]
    Overlap {
        /// The name of the one that begins first.
        first: String,
        /// The name of the other one.
        second: String,
        /// The use case that both are for.
        matter: String,
        /// The first day on which both are in force, or the words for the beginning.
        since: String,
    },
    /// A tariff ends before it begins.
    #[error("{name:?} ends on {until}, before it begins on {from}: write a later until")]
    EndsBefore {
        /// The name of the tariff.
        name: String,
        /// The first day of the tariff.
        from: Date,
        /// The last day of the tariff.
        until: Date,
    },
    /// A name stands in a statement, on one line.
    #[error("{0:?} is no name of a tariff: it has 1 to 100 characters on one line")]
    Name(String),
}

/// The words for a first day: what has none is in force from the beginning.
fn since(from: Date) -> String {
    if from == Date::MIN { "the beginning".to_owned() } else { from.to_string() }
}

/// A thing that is in force from a day on.
pub(super) trait Dated {
    fn name(&self) -> Cow<'_, str>;
    fn from(&self) -> Date;
    fn until(&self) -> Option<Date>;

    /// The matters that it is for, of which two things of one day may not share any.
    fn matters(&self) -> Vec<String>;

    /// Whether it is in force on a day, where no later one is.
    fn is_in_force(&self, day: Date) -> bool {
        self.from() <= day && self.until().is_none_or(|until| day <= until)
    }
}

impl Dated for Tariff {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn from(&self) -> Date {
        self.from
    }

    fn until(&self) -> Option<Date> {
        self.until
    }

    fn matters(&self) -> Vec<String> {
        match self.use_cases.is_empty() {
            true => vec!["all other use cases".to_owned()],
            false => self.use_cases.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Dated for Subscription {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn from(&self) -> Date {
        self.from
    }

    fn until(&self) -> Option<Date> {
        self.until
    }

    fn matters(&self) -> Vec<String> {
        vec!["the subscription".to_owned()]
    }
}

impl Dated for Inhabitants {
    fn name(&self) -> Cow<'_, str> {
        Cow::Owned(format!("{} inhabitants of {}", self.number, self.partner))
    }

    fn from(&self) -> Date {
        self.from.unwrap_or(Date::MIN)
    }

    fn until(&self) -> Option<Date> {
        self.until
    }

    fn matters(&self) -> Vec<String> {
        vec!["the subscription".to_owned()]
    }
}

/// Checks the names that stand in statements.
pub(super) fn check_names<'of>(
    names: impl IntoIterator<Item = &'of String>,
) -> Result<(), TariffFault> {
    let is_line = |name: &String| {
        (1..=100).contains(&name.chars().count()) && !name.contains(char::is_control)
    };
    match names.into_iter().find(|name| !is_line(name)) {
        None => Ok(()),
        Some(name) => Err(TariffFault::Name(name.chars().take(100).collect())),
    }
}

/// Checks that things of one list do not overlap.
pub(super) fn check<T: Dated>(all: &[T]) -> Result<(), TariffFault> {
    for one in all {
        if let Some(until) = one.until().filter(|until| *until < one.from()) {
            return Err(TariffFault::EndsBefore {
                name: one.name().into_owned(),
                from: one.from(),
                until,
            });
        }
    }
    for (index, one) in all.iter().enumerate() {
        for other in &all[index + 1..] {
            let (first, second) =
                if other.from() < one.from() { (other, one) } else { (one, other) };
            check_pair(first, second)?;
        }
    }
    Ok(())
}

/// Checks a pair, of which the first begins no later. One without an end goes on to the begin of the next.
fn check_pair<T: Dated>(first: &T, second: &T) -> Result<(), TariffFault> {
    let from = second.from();
    let ends_before = first.from() < from && first.until().is_none_or(|until| until < from);
    if ends_before {
        return Ok(());
    }
    let of_second = second.matters();
    match first.matters().into_iter().find(|matter| of_second.contains(matter)) {
        None => Ok(()),
        Some(matter) => Err(TariffFault::Overlap {
            first: first.name().into_owned(),
            second: second.name().into_owned(),
            matter,
            since: since(from),
        }),
    }
}

/// The one of some that is in force on a day: the latest.
pub(super) fn in_force<'of, T: Dated + 'of>(
    all: impl IntoIterator<Item = &'of T>,
    day: Date,
) -> Option<&'of T> {
    let started = all.into_iter().filter(|one| one.from() <= day);
    started.max_by_key(|one| one.from()).filter(|one| one.is_in_force(day))
}
