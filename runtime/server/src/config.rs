//! The settings: a TOML file, overridden by the environment.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use champollion_delivery::{
    destinations::{AddressRules, DestinationLimits, Network, Ports, Reach, listed},
    names::GroupId,
};
use champollion_registry::{
    RegistryConfig, channels::QuarantineRule, gate::Gate, ledger::AuditLimits, package::DecoderId,
};
use champollion_sandbox::{CallLimits, Limits};
use config::{Case, Environment, File, FileFormat};
use serde::Deserialize;

use crate::{
    auth::RequestLimits, connections::ConnectionLimits, devices::Keks, downlinks::CommandTimes,
    expensive::ExpensiveSettings, mirrors::Mirrors, network_servers::NetworkServers,
    parked::ParkedLimits, quotas::Quotas, storage::StorageLimits,
};

/// The default settings with their explanations: what `champollion serve --print-config` prints.
pub const DEFAULTS: &str = include_str!("../champollion.toml");

/// Starts the names of the variables that override settings.
const ENVIRONMENT_PREFIX: &str = "CHAMPOLLION";

/// Variables of the same beginning that are no settings: those of the commands that talk to a
/// server, and of the tools that build decoders.
const OTHER_VARIABLES: [&str; 13] = [
    "CHAMPOLLION_MIRROR_TOKEN",
    "CHAMPOLLION_OCI_PASSWORD",
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

/// All settings; `champollion.toml` explains each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// Address and port of the HTTP interface.
    pub listen: SocketAddr,
    /// The folder that holds everything.
    pub data_dir: PathBuf,
    /// The settings of the HTTP interface.
    pub http: Http,
    /// The bounds of connections.
    pub connections: ConnectionLimits,
    /// The bounds of requests and of wrong tokens.
    pub requests: RequestLimits,
    /// The settings of taking frames.
    pub frames: Frames,
    /// The keys that network servers wrap session keys with, by their labels.
    pub keks: Keks,
    /// The network servers, by their names.
    #[serde(default)]
    pub network_servers: NetworkServers,
    /// The limits of the disk.
    pub store: StorageLimits,
    /// The time that records are kept.
    pub retention: Retention,
    /// Where records may go, and how patiently.
    pub delivery: Delivery,
    /// The times that commands wait and are remembered.
    pub downlinks: CommandTimes,
    /// The limits of parked messages.
    pub parked: ParkedLimits,
    /// The limits of decoders.
    pub sandbox: Limits,
    /// The same of single decoders, where it is less.
    #[serde(default)]
    pub decoders: BTreeMap<DecoderId, CallLimits>,
    /// The threads that decode.
    pub decoding: Decoding,
    /// The threads, places and time of expensive requests.
    pub expensive: ExpensiveSettings,
    /// The most that each group may have.
    pub quotas: Quotas,
    /// When a decoder is set aside.
    pub quarantine: Quarantine,
    /// The demands on packages.
    pub publication: Publication,
    /// The space of the audit.
    pub audit: Audit,
    /// Other servers that have the same packages, by their names.
    #[serde(default)]
    pub mirrors: Mirrors,
    /// The settings of the log.
    pub log: Log,
}

/// The settings of the HTTP interface.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Http {
    /// Largest body of a request in bytes.
    pub body_bytes: usize,
    /// Most bytes of a page of records, or of a list.
    pub page_bytes: usize,
    /// Large answers that may be on their way to one token, or without one to one address.
    pub large_answers: usize,
    /// Seconds that requests under way are given to end.
    pub shutdown_seconds: u64,
}

/// The settings of taking frames.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Frames {
    /// Milliseconds that the copies of a frame through other gateways are waited for; 0: not at all.
    #[serde(deserialize_with = "copies_window_ms")]
    pub copies_window_ms: u64,
    /// Whether every network server of the settings speaks for the devices that are registered for none.
    pub shared_devices: bool,
}

/// A frame is answered only after the window: with a longer one network servers would give up.
const COPIES_WINDOW_MS_LIMIT: u64 = 5_000;

fn copies_window_ms<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let milliseconds = u64::deserialize(deserializer)?;
    if milliseconds > COPIES_WINDOW_MS_LIMIT {
        return Err(serde::de::Error::custom(format_args!(
            "copies-window-ms is {milliseconds}, and {COPIES_WINDOW_MS_LIMIT} is the limit"
        )));
    }
    Ok(milliseconds)
}

/// The time that records are kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Retention {
    /// Hours after which a record is removed.
    pub hours: u32,
}

/// Where records may go, and how patiently.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Delivery {
    /// Whether recipients may be in any private network.
    pub private_addresses: bool,
    /// Networks that recipients may be in beside the internet.
    #[serde(deserialize_with = "listed")]
    pub allow_networks: Vec<Network>,
    /// Networks that recipients may not be in.
    #[serde(deserialize_with = "listed")]
    pub deny_networks: Vec<Network>,
    /// Ports that recipients may have.
    #[serde(deserialize_with = "listed")]
    pub allow_ports: Vec<Ports>,
    /// Ports that recipients may not have.
    #[serde(deserialize_with = "listed")]
    pub deny_ports: Vec<Ports>,
    /// The same lists for the recipients of single groups, which come first.
    #[serde(default)]
    pub groups: BTreeMap<GroupId, Reach>,
    /// Whether records may go over HTTP without TLS.
    pub plain_http: bool,
    /// The folder below which files may be put; none may where it is empty.
    pub folders: PathBuf,
    /// Milliseconds before what failed is tried again for the first time.
    pub first_pause_ms: u64,
    /// The longest that this pause grows to, in seconds.
    pub longest_pause_seconds: u64,
}

impl Delivery {
    /// The same for the routes.
    #[must_use]
    pub fn destination_limits(&self) -> DestinationLimits {
        let Self { private_addresses, plain_http, first_pause_ms, longest_pause_seconds, .. } =
            *self;
        let all = Reach {
            allow_networks: self.allow_networks.clone(),
            deny_networks: self.deny_networks.clone(),
            allow_ports: self.allow_ports.clone(),
            deny_ports: self.deny_ports.clone(),
        };
        let own = |(group, reach): (&GroupId, &Reach)| (group.clone(), Arc::new(reach.clone()));
        DestinationLimits {
            addresses: AddressRules {
                private: private_addresses,
                all: Arc::new(all),
                groups: self.groups.iter().map(own).collect(),
            },
            plain_http,
            folders: (!self.folders.as_os_str().is_empty()).then(|| self.folders.clone()),
            pauses: (
                Duration::from_millis(first_pause_ms),
                Duration::from_secs(longest_pause_seconds),
            ),
        }
    }
}

/// The threads that decode, and what is kept in memory for them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Decoding {
    /// Threads that decode; 0 is one for each core.
    pub workers: usize,
    /// Calls that may wait for one of them.
    pub queue: usize,
    /// Bytes of code of the decoders that are kept in memory.
    pub loaded_bytes: u64,
}

/// When a decoder is set aside.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Quarantine {
    /// Calls that misbehave, of one device or of several; 0 sets nothing aside.
    pub failures: usize,
    /// Within how many seconds.
    pub seconds: u64,
    /// The share of the calls that they must be, in percent, and of the devices.
    pub share_percent: u8,
    /// The number of failing devices with which a port is set aside.
    pub devices: usize,
    /// Seconds after which one call is let through.
    pub trial_seconds: u64,
}

/// The demands on packages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Publication {
    /// The number of random payloads that a package must get through.
    pub random_payloads: usize,
    /// Whether packages without signature are published, of vendors to whom no key belongs.
    pub unsigned: bool,
    /// Packages that may be under way to be tried.
    pub waiting: usize,
    /// The same of one token.
    pub waiting_of_token: usize,
    /// Bytes that the packages of one vendor may take.
    pub bytes_of_vendor: u64,
}

/// The space of the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Audit {
    /// Bytes of lines in the store beyond which the older half is archived.
    pub live_bytes: u64,
    /// Bytes of lines and archives beyond which nothing is changed any more.
    pub max_bytes: u64,
}

/// The settings of the log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Log {
    /// A filter of tracing.
    pub filter: String,
    /// The format of the lines.
    pub format: LogFormat,
    /// Whether the filter holds for libraries too, whose finer lines show headers, bodies and secrets.
    pub unsafe_libraries: bool,
}

/// For whom the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// Lines of JSON, for programs.
    Json,
}

/// A fault of the settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file or a value cannot be used.
    #[error("the settings cannot be used: {0}")]
    Unusable(#[from] config::ConfigError),
    /// A variable of the environment is misspelt.
    #[error("{0} is no setting; `champollion serve --print-config` lists them")]
    UnknownVariable(String),
}

impl Config {
    /// Reads the defaults, over them a file, over both the environment.
    pub fn read(file: Option<&Path>) -> Result<Self, ConfigError> {
        let set = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::layered(file, environment(settings_among(set)?))
    }

    fn layered(file: Option<&Path>, environment: Environment) -> Result<Self, ConfigError> {
        let mut layers =
            config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(file) = file {
            layers = layers.add_source(File::from(file).format(FileFormat::Toml).required(true));
        }
        Ok(layers.add_source(environment).build()?.try_deserialize()?)
    }

    /// The time that the copies of a frame are waited for.
    #[must_use]
    pub fn copies_window(&self) -> Duration {
        Duration::from_millis(self.frames.copies_window_ms)
    }

    /// The time that records are kept.
    #[must_use]
    pub fn retention(&self) -> Duration {
        Duration::from_secs(u64::from(self.retention.hours) * 3_600)
    }

    /// Returns the demands on packages, as the registry wants them.
    #[must_use]
    pub fn gate(&self) -> Gate {
        Gate { random_payloads: self.publication.random_payloads }
    }

    /// Returns the treatment of decoders, as the registry wants it.
    #[must_use]
    pub fn registry(&self) -> RegistryConfig {
        RegistryConfig {
            lower_limits: self.decoders.clone(),
            loaded_bytes: self.decoding.loaded_bytes,
            quarantine: QuarantineRule {
                failures: self.quarantine.failures,
                window: Duration::from_secs(self.quarantine.seconds),
                share_percent: self.quarantine.share_percent,
                devices: self.quarantine.devices,
                trial: Duration::from_secs(self.quarantine.trial_seconds),
            },
            audit: AuditLimits {
                live_bytes: self.audit.live_bytes,
                max_bytes: self.audit.max_bytes,
            },
        }
    }
}

/// The variables that override a setting. One that looks like it and is none is an error, so that a
/// misspelt setting is found.
fn settings_among(
    all: impl Iterator<Item = (String, String)>,
) -> Result<HashMap<String, String>, ConfigError> {
    let known = setting_variables()?;
    let ours = all.filter(|(name, _)| {
        name.starts_with(&format!("{ENVIRONMENT_PREFIX}_"))
            && !OTHER_VARIABLES.contains(&name.as_str())
            && !is_service_link(name)
    });
    ours.map(|(name, value)| {
        if known.contains(&name) {
            Ok((name, value))
        } else {
            Err(ConfigError::UnknownVariable(name))
        }
    })
    .collect()
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
    let names = defaults.into_iter().flat_map(|(name, value)| match value.into_table() {
        Ok(section) => section.into_keys().map(|key| format!("{name}__{key}")).collect(),
        Err(_) => vec![name],
    });
    let variable =
        |name: String| format!("{ENVIRONMENT_PREFIX}_{}", name.replace('-', "_").to_uppercase());
    Ok(names.map(variable).collect())
}

fn environment(set: HashMap<String, String>) -> Environment {
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

    fn environment(set: &[(&str, &str)]) -> Environment {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        super::environment(set.iter().map(owned).collect())
    }

    #[test]
    fn the_defaults_are_those_of_the_sandbox() {
        let config = Config::layered(None, environment(&[])).unwrap();
        assert_eq!(config.sandbox, Limits::default());
        assert_eq!(config.registry().loaded_bytes, RegistryConfig::LOADED_BYTES);
        assert_eq!(config.registry().quarantine, QuarantineRule::default());
        assert_eq!(config.registry().audit, AuditLimits::default());
        assert_eq!(config.gate(), Gate::default());
        assert_eq!(config.retention(), Duration::from_secs(48 * 3_600));
        assert_eq!(config.copies_window(), Duration::from_millis(200));
    }

    /// The page is the file: `CHAMPOLLION_BLESS=1` writes it.
    #[test]
    fn the_page_of_the_settings_shows_the_file() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
        let page = std::fs::read_to_string(&path).unwrap();
        let (before, _) = page.split_once("```toml").unwrap();
        let whole = format!("{before}```toml\n{DEFAULTS}```\n");
        if std::env::var_os("CHAMPOLLION_BLESS").is_some() {
            std::fs::write(&path, &whole).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), whole);
    }

    #[test]
    fn copies_are_not_waited_for_for_ever() {
        let set = [("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "5001")];
        let error = Config::layered(None, environment(&set)).unwrap_err().to_string();
        assert!(error.contains("copies-window-ms is 5001"), "{error}");
        let set = [("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0")];
        assert!(Config::layered(None, environment(&set)).unwrap().copies_window().is_zero());
    }

    #[test]
    fn a_file_overrides_the_defaults_and_the_environment_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("champollion.toml");
        std::fs::write(&file, "listen = \"0.0.0.0:9000\"\n[retention]\nhours = 12\n").unwrap();
        let set = [("CHAMPOLLION_RETENTION__HOURS", "24"), ("CHAMPOLLION_DATA_DIR", "/srv/data")];
        let config = Config::layered(Some(&file), environment(&set)).unwrap();
        assert_eq!(config.listen.port(), 9000);
        assert_eq!(config.retention.hours, 24);
        assert_eq!(config.data_dir, PathBuf::from("/srv/data"));
        assert_eq!(config.http.body_bytes, 1 << 20);
    }

    #[test]
    fn trusted_proxies_are_a_list_or_a_text() {
        assert!(
            Config::layered(None, environment(&[])).unwrap().connections.trusted_proxies.is_empty()
        );
        let set = [("CHAMPOLLION_CONNECTIONS__TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1")];
        let config = Config::layered(None, environment(&set)).unwrap();
        assert!(config.connections.trusts("10.1.2.3".parse().unwrap()));
        assert!(config.connections.trusts("192.0.2.1".parse().unwrap()));
        assert!(!config.connections.trusts("192.0.2.2".parse().unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("champollion.toml");
        std::fs::write(&file, "[connections]\ntrusted-proxies = [\"::1\"]\n").unwrap();
        let config = Config::layered(Some(&file), environment(&[])).unwrap();
        assert!(config.connections.trusts("::1".parse().unwrap()));
        std::fs::write(&file, "[connections]\ntrusted-proxies = [\"proxy\"]\n").unwrap();
        let error = Config::layered(Some(&file), environment(&[])).unwrap_err().to_string();
        assert!(error.contains("proxy") && error.contains("10.0.0.0/8"), "{error}");
    }

    #[test]
    fn one_decoder_may_be_given_less() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("champollion.toml");
        let text = "[decoders.\"acme/meter-2\"]\nfuel = 1000\nwarnings = 3\n";
        std::fs::write(&file, text).unwrap();
        let config = Config::layered(Some(&file), environment(&[])).unwrap();
        let id: DecoderId = "acme/meter-2".parse().unwrap();
        let lower = CallLimits { fuel: Some(1_000), warnings: Some(3), ..CallLimits::default() };
        assert_eq!(config.registry().lower_limits.get(&id), Some(&lower));

        std::fs::write(&file, "[decoders.\"acme/meter\"]\nfeul = 1000\n").unwrap();
        let error = Config::layered(Some(&file), environment(&[])).unwrap_err();
        assert!(error.to_string().contains("feul"), "{error}");
    }

    #[test]
    fn recipients_have_lists_for_all_and_for_single_groups() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("champollion.toml");
        let text = "[delivery]\nallow-networks = [\"10.20.0.0/16\"]\nallow-ports = [443, \"8000-8999\"]\n\
                    [delivery.groups.water]\nallow-networks = [\"192.168.7.9\"]\n";
        std::fs::write(&file, text).unwrap();
        let set = [("CHAMPOLLION_DELIVERY__DENY_PORTS", "8080,8443")];
        let delivery = Config::layered(Some(&file), environment(&set)).unwrap().delivery;
        let texts = |ports: &[Ports]| ports.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(texts(&delivery.allow_ports), ["443", "8000-8999"]);
        assert_eq!(texts(&delivery.deny_ports), ["8080", "8443"]);
        let water: GroupId = "water".parse().unwrap();
        assert_eq!(delivery.groups[&water].allow_networks[0].to_string(), "192.168.7.9/32");
        for (text, says) in [
            ("[delivery]\nallow-networks = [\"10.0.0.1/8\"]\n", "10.0.0.1/8"),
            ("[delivery]\nallow-ports = [\"http\"]\n", "http"),
            ("[delivery.groups.water]\nallow = [\"::1\"]\n", "allow"),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = Config::layered(Some(&file), environment(&[])).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_setting_that_nobody_knows_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("champollion.toml");
        std::fs::write(&file, "[retention]\nhuors = 12\n").unwrap();
        let error = Config::layered(Some(&file), environment(&[])).unwrap_err();
        assert!(error.to_string().contains("huors"), "{error}");
    }

    #[test]
    fn a_variable_that_is_no_setting_is_refused_by_its_name() {
        let among = |name: &str| {
            settings_among([(name.to_owned(), "1".to_owned())].into_iter()).map(|set| set.len())
        };
        assert_eq!(among("CHAMPOLLION_RETENTION__HOURS").unwrap(), 1);
        assert_eq!(among("CHAMPOLLION_LISTEN").unwrap(), 1);
        assert_eq!(among("CHAMPOLLION_TOKEN").unwrap(), 0);
        assert_eq!(among("PATH").unwrap(), 0);
        for link in ["PORT", "SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT_8080_TCP_ADDR"] {
            assert_eq!(among(&format!("CHAMPOLLION_{link}")).unwrap(), 0, "{link}");
        }
        let error = among("CHAMPOLLION_RETENTION_HOURS").unwrap_err().to_string();
        assert!(error.contains("CHAMPOLLION_RETENTION_HOURS is no setting"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error() {
        let error = Config::layered(Some(Path::new("nowhere.toml")), environment(&[])).unwrap_err();
        assert!(error.to_string().contains("nowhere.toml"), "{error}");
    }
}
