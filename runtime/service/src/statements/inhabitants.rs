//! The inhabitants of partners, each number with the days on which it counts.

use std::fmt;

use champollion_fleet::names::PartnerId;
use jiff::civil::Date;
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor, value::SeqAccessDeserializer},
};

/// The inhabitants of a partner, as they are counted from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inhabitants {
    /// The partner whose inhabitants they are.
    pub partner: PartnerId,
    /// Their number on those days.
    pub number: u64,
    /// The first day on which the number counts; from the beginning where it is left out.
    pub from: Option<Date>,
    /// The last day on which it counts; up to the next one where it is left out.
    pub until: Option<Date>,
}

/// The inhabitants of a partner as they are written: a number that counts always, or several with their days.
pub(super) struct SaidInhabitants(Vec<SaidNumber>);

/// A number with its days.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct SaidNumber {
    number: u64,
    #[serde(default)]
    from: Option<Date>,
    #[serde(default)]
    until: Option<Date>,
}

impl SaidInhabitants {
    /// Returns them as those of a partner.
    pub(super) fn of(self, partner: &PartnerId) -> Vec<Inhabitants> {
        let of_partner = |SaidNumber { number, from, until }| Inhabitants {
            partner: partner.clone(),
            number,
            from,
            until,
        };
        self.0.into_iter().map(of_partner).collect()
    }

    fn always(number: u64) -> Self {
        Self(vec![SaidNumber { number, from: None, until: None }])
    }
}

impl<'de> Deserialize<'de> for SaidInhabitants {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrSeveral)
    }
}

/// The reader of both ways to write them.
struct NumberOrSeveral;

impl<'de> Visitor<'de> for NumberOrSeveral {
    type Value = SaidInhabitants;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "a number of inhabitants, or a list of numbers with their first days, as in \
             [{ number = 18200 }, { from = \"2028-01-01\", number = 18650 }]",
        )
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<SaidInhabitants, E> {
        Ok(SaidInhabitants::always(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<SaidInhabitants, E> {
        let unsigned = u64::try_from(number);
        unsigned.map(SaidInhabitants::always).map_err(|_| {
            E::custom(format_args!("{number} is no number of inhabitants: it is below zero"))
        })
    }

    /// Reads the text of a variable of the environment.
    fn visit_str<E: Error>(self, text: &str) -> Result<SaidInhabitants, E> {
        let number =
            text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self));
        number.map(SaidInhabitants::always)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, several: A) -> Result<SaidInhabitants, A::Error> {
        let several: Vec<SaidNumber> =
            Deserialize::deserialize(SeqAccessDeserializer::new(several))?;
        match several.is_empty() {
            true => Err(A::Error::invalid_length(0, &self)),
            false => Ok(SaidInhabitants(several)),
        }
    }
}
