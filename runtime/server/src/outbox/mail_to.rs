//! Addresses that rules of alerts may mail, where the operator confines them.

use std::{fmt, str::FromStr, sync::Arc};

use champollion_delivery::names::GroupId;
use champollion_fleet::{people::Email, roster::Roster};
use serde::Deserialize;

use crate::auth::Reach;

/// The word for the people whose accounts reach the group.
const PEOPLE: &str = "people";

/// Addresses that may be mailed: a domain, or those of people.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum MailTo {
    /// The people whose accounts reach the group.
    People,
    /// All addresses of a domain, which is written in lower case.
    Domain(String),
}

/// A text that is no such word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("mail-to: {0:?} is neither \"people\" nor a domain, such as \"city.example\"")]
pub struct UnknownMailTo(String);

impl FromStr for MailTo {
    type Err = UnknownMailTo;

    fn from_str(text: &str) -> Result<Self, UnknownMailTo> {
        let is_part = |part: &str| {
            let may_stand = |letter: char| letter.is_alphanumeric() || letter == '-';
            !part.is_empty() && part.chars().all(may_stand)
        };
        match text {
            PEOPLE => Ok(Self::People),
            _ if text.contains('.') && text.split('.').all(is_part) => {
                Ok(Self::Domain(text.to_lowercase()))
            }
            _ => Err(UnknownMailTo(text.to_owned())),
        }
    }
}

impl TryFrom<String> for MailTo {
    type Error = UnknownMailTo;

    fn try_from(text: String) -> Result<Self, UnknownMailTo> {
        text.parse()
    }
}

impl fmt::Display for MailTo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::People => formatter.write_str("people whose accounts reach the group"),
            Self::Domain(domain) => write!(formatter, "addresses of {domain}"),
        }
    }
}

/// Says whether an account with an address reaches a group.
type Reaches = Box<dyn Fn(&GroupId, &Email) -> bool + Send + Sync>;

/// The judge of addresses that groups mail.
pub(crate) struct MailRecipients {
    permitted: Vec<MailTo>,
    reaches: Reaches,
}

impl MailRecipients {
    /// The judge by the settings and the accounts.
    pub(crate) fn new(permitted: &[MailTo], roster: &Arc<Roster>) -> Self {
        let roster = Arc::clone(roster);
        Self::by(permitted, move |group, address| {
            roster.people_of(address).iter().any(|person| {
                let grants = roster.grants_in_force(person.id).into_iter();
                let places = grants.map(|grant| grant.scope).collect();
                Reach::of(places, Arc::clone(&roster)).touches(group)
            })
        })
    }

    /// The judge by the settings and somebody who knows the accounts.
    pub(super) fn by(
        permitted: &[MailTo],
        reaches: impl Fn(&GroupId, &Email) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { permitted: permitted.to_vec(), reaches: Box::new(reaches) }
    }

    /// Checks that a group may mail an address.
    ///
    /// # Errors
    /// Says what it may mail instead.
    pub(crate) fn check(&self, group: &GroupId, address: &Email) -> Result<(), String> {
        if self.permitted.is_empty()
            || self.permitted.iter().any(|to| self.fits(to, group, address))
        {
            return Ok(());
        }
        let permitted: Vec<String> = self.permitted.iter().map(ToString::to_string).collect();
        Err(format!(
            "{address} is nobody whom alerts of {group} may mail: the operator permits {} ([outbox] mail-to)",
            permitted.join(" and ")
        ))
    }

    fn fits(&self, to: &MailTo, group: &GroupId, address: &Email) -> bool {
        match to {
            MailTo::People => (self.reaches)(group, address),
            MailTo::Domain(domain) => {
                let own = address.as_str().rsplit_once('@').map(|(_, own)| own.to_lowercase());
                own.as_ref() == Some(domain)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_and_the_one_word_are_taken() {
        assert_eq!("people".parse(), Ok(MailTo::People));
        assert_eq!("City.example".parse(), Ok(MailTo::Domain("city.example".to_owned())));
        for wrong in ["", "city", "@city.example", "ada@city.example", ".example", "a..b", "*.a.b"]
        {
            assert_eq!(wrong.parse::<MailTo>(), Err(UnknownMailTo(wrong.to_owned())));
        }
    }
}
