//! Addresses on the web that a manifest names.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::Url;

/// Most characters of a link.
const CHARACTERS: usize = 1_000;

/// An address on the web, for people to follow. Nothing here connects to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link(String);

/// A text that is no link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no link: it must be an address that begins with https:// or http:// and has at most {CHARACTERS} \
     characters"
)]
pub struct LinkError(String);

impl FromStr for Link {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let is_of_the_web = Url::parse(text)
            .is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
        // An address with blanks or control characters is read, but not as its author wrote it.
        let is_whole = text.chars().all(|letter| !letter.is_whitespace() && !letter.is_control());
        if is_of_the_web && is_whole && text.chars().count() <= CHARACTERS {
            Ok(Self(text.to_owned()))
        } else {
            Err(LinkError(text.chars().take(CHARACTERS).collect()))
        }
    }
}

impl TryFrom<String> for Link {
    type Error = LinkError;

    fn try_from(text: String) -> Result<Self, LinkError> {
        text.parse()
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_an_address_of_the_web() {
        for text in ["https://acme.example/t1", "http://acme.example/a.pdf?page=4#top"] {
            assert_eq!(text.parse::<Link>().unwrap().to_string(), text);
        }
        let long = format!("https://acme.example/{}", "a".repeat(CHARACTERS));
        for text in [
            "acme.example/t1",
            "javascript:alert(1)",
            "ftp://acme.example/t1",
            "https://",
            "https://acme.example/a b",
            " https://acme.example/",
            "https://acme.example/\n",
            "",
            &long,
        ] {
            assert!(text.parse::<Link>().is_err(), "{text:?}");
        }
    }
}
