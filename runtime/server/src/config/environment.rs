//! The environment as a layer of the settings: variables that override what the file says.

use std::collections::{HashMap, HashSet};

use config::{Case, Environment, File, FileFormat};

use super::{ConfigError, DEFAULTS};
use crate::nearest::nearest;

/// Starts the names of the variables that override settings.
const ENVIRONMENT_PREFIX: &str = "CHAMPOLLION";

/// Variables of the same beginning that are no settings: those of the commands that talk to a
/// server, of the tools that build decoders, and the one that holds the master key of the vault.
const OTHER_VARIABLES: [&str; 15] = [
    "CHAMPOLLION_MASTER_KEY",
    "CHAMPOLLION_MIRROR_TOKEN",
    "CHAMPOLLION_OCI_PASSWORD",
    "CHAMPOLLION_CA",
    "CHAMPOLLION_KEY",
    "CHAMPOLLION_SERVER",
    "CHAMPOLLION_TOKEN",
    "CHAMPOLLION_NWK_S_KEY",
    "CHAMPOLLION_F_NWK_S_INT_KEY",
    "CHAMPOLLION_S_NWK_S_INT_KEY",
    "CHAMPOLLION_NWK_S_ENC_KEY",
    "CHAMPOLLION_APP_S_KEY",
    "CHAMPOLLION_APP_KEY",
    "CHAMPOLLION_NWK_KEY",
    "CHAMPOLLION_GUEST_TOOLCHAIN",
];

/// The variables that override a setting. One that looks like it and is none is an error, so that a
/// misspelt setting is found.
pub(super) fn settings_among(
    all: impl Iterator<Item = (String, String)>,
) -> Result<HashMap<String, String>, ConfigError> {
    let known = setting_variables()?;
    let ours = all.filter(|(name, _)| {
        name.starts_with(&format!("{ENVIRONMENT_PREFIX}_"))
            && !OTHER_VARIABLES.contains(&name.as_str())
            && !is_service_link(name)
    });
    ours.map(
        |(name, value)| {
            if known.contains(&name) { Ok((name, value)) } else { Err(unknown(name, &known)) }
        },
    )
    .collect()
}

/// The error about a variable that is no setting; all names begin alike, so the beginning says nothing.
fn unknown(name: String, known: &HashSet<String>) -> ConfigError {
    let short = |name: &str| name.trim_start_matches(ENVIRONMENT_PREFIX).to_owned();
    let mut names: Vec<String> = known.iter().map(|name| short(name)).collect();
    // Of two that are as near, the answer is always the same one.
    names.sort();
    let nearest = nearest(&short(&name), names.iter().map(String::as_str));
    let nearest = nearest.map(|nearest| format!("{ENVIRONMENT_PREFIX}{nearest}"));
    ConfigError::UnknownVariable { name, nearest }
}

/// Kubernetes tells every container about a service named `champollion` by variables of these forms.
fn is_service_link(name: &str) -> bool {
    ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT"].iter().any(|link| {
        let rest = name.strip_prefix(ENVIRONMENT_PREFIX).and_then(|rest| rest.strip_prefix(link));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    })
}

/// The variable of every setting that the defaults have.
fn setting_variables() -> Result<HashSet<String>, ConfigError> {
    let defaults: HashMap<String, config::Value> = config::Config::builder()
        .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
        .build()?
        .try_deserialize()?;
    let names = defaults.into_iter().flat_map(|(name, value)| names_within(name, value));
    let variable =
        |name: String| format!("{ENVIRONMENT_PREFIX}_{}", name.replace('-', "_").to_uppercase());
    Ok(names.map(variable).collect())
}

/// The names of the settings within a value: its own, or those of a section and the sections in it.
fn names_within(name: String, value: config::Value) -> Vec<String> {
    match value.into_table() {
        Ok(section) => {
            let within = |(key, value)| names_within(format!("{name}__{key}"), value);
            section.into_iter().flat_map(within).collect()
        }
        Err(_) => vec![name],
    }
}

/// Returns the layer of the variables that were found.
pub(super) fn layer(set: HashMap<String, String>) -> Environment {
    Environment::with_prefix(ENVIRONMENT_PREFIX)
        .prefix_separator("_")
        .separator("__")
        .convert_case(Case::Kebab)
        .try_parsing(true)
        .source(Some(set))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_no_setting_is_refused_by_its_name() {
        let among = |name: &str| {
            settings_among([(name.to_owned(), "1".to_owned())].into_iter()).map(|set| set.len())
        };
        assert_eq!(among("CHAMPOLLION_RETENTION__HOURS").unwrap(), 1);
        assert_eq!(among("CHAMPOLLION_LISTEN").unwrap(), 1);
        assert_eq!(among("CHAMPOLLION_SIGN_IN__OPENID__CLIENT_SECRET").unwrap(), 1);
        assert_eq!(among("CHAMPOLLION_TOKEN").unwrap(), 0);
        assert_eq!(among("PATH").unwrap(), 0);
        for link in ["PORT", "SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT_8080_TCP_ADDR"] {
            assert_eq!(among(&format!("CHAMPOLLION_{link}")).unwrap(), 0, "{link}");
        }
        let error = among("CHAMPOLLION_RETENTION_HOURS").unwrap_err().to_string();
        assert!(error.contains("CHAMPOLLION_RETENTION_HOURS is no setting"), "{error}");
        assert!(error.contains("did you mean `CHAMPOLLION_RETENTION__HOURS`?"), "{error}");
    }
}
