//! The statement of a partner.

use std::{collections::BTreeMap, sync::Arc};

use champollion_fleet::names::{GroupId, PartnerId, UseCase};
use champollion_frames::DevEui;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;

use super::{Cents, Inhabitants, Rate, ServiceState, StatementSettings, canonical};

/// A day, with the moment at which it begins in the territory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementDay {
    /// The day of the calendar.
    pub date: Date,
    /// The moment at which it begins: what is in service then is counted.
    pub begins: Timestamp,
}

impl StatementDay {
    /// Returns a day with the moment at which it begins in a time zone; nothing of a day beyond the calendar.
    #[must_use]
    pub fn of(date: Date, zone: TimeZone) -> Option<Self> {
        let begins = date.to_zoned(zone).ok()?.timestamp();
        Some(Self { date, begins })
    }
}

/// The objects of a partner that are in service on a day, and what they cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// The partner that owns the objects.
    pub partner: PartnerId,
    /// The day in question.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// The moment at which the day begins in the territory.
    pub counted_at: Timestamp,
    /// The currency of all amounts.
    pub currency: String,
    /// The objects by use case, with their tariffs.
    pub lines: Vec<StatementLine>,
    /// The yearly subscription, where one is in force and the inhabitants are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<SubscriptionLine>,
    /// The sum of all amounts.
    pub total: Cents,
    /// The SHA-256 of the canonical text, in hexadecimal digits.
    pub digest: String,
    /// The objects one by one, in the order of their DevEUIs. Copies of a statement share them.
    #[serde(skip)]
    pub objects: Arc<Vec<StatedObject>>,
}

/// The objects of a use case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementLine {
    /// The use case; absent of objects that say none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    /// The number of objects.
    pub objects: u64,
    /// The name of the tariff in force; absent where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tariff: Option<String>,
    /// The price of one object and year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Cents>,
    /// The number times the price.
    pub amount: Cents,
}

/// The yearly subscription of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionLine {
    /// The name of the subscription.
    pub name: String,
    /// The inhabitants of the partner on the day.
    pub inhabitants: u64,
    /// The first day on which their number counts; absent of one that counts from the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub inhabitants_from: Option<Date>,
    /// The inhabitants that count, up to the limit.
    pub counted: u64,
    /// The price of one inhabitant and year.
    pub per_inhabitant: Rate,
    /// The amount, rounded to the nearest hundredth.
    pub amount: Cents,
}

/// An object of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatedObject {
    /// The DevEUI of the object.
    pub dev_eui: DevEui,
    /// The group that it is in.
    pub group: GroupId,
    /// The use case of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
}

impl Statement {
    /// States the objects of each partner. Objects of groups that no partner owns are on no statement.
    #[must_use]
    pub fn of_all(
        settings: &StatementSettings,
        day: StatementDay,
        states: BTreeMap<DevEui, ServiceState>,
        partner_of: impl Fn(&GroupId) -> Option<PartnerId>,
    ) -> BTreeMap<PartnerId, Self> {
        let mut owners: BTreeMap<GroupId, Option<PartnerId>> = BTreeMap::new();
        let mut of_partners: BTreeMap<PartnerId, Vec<StatedObject>> = BTreeMap::new();
        for (dev_eui, ServiceState { group, use_case, .. }) in
            states.into_iter().filter(|(_, state)| state.in_service)
        {
            let owner = owners.entry(group.clone()).or_insert_with(|| partner_of(&group));
            if let Some(partner) = owner {
                let object = StatedObject { dev_eui, group, use_case };
                of_partners.entry(partner.clone()).or_default().push(object);
            }
        }
        if settings.subscription(day.date).is_some() {
            let counted = |partner: &&PartnerId| settings.inhabitants(partner, day.date).is_some();
            for partner in settings.inhabitants.keys().filter(counted) {
                // A subscription is owed whatever is in service.
                of_partners.entry(partner.clone()).or_default();
            }
        }
        let stated = of_partners.into_iter().map(|(partner, objects)| {
            (partner.clone(), Self::new(settings, day, partner, objects))
        });
        stated.collect()
    }

    /// States the objects of one partner, which are in the order of their DevEUIs.
    #[must_use]
    pub fn new(
        settings: &StatementSettings,
        day: StatementDay,
        partner: PartnerId,
        objects: Vec<StatedObject>,
    ) -> Self {
        let lines = lines(settings, day.date, &objects);
        let subscription = subscription(settings, day.date, &partner);
        let amounts = lines.iter().map(|line| line.amount);
        let amounts = amounts.chain(subscription.iter().map(|line| line.amount));
        let total = amounts.fold(Cents::default(), Cents::plus);
        let mut statement = Self {
            partner,
            date: day.date,
            counted_at: day.begins,
            currency: settings.currency.clone(),
            lines,
            subscription,
            total,
            digest: String::new(),
            objects: Arc::new(objects),
        };
        statement.digest = canonical::digest(&statement);
        statement
    }

    /// Returns the objects after one, in the order of their DevEUIs.
    #[must_use]
    pub fn objects_after(&self, after: Option<DevEui>) -> &[StatedObject] {
        let first = self.objects.partition_point(|object| Some(object.dev_eui) <= after);
        self.objects.get(first..).unwrap_or_default()
    }

    /// Returns the text that the digest is of. It is the same for the same statement, on every machine.
    #[must_use]
    pub fn canonical(&self) -> String {
        canonical::text(self)
    }
}

/// The lines of objects by use case.
fn lines(settings: &StatementSettings, day: Date, objects: &[StatedObject]) -> Vec<StatementLine> {
    let mut counts: BTreeMap<Option<UseCase>, u64> = BTreeMap::new();
    for object in objects {
        *counts.entry(object.use_case.clone()).or_default() += 1;
    }
    let line = |(use_case, objects): (Option<UseCase>, u64)| {
        let tariff = settings.tariff(use_case.as_ref(), day);
        StatementLine {
            objects,
            tariff: tariff.map(|tariff| tariff.name.clone()),
            price: tariff.map(|tariff| tariff.price),
            amount: tariff.map(|tariff| tariff.price.times(objects)).unwrap_or_default(),
            use_case,
        }
    };
    counts.into_iter().map(line).collect()
}

/// The subscription of a partner whose inhabitants are known.
fn subscription(
    settings: &StatementSettings,
    day: Date,
    partner: &PartnerId,
) -> Option<SubscriptionLine> {
    let Inhabitants { number: inhabitants, from, .. } = *settings.inhabitants(partner, day)?;
    let subscription = settings.subscription(day)?;
    let counted = subscription.most_inhabitants.map_or(inhabitants, |most| inhabitants.min(most));
    Some(SubscriptionLine {
        name: subscription.name.clone(),
        inhabitants,
        inhabitants_from: from,
        counted,
        per_inhabitant: subscription.per_inhabitant,
        amount: subscription.per_inhabitant.times(counted),
    })
}
