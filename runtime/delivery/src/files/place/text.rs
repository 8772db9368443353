//! Checks of the texts that a definition of a place holds.

use std::net::IpAddr;

use super::error::UnusablePlace;

/// The longest name of a host in bytes, as the DNS has it.
const NAME_BYTES: usize = 253;

/// Checks a text that is sent to a server as it is: commands are told apart by line breaks.
pub(super) fn plain(member: &'static str, text: &str) -> Result<(), UnusablePlace> {
    if text.chars().any(char::is_control) {
        return Err(UnusablePlace::Text { member, reason: "it holds control characters" });
    }
    Ok(())
}

/// Checks the host of a server: an address, or a name. What is anything else may hold a secret, as in
/// `user:password@host`, so the error does not repeat it.
pub(super) fn host_text(member: &'static str, text: &str) -> Result<(), UnusablePlace> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let is_name = !text.is_empty() && text.len() <= NAME_BYTES && text.chars().all(is_part);
    if is_name || bare.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    let reason = "it must be the name or the address of a server, and nothing beside";
    Err(UnusablePlace::Text { member, reason })
}

/// The same of a text that must not be empty.
pub(super) fn said(member: &'static str, text: &str) -> Result<(), UnusablePlace> {
    if text.is_empty() {
        return Err(UnusablePlace::Text { member, reason: "it must be said" });
    }
    plain(member, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address() {
        for text in
            ["files.example", "localhost.", "192.0.2.1", "2001:db8::1", "[2001:db8::1]", "é.fr"]
        {
            assert!(host_text("host", text).is_ok(), "{text}");
        }
        for text in
            ["", "u:secret@files.example", "files.example/x", "a b", "ftp://x", "a:21", "[x]"]
        {
            let said = host_text("host", text).unwrap_err().to_string();
            assert!(said.contains("host") && !said.contains("secret"), "{said}");
        }
    }
}
