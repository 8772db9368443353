//! Names that partners and operators give: of partners, of their groups, of what is within these. Names of the same
//! form that belong to other crates are made by [`plain_name!`](crate::plain_name).

use std::sync::Arc;

/// Longest name in characters: it becomes part of the name of a log.
const CHARACTERS: usize = 64;

/// Whether a text is a plain name: 1 to 64 small letters, digits and hyphens, a hyphen not the first.
fn is_plain(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=CHARACTERS).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('-')
}

/// A plain name: the text that all names of the same form are made of. Copies of a name share its text, so that a
/// million devices of one group have it once; a name is one pointer wide, since each of them has several.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlainName(Arc<String>);

impl PlainName {
    /// Reads the name of a thing, which an error calls `what`.
    ///
    /// # Errors
    /// [`NameError`] where the text is no plain name.
    pub fn read(text: &str, what: &'static str) -> Result<Self, NameError> {
        match is_plain(text) {
            true => Ok(Self(Arc::new(text.to_owned()))),
            false => Err(NameError { text: text.to_owned(), what }),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} names no {what}: it must be 1 to {CHARACTERS} small letters, digits and hyphens, and \
     start with a letter or digit"
)]
pub struct NameError {
    text: String,
    what: &'static str,
}

/// Declares a type of plain names, with the word that an error calls what is named. It needs the crates serde and
/// utoipa where it is used.
#[macro_export]
macro_rules! plain_name {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, utoipa::ToSchema)]
        #[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9-]{0,63}$")]
        pub struct $name($crate::names::PlainName);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::names::NameError;

            fn from_str(text: &str) -> Result<Self, $crate::names::NameError> {
                $crate::names::PlainName::read(text, $what).map(Self)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::FromText::default())
            }
        }
    };
}

plain_name! {
    /// The name of a group of devices, whose records one partner gets and no other sees.
    GroupId, "group"
}

plain_name! {
    /// The name of a part of a group: a district, a building.
    SubGroup, "sub-group"
}

plain_name! {
    /// The purpose of a device: `water-metering`, `street-lighting`.
    UseCase, "use case"
}

plain_name! {
    /// The name of a partner, which owns groups.
    PartnerId, "partner"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain() {
        let water = "water-2".parse::<GroupId>().unwrap();
        assert_eq!(water.as_str(), "water-2");
        assert!(std::ptr::eq(water.as_str(), water.clone().as_str()), "a copy shares the text");
        assert_eq!(size_of::<Option<GroupId>>(), size_of::<usize>());
        let long = "a".repeat(CHARACTERS + 1);
        for text in ["", "-a", "A", "a/b", "a b", "é", &long] {
            assert!(text.parse::<GroupId>().is_err(), "{text:?}");
            let said = text.parse::<PartnerId>().unwrap_err().to_string();
            assert!(said.contains("names no partner"), "{said}");
        }
    }
}
