//! The settings of sign-in.

use std::num::NonZeroU32;

use jiff::SignedDuration;
use serde::Deserialize;

use super::openid::OpenidSettings;

/// The times of sessions and links, and the bounds of attempts: the section `[sign-in]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SignInSettings {
    /// Minutes without a request after which a session ends.
    pub idle_minutes: u32,
    /// Hours after which a session ends in any case.
    pub session_hours: u32,
    /// Hours for which a link to choose a password can be used.
    pub link_hours: u32,
    /// Sign-ins that one address, or the people of one e-mail address, may try at once.
    pub tries: NonZeroU32,
    /// Sign-ins that each may try in a minute after that.
    pub tries_per_minute: NonZeroU32,
    /// Whether admins may work in a session without a second factor.
    pub admins_without_second_factor: bool,
    /// Whether a proxy speaks HTTPS for the server, so that cookies are for HTTPS alone.
    pub behind_https: bool,
    /// The address of the server as people have it in their browsers, for links; empty: paths alone.
    pub public_address: String,
    /// The provider of OpenID Connect at which people sign in as well.
    pub openid: OpenidSettings,
}

/// Returns the address of a page below the public address, for mails; empty where there is none.
pub(crate) fn page_below(public_address: &str, page: &str) -> String {
    match public_address.trim_end_matches('/') {
        "" => String::new(),
        address => format!("{address}{page}"),
    }
}

impl SignInSettings {
    pub(super) fn idle_time(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.idle_minutes.max(1)))
    }

    pub(super) fn session_time(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.session_hours.max(1)))
    }

    pub(super) fn link_time(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.link_hours.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_an_address_where_the_server_has_one() {
        assert_eq!(page_below("https://city.example/", "/status"), "https://city.example/status");
        assert_eq!(page_below("https://city.example", "/status"), "https://city.example/status");
        assert_eq!(page_below("", "/status"), "");
    }
}
