//! The settings of sign-in by OpenID Connect.

use std::fmt;

use serde::{Deserialize, Serialize};

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

/// The value of an ID token that stood for a second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SaidFactor {
    /// A method of authentication.
    Amr(String),
    /// The context of the authentication.
    Acr(String),
}

impl OpenidSettings {
    /// Whether there is a provider.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// Whether a value of an ID token stands for the second factor of an admin.
    #[must_use]
    pub fn takes(&self, said: &SaidFactor) -> bool {
        let (named, value) = match said {
            SaidFactor::Amr(method) => (&self.second_factor_amr, method),
            SaidFactor::Acr(context) => (&self.second_factor_acr, context),
        };
        self.is_on() && named.contains(value)
    }

    /// Returns the value that stands for a second factor among those by which an ID token says in which way a person has
    /// signed in.
    #[must_use]
    pub fn second_factor<'of>(
        &self,
        methods: impl Iterator<Item = &'of str>,
        context: Option<&str>,
    ) -> Option<SaidFactor> {
        let methods = methods.map(|method| SaidFactor::Amr(method.to_owned()));
        let context = context.map(|context| SaidFactor::Acr(context.to_owned()));
        methods.chain(context).find(|said| self.takes(said))
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
        let nobody = OpenidSettings { issuer: String::new(), ..both.clone() };
        for (methods, context, expected) in [
            (&["pwd", "mfa"][..], None, Some(SaidFactor::Amr("mfa".to_owned()))),
            (&["pwd"], Some("urn:strong"), Some(SaidFactor::Acr("urn:strong".to_owned()))),
            (&["pwd"], Some("urn:weak"), None),
            (&["pwd"], Some("mfa"), None),
            (&["MFA"], Some(""), None),
            (&[], None, None),
        ] {
            let said = |settings: &OpenidSettings| {
                settings.second_factor(methods.iter().copied(), context)
            };
            assert_eq!(said(&both), expected, "{methods:?} {context:?}");
            assert_eq!(said(&none), None, "nothing is one where nothing is named");
            assert_eq!(said(&nobody), None, "nobody says it");
        }
        // What was said counts as long as it is named, and no longer.
        let said = both.second_factor(["hwk"].into_iter(), None).unwrap();
        assert!(both.takes(&said) && !of(&["mfa"], &["hwk"]).takes(&said));
    }
}
