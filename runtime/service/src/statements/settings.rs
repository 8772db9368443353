//! The settings of statements.

use std::collections::BTreeMap;

use champollion_fleet::names::{PartnerId, UseCase};
use jiff::civil::Date;
use serde::Deserialize;

use super::{
    Inhabitants, Subscription, Tariff, TariffFault,
    inhabitants::SaidInhabitants,
    tariffs::{check, check_names, in_force},
};

/// The tariffs, the subscriptions and the inhabitants: the section `[statements]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Said")]
pub struct StatementSettings {
    /// The currency of all prices.
    pub currency: String,
    /// The prices of a sensor and year.
    pub tariffs: Vec<Tariff>,
    /// The yearly subscriptions of partners.
    pub subscriptions: Vec<Subscription>,
    /// The inhabitants of each partner that has a subscription, each number with its days.
    pub inhabitants: BTreeMap<PartnerId, Vec<Inhabitants>>,
}

/// The section as it is written, before it is known that nothing overlaps.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Said {
    currency: String,
    #[serde(default)]
    tariffs: Vec<Tariff>,
    #[serde(default)]
    subscriptions: Vec<Subscription>,
    #[serde(default)]
    inhabitants: BTreeMap<PartnerId, SaidInhabitants>,
}

impl TryFrom<Said> for StatementSettings {
    type Error = TariffFault;

    fn try_from(said: Said) -> Result<Self, TariffFault> {
        let Said { currency, tariffs, subscriptions, inhabitants } = said;
        check_names(tariffs.iter().map(|tariff| &tariff.name))?;
        check_names(subscriptions.iter().map(|subscription| &subscription.name))?;
        check(&tariffs)?;
        check(&subscriptions)?;
        let mut dated = BTreeMap::new();
        for (partner, said) in inhabitants {
            let numbers = said.of(&partner);
            check(&numbers)?;
            dated.insert(partner, numbers);
        }
        Ok(Self { currency, tariffs, subscriptions, inhabitants: dated })
    }
}

impl StatementSettings {
    /// The tariff in force on a day for a use case: one of its own, or that of all others.
    pub(super) fn tariff(&self, use_case: Option<&UseCase>, day: Date) -> Option<&Tariff> {
        let is_own =
            |tariff: &&Tariff| use_case.is_some_and(|use_case| tariff.use_cases.contains(use_case));
        let own = in_force(self.tariffs.iter().filter(is_own), day);
        let others = || self.tariffs.iter().filter(|tariff| tariff.use_cases.is_empty());
        own.or_else(|| in_force(others(), day))
    }

    /// The inhabitants of a partner that count on a day.
    pub(super) fn inhabitants(&self, partner: &PartnerId, day: Date) -> Option<&Inhabitants> {
        in_force(self.inhabitants.get(partner)?, day)
    }

    /// The subscription in force on a day.
    pub(super) fn subscription(&self, day: Date) -> Option<&Subscription> {
        in_force(&self.subscriptions, day)
    }
}
