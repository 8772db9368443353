//! Latitude and longitude, in degrees of WGS 84.

use std::{fmt, num::NonZeroU64, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// Parts of a degree that are kept: a billionth is a tenth of a millimetre, and a number of so many digits is the same
/// after it was written and read.
const PARTS: f64 = 1e9;

/// The number that stands for 0 degrees: above the parts of half the globe, so that no coordinate is kept as 0, and a
/// coordinate that is left out takes no memory beside it. The order of numbers is that of degrees.
const ZERO: i64 = 1 << 38;

/// The number that stands for degrees of at most half the globe.
#[expect(clippy::cast_possible_truncation, reason = "180 degrees are 1.8e11 parts")]
fn number_of(degrees: f64) -> Option<NonZeroU64> {
    let parts = (degrees * PARTS).round() as i64;
    NonZeroU64::new(u64::try_from(ZERO + parts).ok()?)
}

/// The degrees that a number stands for.
#[expect(clippy::cast_precision_loss, reason = "39 bits fit into the 53 of a double")]
fn degrees_of(number: NonZeroU64) -> f64 {
    (number.get().cast_signed() - ZERO) as f64 / PARTS
}

/// A number of degrees that no place on earth has.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OutOfRange {
    /// The number is beyond the poles or the antimeridian.
    #[error(
        "{what} {degrees} is none: it is from -{limit} to {limit} degrees (is the decimal sign missing?)"
    )]
    Beyond {
        /// The coordinate that is meant.
        what: &'static str,
        /// The number that was given.
        degrees: f64,
        /// The largest number of degrees.
        limit: f64,
    },
    /// The text is no number.
    #[error("{text:?} is no {what}: degrees with decimals are expected, such as 48.8566")]
    NoNumber {
        /// The coordinate that is meant.
        what: &'static str,
        /// The text that was given.
        text: String,
    },
}

macro_rules! degrees {
    ($(#[$doc:meta])* $name:ident, $what:literal, $limit:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(NonZeroU64);

        impl $name {
            /// The number of degrees.
            #[must_use]
            pub fn degrees(self) -> f64 {
                degrees_of(self.0)
            }
        }

        impl TryFrom<f64> for $name {
            type Error = OutOfRange;

            fn try_from(degrees: f64) -> Result<Self, OutOfRange> {
                let is_on_earth = degrees.is_finite() && degrees.abs() <= $limit;
                let number = is_on_earth.then(|| number_of(degrees)).flatten();
                let beyond = OutOfRange::Beyond { what: $what, degrees, limit: $limit };
                number.map(Self).ok_or(beyond)
            }
        }

        impl FromStr for $name {
            type Err = OutOfRange;

            fn from_str(text: &str) -> Result<Self, OutOfRange> {
                let degrees = text.parse::<f64>();
                let text = text.to_owned();
                degrees.map_err(|_| OutOfRange::NoNumber { what: $what, text })?.try_into()
            }
        }

        impl From<$name> for f64 {
            fn from(value: $name) -> Self {
                value.degrees()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.degrees().fmt(formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_tuple(stringify!($name)).field(&self.degrees()).finish()
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::Number)
                    .description(Some(concat!("A ", $what, " in degrees of WGS 84.")))
                    .minimum(Some(-$limit))
                    .maximum(Some($limit))
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

degrees! {
    /// A latitude: degrees north of the equator, negative south of it.
    Latitude, "latitude", 90.0
}

degrees! {
    /// A longitude: degrees east of Greenwich, negative west of it.
    Longitude, "longitude", 180.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_those_of_a_place_on_earth() {
        assert_eq!("-48.5".parse::<Latitude>().unwrap().degrees(), -48.5);
        assert_eq!("180".parse::<Longitude>().unwrap().degrees(), 180.0);
        for text in ["90.1", "488566", "NaN", "inf", "-91", "48,8566", "north", ""] {
            assert!(text.parse::<Latitude>().is_err(), "{text:?}");
        }
        let said = "488566".parse::<Latitude>().unwrap_err().to_string();
        assert!(said.contains("decimal sign") && said.contains("488566"), "{said}");
        assert_eq!(serde_json::from_str::<Latitude>("48").unwrap().degrees(), 48.0);
        assert!(serde_json::from_str::<Latitude>("\"48\"").is_err());
        assert!(serde_json::from_str::<Longitude>("180.5").is_err());
        assert_eq!(size_of::<Option<Latitude>>(), 8);
        let ordered =
            [-180.0, -0.5, 0.0, 1e-9, 180.0].map(|degrees| Longitude::try_from(degrees).unwrap());
        assert!(
            ordered.is_sorted() && ordered[0].degrees() == -180.0 && ordered[3].degrees() == 1e-9
        );
        let long = Longitude::try_from(2.352_221_912_345_678).unwrap();
        let written = serde_json::to_string(&long).unwrap();
        assert_eq!(written, "2.352221912");
        assert_eq!(serde_json::from_str::<Longitude>(&written).unwrap(), long);
    }
}
