//! Questions to the catalogue: the decoders that are wanted, their order, and places in it.

use std::{cmp::Ordering, fmt, str::FromStr};

use champollion_sandbox::vocabulary;
use serde::{Deserialize, Serialize};

use crate::package::{DecoderId, DecoderIdError, Direction, Manifest, Summary, use_cases};

/// Digits of a moment in a place, so that texts are in the order of moments: enough for all microseconds there are.
const DIGITS: usize = 20;

/// A wish: the decoders that satisfy all that it says. One that says nothing is satisfied by all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueQuery {
    quantities: Vec<&'static str>,
    /// The use cases that are as good as each other; none where it matters not.
    use_cases: Vec<&'static str>,
    vendor: Option<String>,
    unit: Option<String>,
    words: Vec<String>,
    direction: Option<Direction>,
}

/// A word of a query that the vocabulary or the table of use cases does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueQueryError {
    /// A quantity that does not exist.
    #[error("the vocabulary has no quantity {0:?}")]
    Quantity(String),
    /// A use case that does not exist.
    #[error("there is no use case {0:?}")]
    UseCase(String),
}

impl CatalogueQuery {
    /// Asks for decoders with fields of all these quantities, which are separated by commas.
    ///
    /// # Errors
    /// [`CatalogueQueryError::Quantity`] names the first that the vocabulary does not have.
    pub fn quantities(mut self, names: &str) -> Result<Self, CatalogueQueryError> {
        for name in names.split(',').map(str::trim) {
            let known = vocabulary::quantity(name).map(|quantity| quantity.name);
            let unknown = || CatalogueQueryError::Quantity(name.to_owned());
            self.quantities.push(known.ok_or_else(unknown)?);
        }
        Ok(self)
    }

    /// Asks for decoders of a use case, or of all those that begin with a word: `water` is water-metering and
    /// water-network.
    ///
    /// # Errors
    /// [`CatalogueQueryError::UseCase`] where the table has no such one.
    pub fn use_case(self, name: &str) -> Result<Self, CatalogueQueryError> {
        let is_meant = |case: &str| {
            case == name || case.split_once('-').is_some_and(|(first, _)| first == name)
        };
        let names = use_cases().map(|case| case.name);
        let use_cases: Vec<&str> = names.filter(|case| is_meant(case)).collect();
        match use_cases.is_empty() {
            true => Err(CatalogueQueryError::UseCase(name.to_owned())),
            false => Ok(Self { use_cases, ..self }),
        }
    }

    /// Asks for decoders of devices of a maker, by its name or by the first part of the decoder's, in upper or
    /// lower case.
    #[must_use]
    pub fn vendor(self, name: &str) -> Self {
        Self { vendor: Some(name.trim().to_lowercase()), ..self }
    }

    /// Asks for decoders with a field in a unit (UCUM), as measured or as the maker gives it.
    #[must_use]
    pub fn unit(self, code: &str) -> Self {
        Self { unit: Some(code.to_owned()), ..self }
    }

    /// Asks for decoders in whose names, devices, fields and commands all words of a text stand, or words that have
    /// them as a part; upper and lower case are the same.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        Self { words: text.split_whitespace().map(str::to_lowercase).collect(), ..self }
    }

    /// Asks for decoders whose devices send, or are told something.
    #[must_use]
    pub fn direction(self, direction: Direction) -> Self {
        Self { direction: Some(direction), ..self }
    }

    /// Whether a decoder that nobody has published yet satisfies the wish.
    #[must_use]
    pub fn selects(&self, manifest: &Manifest) -> bool {
        self.is_satisfied_by(&Summary::of(manifest))
    }

    pub(super) fn is_satisfied_by(&self, summary: &Summary) -> bool {
        let goes = |direction| match direction {
            Direction::Up => summary.goes_up,
            Direction::Down => summary.goes_down,
        };
        self.quantities.iter().all(|name| summary.quantities.contains(name))
            && (self.use_cases.is_empty()
                || self.use_cases.iter().any(|name| summary.use_cases.contains(name)))
            && self.vendor.as_ref().is_none_or(|name| summary.vendors.contains(name))
            && self.unit.as_ref().is_none_or(|code| summary.units.contains(code))
            && self.direction.is_none_or(goes)
            && self.words.iter().all(|word| summary.text.contains(word))
    }
}

/// The order of decoders in an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CatalogueSort {
    /// By the name `vendor/model`.
    #[default]
    Id,
    /// By the name for people.
    Name,
    /// By the moment of the last publication, the newest first.
    Published,
}

/// A place in an order: that of one decoder. Decoders that are published meanwhile move none of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CataloguePlace {
    /// The decoder that has the place.
    pub id: DecoderId,
    /// The text that it is sorted by, where that is not the id alone.
    key: Option<String>,
}

/// A text that is no place in an order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CataloguePlaceError {
    /// It does not begin with the name of a decoder.
    #[error(transparent)]
    Id(#[from] DecoderIdError),
    /// It is a place in another order.
    #[error("it is a place in another order: give the `sort` of the page that it is from")]
    OtherOrder,
}

impl CatalogueSort {
    pub(super) fn place(
        self,
        id: &DecoderId,
        name: &str,
        published_at: jiff::Timestamp,
    ) -> CataloguePlace {
        let key = match self {
            Self::Id => None,
            Self::Name => Some(name.to_lowercase()),
            Self::Published => Some(format!("{:0DIGITS$}", published_at.as_microsecond().max(0))),
        };
        CataloguePlace { id: id.clone(), key }
    }

    pub(super) fn order(self, one: &CataloguePlace, other: &CataloguePlace) -> Ordering {
        let by_key = match self {
            Self::Id | Self::Name => one.key.cmp(&other.key),
            Self::Published => other.key.cmp(&one.key),
        };
        by_key.then_with(|| one.id.cmp(&other.id))
    }

    /// Reads a place in this order.
    ///
    /// # Errors
    /// The text is no place, or one in another order.
    pub fn read_place(self, text: &str) -> Result<CataloguePlace, CataloguePlaceError> {
        let (id, key) = text.split_once(':').map_or((text, None), |(id, key)| (id, Some(key)));
        let id = DecoderId::from_str(id)?;
        let is_moment =
            |key: &str| key.len() == DIGITS && key.bytes().all(|digit| digit.is_ascii_digit());
        match (self, key) {
            (Self::Id, None) => Ok(CataloguePlace { id, key: None }),
            (Self::Published, Some(key)) if !is_moment(key) => Err(CataloguePlaceError::OtherOrder),
            (Self::Name | Self::Published, Some(key)) => {
                Ok(CataloguePlace { id, key: Some(key.to_owned()) })
            }
            _ => Err(CataloguePlaceError::OtherOrder),
        }
    }
}

impl fmt::Display for CataloguePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, key } = self;
        match key {
            None => write!(formatter, "{id}"),
            Some(key) => write!(formatter, "{id}:{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(sort: CatalogueSort, id: &str, name: &str, second: i64) -> CataloguePlace {
        let moment = jiff::Timestamp::from_second(second).unwrap();
        sort.place(&id.parse().unwrap(), name, moment)
    }

    #[test]
    fn a_place_is_read_as_it_is_written_and_in_its_order_alone() {
        use CatalogueSort::{Id, Name, Published};
        for sort in [Id, Name, Published] {
            let place = at(sort, "acme/meter", "Acme: Meter", 1_700_000_000);
            assert_eq!(sort.read_place(&place.to_string()), Ok(place));
        }
        let of_name = at(Name, "acme/meter", "Acme Meter", 0).to_string();
        for (sort, text) in [
            (Id, of_name.as_str()),
            (Published, of_name.as_str()),
            (Name, "acme/meter"),
            (Published, "acme/meter"),
        ] {
            assert_eq!(sort.read_place(text), Err(CataloguePlaceError::OtherOrder), "{text}");
        }
        assert!(matches!(Id.read_place("acme"), Err(CataloguePlaceError::Id(_))));
    }

    #[test]
    fn places_are_in_the_order_that_is_asked_for() {
        use CatalogueSort::{Id, Name, Published};
        let ids = |sort: CatalogueSort| {
            let mut places = [
                at(sort, "acme/a", "Zeta", 2),
                at(sort, "acme/b", "alpha", 3),
                at(sort, "acme/c", "Alpha", 2),
            ];
            places.sort_by(|one, other| sort.order(one, other));
            places.map(|place| place.id.model().to_owned())
        };
        assert_eq!(ids(Id), ["a", "b", "c"]);
        assert_eq!(ids(Name), ["b", "c", "a"]);
        assert_eq!(ids(Published), ["b", "a", "c"]);
    }

    #[test]
    fn what_does_not_exist_cannot_be_asked_for() {
        let query = CatalogueQuery::default();
        let error = query.clone().quantities("water.volume,water.volum").unwrap_err();
        assert_eq!(error, CatalogueQueryError::Quantity("water.volum".to_owned()));
        assert!(query.clone().quantities("").is_err());
        let of_water = query.clone().use_case("water").unwrap().use_cases;
        assert_eq!(of_water, ["water-metering", "water-network"]);
        assert!(query.clone().use_case("wat").is_err() && query.clone().use_case("").is_err());
        let error = query.use_case("drinking").unwrap_err();
        assert_eq!(error, CatalogueQueryError::UseCase("drinking".to_owned()));
    }
}
