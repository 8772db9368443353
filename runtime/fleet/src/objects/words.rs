//! Words of the territory's sheet: of which a field has one out of a list.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::plain_text::plain;

/// A text that is none of the words of a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {what}: it is one of {}", .words.join(", "))]
pub struct UnknownWord {
    text: String,
    what: &'static str,
    words: &'static [&'static str],
}

impl UnknownWord {
    /// The text as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The words of which the text should be one.
    #[must_use]
    pub fn words(&self) -> &'static [&'static str] {
        self.words
    }
}

macro_rules! words {
    (
        $(#[$doc:meta])* $name:ident, $what:literal,
        $($(#[$case_doc:meta])* $case:ident = $word:literal $(| $other:literal)*,)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$case_doc])* $case,)+
        }

        impl $name {
            /// All words of the field, as they are written.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word as it is written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$case => $word,)+
                }
            }

            fn unknown(text: &str) -> UnknownWord {
                UnknownWord { text: text.to_owned(), what: $what, words: Self::WORDS }
            }
        }

        /// Reads the word as people write it: in French or English, in upper or lower case.
        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                let said = plain(text);
                $(
                    if [$word $(, $other)*].iter().any(|word| plain(word) == said) {
                        return Ok(Self::$case);
                    }
                )+
                Err(Self::unknown(text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        // JSON has the one word: what programs write is not to be guessed.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match String::deserialize(deserializer)?.as_str() {
                    $($word => Ok(Self::$case),)+
                    other => Err(D::Error::custom(Self::unknown(other))),
                }
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(concat!("The ", $what, " of an object.")))
                    .enum_values(Some(Self::WORDS.iter().copied()))
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

words! {
    /// The stage of its life that an object is in.
    LifeCycle, "life cycle",
    /// The object is on its way to where it is used.
    Delivery = "DELIVERY" | "LIVRAISON" | "EN LIVRAISON" | "IN DELIVERY",
    /// The object is being repaired or exchanged.
    Maintenance = "MAINTENANCE" | "EN MAINTENANCE" | "IN MAINTENANCE",
    /// The object does its work.
    Service = "SERVICE" | "EN SERVICE" | "IN SERVICE",
    /// The object lies in a store.
    Stock = "STOCK" | "EN STOCK" | "IN STOCK",
    /// Nothing is said about it.
    None = "NONE" | "AUCUN" | "AUCUNE" | "NEANT",
}

words! {
    /// The way in which the place of an object becomes known.
    Geolocation, "geolocation",
    /// The object has no place.
    None = "NONE" | "AUCUN" | "AUCUNE" | "NEANT",
    /// The object tells its place.
    Auto = "AUTO" | "AUTOMATIQUE" | "AUTOMATIC",
    /// Somebody has written the place down.
    Manual = "MANUAL" | "MANUEL" | "MANUELLE",
    /// Another device tells it.
    ViaOtherDevice = "VIA_OTHER_DEVICE" | "VIA UN AUTRE OBJET" | "VIA AUTRE OBJET" | "VIA UN AUTRE DEVICE"
        | "VIA AUTRE DEVICE" | "VIA UN AUTRE DISPOSITIF" | "VIA AUTRE DISPOSITIF" | "VIA ANOTHER DEVICE",
}

words! {
    /// The class of a LoRaWAN device, which says when it listens.
    DeviceClass, "class",
    /// After each of its own frames, for a moment.
    A = "A" | "CLASS A" | "CLASSE A",
    /// At times that beacons give, too.
    B = "B" | "CLASS B" | "CLASSE B",
    /// At any time while it does not send.
    C = "C" | "CLASS C" | "CLASSE C",
}

impl LifeCycle {
    /// Whether frames of the object tell of the place that it is registered for: not while it is delivered or stored.
    #[must_use]
    pub fn is_in_service(self) -> bool {
        !matches!(self, Self::Delivery | Self::Stock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_people_write_them_and_written_one_way() {
        for (text, word) in [
            ("STOCK", "STOCK"),
            ("stock", "STOCK"),
            ("En stock", "STOCK"),
            ("Livraison", "DELIVERY"),
            (" aucune ", "NONE"),
        ] {
            assert_eq!(text.parse::<LifeCycle>().unwrap().as_str(), word, "{text:?}");
        }
        assert_eq!("via_other_device".parse(), Ok(Geolocation::ViaOtherDevice));
        assert_eq!("Via un autre objet".parse(), Ok(Geolocation::ViaOtherDevice));
        assert_eq!("Classe c".parse(), Ok(DeviceClass::C));
        let said = "sold".parse::<LifeCycle>().unwrap_err().to_string();
        assert!(said.contains("\"sold\"") && said.contains("MAINTENANCE"), "{said}");
        assert!("".parse::<DeviceClass>().is_err());
    }

    #[test]
    fn json_has_the_one_word() {
        assert_eq!(serde_json::to_string(&Geolocation::Auto).unwrap(), "\"AUTO\"");
        assert_eq!(serde_json::from_str::<Geolocation>("\"AUTO\"").unwrap(), Geolocation::Auto);
        for text in ["\"auto\"", "\"Automatique\"", "1"] {
            assert!(serde_json::from_str::<Geolocation>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_delivered_or_stored_is_not_in_service() {
        let out: Vec<&str> = LifeCycle::WORDS
            .iter()
            .copied()
            .filter(|word| !word.parse::<LifeCycle>().unwrap().is_in_service())
            .collect();
        assert_eq!(out, ["DELIVERY", "STOCK"]);
    }
}
