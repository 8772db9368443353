//! The settings of a provider with the texts of their files, checked.

use std::{net::IpAddr, path::Path};

use reqwest::Url;

use super::OpenidSettings;
use crate::text_file;

/// Settings that can be used.
pub(super) struct Usable {
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) client_secret: Option<String>,
    pub(super) scopes: Vec<String>,
    /// The authorities, in PEM.
    pub(super) authorities: Option<String>,
}

impl OpenidSettings {
    /// The settings with the texts of their files.
    pub(super) fn usable(&self) -> Result<Usable, String> {
        check_issuer(&self.issuer)?;
        if self.client_id.is_empty() {
            return Err("client-id is empty: register this server at the provider".to_owned());
        }
        let client_secret = match (self.client_secret_file.as_str(), self.client_secret.as_str()) {
            ("", "") => None,
            ("", secret) => Some(secret.to_owned()),
            (file, "") => Some(text_file::read(Path::new(file))?),
            _ => {
                return Err(
                    "client-secret and client-secret-file are both said: say one".to_owned()
                );
            }
        };
        let authorities = match self.ca_file.as_str() {
            "" => None,
            file => Some(text_file::read(Path::new(file))?),
        };
        let mut named = self.second_factor_amr.iter().chain(&self.second_factor_acr);
        if named.any(|value| value.trim().is_empty()) {
            return Err("second-factor-amr and second-factor-acr hold an empty value, which any token might have"
                .to_owned());
        }
        let scopes = self.scopes.split_whitespace().map(str::to_owned).collect();
        let (issuer, client_id) = (self.issuer.clone(), self.client_id.clone());
        Ok(Usable { issuer, client_id, client_secret, scopes, authorities })
    }
}

/// Checks the address of an issuer. One in clear is of the same machine: else somebody between could sign in as anybody.
fn check_issuer(issuer: &str) -> Result<(), String> {
    let url: Url =
        issuer.parse().map_err(|error| format!("issuer: {issuer} is no address: {error}"))?;
    let is_local = url.host_str().is_some_and(|host| {
        host == "localhost"
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    });
    match (url.scheme(), is_local) {
        ("https", _) | ("http", true) => Ok(()),
        _ => Err(format!("issuer: {issuer} must read https://host")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_reached_by_https_or_on_the_same_machine() {
        for issuer in
            ["https://login.example", "http://127.0.0.1:4000", "http://localhost", "http://[::1]:1"]
        {
            assert_eq!(check_issuer(issuer), Ok(()), "{issuer}");
        }
        for issuer in ["http://login.example", "login.example", "ftp://127.0.0.1", "https://"] {
            assert!(check_issuer(issuer).is_err(), "{issuer}");
        }
    }

    #[test]
    fn a_secret_is_said_once_and_never_shown() {
        let settings = OpenidSettings {
            issuer: "https://login.example".to_owned(),
            client_id: "champollion".to_owned(),
            client_secret: "hush".to_owned(),
            ..OpenidSettings::default()
        };
        assert_eq!(settings.usable().unwrap().client_secret.as_deref(), Some("hush"));
        assert!(!format!("{settings:?}").contains("hush"));
        let twice =
            OpenidSettings { client_secret_file: "/etc/secret".to_owned(), ..settings.clone() };
        assert!(twice.usable().err().unwrap().contains("both"));
        let empty = OpenidSettings { second_factor_acr: vec![" ".to_owned()], ..settings.clone() };
        assert!(empty.usable().err().unwrap().contains("second-factor-acr"));
        let nobody = OpenidSettings { client_id: String::new(), ..settings };
        assert!(nobody.usable().err().unwrap().contains("client-id"));
    }
}
