//! E-mail addresses, by which people are known.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest address in bytes: RFC 5321 allows no longer one.
const BYTES: usize = 254;

/// Longest part before the at sign in bytes, by RFC 5321.
const LOCAL_BYTES: usize = 64;

/// An e-mail address. It is kept in small letters, since no provider in use tells their case apart, and people do
/// not type it alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, utoipa::ToSchema)]
#[schema(value_type = String, format = "email")]
pub struct Email(String);

/// A text that is no e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no e-mail address of at most {BYTES} bytes: it must read name@domain")]
pub struct EmailError;

impl Email {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text can be a part of an address. Quoted parts, which nobody has, are refused, and so is everything that
/// could end a header of a mail.
fn is_part(text: &str) -> bool {
    let may_stand = |letter: char| {
        letter.is_alphanumeric()
            || !letter.is_ascii() && !letter.is_control() && !letter.is_whitespace()
            || "!#$%&'*+/=?^_`{|}~-.".contains(letter)
    };
    !text.is_empty()
        && !text.starts_with('.')
        && !text.ends_with('.')
        && !text.contains("..")
        && text.chars().all(may_stand)
}

/// Whether a text is the name of a host, or an international one.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let may_stand = |letter: char| letter.is_alphanumeric() || letter == '-';
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(may_stand)
    };
    text.split('.').count() >= 2 && text.split('.').all(is_label)
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        let fits = text.len() <= BYTES && local.len() <= LOCAL_BYTES;
        if !fits || !is_part(local) || !is_domain(domain) {
            return Err(EmailError);
        }
        Ok(Self(text.to_lowercase()))
    }
}

impl fmt::Display for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for Email {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_any_case_and_refused_where_they_are_none() {
        for (text, read) in [
            ("ada@city.example", "ada@city.example"),
            (" Ada.Lovelace+water@City.Example ", "ada.lovelace+water@city.example"),
            ("zoë@ville.example", "zoë@ville.example"),
        ] {
            assert_eq!(text.parse::<Email>().unwrap().as_str(), read);
        }
        let long = format!("{}@city.example", "a".repeat(LOCAL_BYTES + 1));
        for text in [
            "",
            "ada",
            "@city.example",
            "ada@",
            "ada@city",
            "ada@city..example",
            "a da@city.example",
            "ada@city.example\r\nBcc: x@y.example",
            "\"ada\"@city.example",
            "<ada@city.example>",
            "a@b@city.example",
            ".ada@city.example",
            "ada@-city.example",
            &long,
        ] {
            assert_eq!(text.parse::<Email>(), Err(EmailError), "{text:?}");
        }
    }
}
