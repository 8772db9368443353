//! The settings of sign-in by OpenID Connect.

use std::fmt;

use serde::Deserialize;

/// The provider at which people sign in: the section `[sign-in.openid]`. Without an issuer there is none.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OpenidSettings {
    /// The address of the issuer; empty: none.
    pub issuer: String,
    /// The name of this server at the provider.
    pub client_id: String,
    /// The file with the secret of this server at the provider; empty: none.
    pub client_secret_file: String,
    /// The secret itself, where it is in no file; empty: none.
    pub client_secret: String,
    /// The scopes that are asked for beside `openid`, with blanks between.
    pub scopes: String,
    /// The file with the authorities that sign the provider's certificate; empty: those of the system.
    pub ca_file: String,
    /// The authentication methods (`amr`) of an ID token of which each is the second factor of an admin.
    pub second_factor_amr: Vec<String>,
    /// The authentication contexts (`acr`) of which each is one; they are asked for.
    pub second_factor_acr: Vec<String>,
}

impl OpenidSettings {
    /// Whether there is a provider.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// Whether an ID token can stand for the second factor of an admin.
    #[must_use]
    pub fn takes_second_factors(&self) -> bool {
        self.is_on() && !(self.second_factor_amr.is_empty() && self.second_factor_acr.is_empty())
    }

    /// Whether what an ID token says of the way in which a person has signed in stands for a second factor.
    #[must_use]
    pub fn is_second_factor<'of>(
        &self,
        mut methods: impl Iterator<Item = &'of str>,
        context: Option<&str>,
    ) -> bool {
        methods.any(|method| self.second_factor_amr.iter().any(|known| known == method))
            || context
                .is_some_and(|context| self.second_factor_acr.iter().any(|own| own == context))
    }
}

impl fmt::Debug for OpenidSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, client_id, client_secret_file, scopes, ca_file, .. } = self;
        let Self { second_factor_amr, second_factor_acr, .. } = self;
        formatter
            .debug_struct("OpenidSettings")
            .field("issuer", issuer)
            .field("client_id", client_id)
            .field("client_secret_file", client_secret_file)
            .field("scopes", scopes)
            .field("ca_file", ca_file)
            .field("second_factor_amr", second_factor_amr)
            .field("second_factor_acr", second_factor_acr)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_factor_is_what_the_settings_name() {
        let of = |amr: &[&str], acr: &[&str]| OpenidSettings {
            issuer: "https://login.example".to_owned(),
            second_factor_amr: amr.iter().map(ToString::to_string).collect(),
            second_factor_acr: acr.iter().map(ToString::to_string).collect(),
            ..OpenidSettings::default()
        };
        let (none, both) = (of(&[], &[]), of(&["mfa", "hwk"], &["urn:strong"]));
        assert!(!none.takes_second_factors() && both.takes_second_factors());
        assert!(!OpenidSettings { issuer: String::new(), ..both.clone() }.takes_second_factors());
        for (methods, context, expected) in [
            (&["pwd", "mfa"][..], None, true),
            (&["pwd"], Some("urn:strong"), true),
            (&["pwd"], Some("urn:weak"), false),
            (&["MFA"], Some(""), false),
            (&[], None, false),
        ] {
            let said = |settings: &OpenidSettings| {
                settings.is_second_factor(methods.iter().copied(), context)
            };
            assert_eq!(said(&both), expected, "{methods:?} {context:?}");
            assert!(!said(&none), "nothing is one where nothing is named");
        }
    }
}
