//! Money as whole numbers: no amount is ever rounded by a machine's fractions.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// Largest amount or price in hundredths: more is a slip of the keyboard.
const MOST: u64 = 100_000_000_000_000;

/// An amount in hundredths of the currency, written `4.20`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cents(u64);

/// A price in ten-thousandths of the currency, written `0.0525`: that of one inhabitant is often below a cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate(u64);

/// A text that is no amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no amount: write it with a point and at most {decimals} digits behind it, in quotes, as \"4.20\""
)]
pub struct MoneyError {
    text: String,
    decimals: usize,
}

impl Cents {
    /// An amount of so many hundredths.
    #[must_use]
    pub const fn new(hundredths: u64) -> Self {
        Self(hundredths)
    }

    /// The amount for a number of things.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// The sum of two amounts.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Rate {
    /// The amount for a number of things, rounded to the nearest hundredth, and up where two are as near.
    #[must_use]
    pub const fn times(self, count: u64) -> Cents {
        Cents(self.0.saturating_mul(count).saturating_add(50) / 100)
    }
}

/// Reads a decimal number as so many parts of one.
fn parts(text: &str, decimals: usize) -> Result<u64, MoneyError> {
    let error = || MoneyError { text: text.chars().take(40).collect(), decimals };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let has_point = text.contains('.');
    if whole.is_empty()
        || !is_digits(whole)
        || !is_digits(part)
        || part.len() > decimals
        || has_point && part.is_empty()
    {
        return Err(error());
    }
    let number: u64 = format!("{whole}{part:0<decimals$}").parse().map_err(|_| error())?;
    if number > MOST { Err(error()) } else { Ok(number) }
}

macro_rules! money {
    ($name:ident, $decimals:literal, $one:literal, $example:literal) => {
        impl FromStr for $name {
            type Err = MoneyError;

            fn from_str(text: &str) -> Result<Self, MoneyError> {
                parts(text, $decimals).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = MoneyError;

            fn try_from(text: String) -> Result<Self, MoneyError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(money: $name) -> Self {
                money.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}.{:0width$}", self.0 / $one, self.0 % $one, width = $decimals)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some("An exact amount of money, as a decimal number in a text."))
                    .examples([$example])
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

money!(Cents, 2, 100, "4.20");
money!(Rate, 4, 10_000, "0.0525");
