//! Checks of the texts that a definition of a place holds.

use super::error::UnusablePlace;

/// Checks a text that is sent to a server as it is: commands are told apart by line breaks.
pub(super) fn plain(member: &'static str, text: &str) -> Result<(), UnusablePlace> {
    if text.chars().any(char::is_control) {
        return Err(UnusablePlace::Text { member, reason: "it holds control characters" });
    }
    Ok(())
}

/// The same of a text that must not be empty.
pub(super) fn said(member: &'static str, text: &str) -> Result<(), UnusablePlace> {
    if text.is_empty() {
        return Err(UnusablePlace::Text { member, reason: "it must be said" });
    }
    plain(member, text)
}
