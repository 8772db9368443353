//! The rule of the names of partners for people.

use crate::is_unseen;

/// Longest name of a partner in characters.
const NAME_CHARACTERS: usize = 200;

/// Whether a text can be the name of a partner.
#[must_use]
pub(crate) fn is_name(text: &str) -> bool {
    (1..=NAME_CHARACTERS).contains(&text.trim().chars().count()) && !text.contains(is_unseen)
}

/// The words for what a name of a partner must be.
pub(crate) const NAME_RULE: &str =
    "a partner's name has 1 to 200 characters on one line, each of which is seen";
