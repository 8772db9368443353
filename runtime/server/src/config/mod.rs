//! The settings as a whole: a TOML file, overridden by the environment. The type of each section belongs to the
//! room whose settings they are.

mod environment;
mod unknown;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use champollion_delivery::{destinations::DestinationSettings, mailbox::RetentionSettings};
use champollion_fleet::{people::PeopleLimits, sheets::SheetLimits, vault::VaultSettings};
use champollion_registry::{
    RegistryConfig, channels::QuarantineRule, gate::PublicationSettings, ledger::AuditLimits,
    package::DecoderId,
};
use champollion_sandbox::{CallLimits, Limits};
use champollion_service::statements::StatementSettings;
use config::{Environment, File, FileFormat};
use serde::Deserialize;

use crate::{
    approval_settings::ApprovalSettings, auth::RequestLimits, backups::BackupSettings,
    cluster::ClusterSettings, connections::ConnectionLimits, devices::Keks,
    downlinks::CommandTimes, expensive::ExpensiveSettings, http_settings::HttpSettings,
    ingest::FrameSettings, mail::MailSettings, mirrors::Mirrors, network_servers::NetworkServers,
    outbox::OutboxSettings, page_settings::PageSettings, parked::ParkedLimits,
    quality::QualitySettings, quotas::Quotas, schedules::ScheduleSettings, sign_in::SignInSettings,
    span_export::TelemetrySettings, store_settings::StoreSettings, telemetry::LogSettings,
    territory_settings::TerritorySettings, tls::TlsSettings, workers::DecodingSettings,
};

/// The default settings with their explanations: what `champollion serve --print-config` prints.
pub const DEFAULTS: &str = include_str!("../../champollion.toml");

/// All settings; `champollion.toml` explains each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// Address and port of the HTTP interface.
    pub listen: SocketAddr,
    /// The folder that holds everything.
    pub data_dir: PathBuf,
    /// The settings of the HTTP interface.
    pub http: HttpSettings,
    /// The time zone of the territory.
    pub territory: TerritorySettings,
    /// The settings of pages for people.
    pub pages: PageSettings,
    /// The certificate and the key of the HTTP interface.
    pub tls: TlsSettings,
    /// The bounds of connections.
    pub connections: ConnectionLimits,
    /// The bounds of requests and of wrong tokens.
    pub requests: RequestLimits,
    /// The settings of taking frames.
    pub frames: FrameSettings,
    /// The keys that network servers wrap session keys with, by their labels.
    pub keks: Keks,
    /// The network servers, by their names.
    #[serde(default)]
    pub network_servers: NetworkServers,
    /// Where the store is, and its limits.
    pub store: StoreSettings,
    /// The place of this node among several that share a store.
    pub cluster: ClusterSettings,
    /// The folder in which backups are made.
    pub backup: BackupSettings,
    /// Where the master key of the vault comes from.
    pub vault: VaultSettings,
    /// The bounds of sheets of devices.
    pub sheets: SheetLimits,
    /// The time that records are kept.
    pub retention: RetentionSettings,
    /// Where records may go, and how patiently.
    pub delivery: DestinationSettings,
    /// The times that commands wait and are remembered.
    pub downlinks: CommandTimes,
    /// The bounds of schedules.
    pub schedules: ScheduleSettings,
    /// The limits of parked messages.
    pub parked: ParkedLimits,
    /// The limits of decoders.
    pub sandbox: Limits,
    /// The same of single decoders, where it is less.
    #[serde(default)]
    pub decoders: BTreeMap<DecoderId, CallLimits>,
    /// The threads that decode.
    pub decoding: DecodingSettings,
    /// The threads, places and time of expensive requests.
    pub expensive: ExpensiveSettings,
    /// The most that each group may have.
    pub quotas: Quotas,
    /// The most accounts, grants and tokens of people.
    pub people: PeopleLimits,
    /// The bounds of requests of partners, and the notice of approvals.
    pub approvals: ApprovalSettings,
    /// The server that mails are handed to.
    pub mail: MailSettings,
    /// The pauses between attempts to send what waits.
    pub outbox: OutboxSettings,
    /// The times of sessions, and the bounds of attempts to sign in.
    pub sign_in: SignInSettings,
    /// The figures of connectivity.
    pub quality: QualitySettings,
    /// When a decoder is set aside.
    pub quarantine: QuarantineRule,
    /// The demands on packages.
    pub publication: PublicationSettings,
    /// The space of the audit.
    pub audit: AuditLimits,
    /// Other servers that have the same packages, by their names.
    #[serde(default)]
    pub mirrors: Mirrors,
    /// The tariffs, subscriptions and inhabitants of statements.
    pub statements: StatementSettings,
    /// The settings of the log.
    pub log: LogSettings,
    /// The collector of traces.
    pub telemetry: TelemetrySettings,
}

/// A fault of the settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file or a value cannot be used.
    #[error("the settings cannot be used: {}", unknown::told(&.0.to_string()))]
    Unusable(#[from] config::ConfigError),
    /// A variable of the environment is misspelt.
    #[error("{name} is no setting{}; `champollion serve --print-config` lists them", unknown::meant(.nearest.as_deref()))]
    UnknownVariable {
        /// The name of the variable.
        name: String,
        /// The variable that was probably meant.
        nearest: Option<String>,
    },
}

impl Config {
    /// Reads the defaults, over them a file, over both the environment.
    pub fn read(file: Option<&Path>) -> Result<Self, ConfigError> {
        let set = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::layered(file, environment::layer(environment::settings_among(set)?))
    }

    fn layered(file: Option<&Path>, environment: Environment) -> Result<Self, ConfigError> {
        let mut layers =
            config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(file) = file {
            layers = layers.add_source(File::from(file).format(FileFormat::Toml).required(true));
        }
        Ok(layers.add_source(environment).build()?.try_deserialize()?)
    }

    /// Returns the configuration of the registry, which several sections set.
    #[must_use]
    pub fn registry(&self) -> RegistryConfig {
        RegistryConfig {
            lower_limits: self.decoders.clone(),
            loaded_bytes: self.decoding.loaded_bytes,
            quarantine: self.quarantine.clone(),
            audit: self.audit,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use champollion_delivery::{destinations::Ports, names::GroupId};
    use champollion_registry::gate::Gate;

    use super::*;

    fn environment(set: &[(&str, &str)]) -> Environment {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        environment::layer(set.iter().map(owned).collect())
    }

    #[test]
    fn the_defaults_are_those_of_the_sandbox() {
        let config = Config::layered(None, environment(&[])).unwrap();
        assert_eq!(config.sandbox, Limits::default());
        assert_eq!(config.sheets, SheetLimits::default());
        assert_eq!(config.registry().loaded_bytes, RegistryConfig::LOADED_BYTES);
        assert_eq!(config.quarantine, QuarantineRule::default());
        assert_eq!(config.audit, AuditLimits::default());
        assert_eq!(config.publication.gate(), Gate::default());
        assert_eq!(config.retention.time(), Duration::from_secs(48 * 3_600));
        assert_eq!(config.frames.copies_window(), Duration::from_millis(200));
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
    fn a_word_that_is_no_choice_is_refused_with_the_choices() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("champollion.toml");
        for (text, key, choices) in [
            ("[log]\nformat = \"xml\"\n", "log.format", ["text", "json"]),
            (
                "[connections]\nforwarded-header = \"via\"\n",
                "connections.forwarded-header",
                ["x-forwarded-for", "forwarded"],
            ),
            (
                "[network-servers.city]\nkind = \"sigfox\"\n",
                "network-servers.city.kind",
                ["chirpstack", "phy"],
            ),
            (
                "[network-servers.city]\nkind = \"tts\"\npayload = \"open\"\n",
                "network-servers.city.payload",
                ["clear", "encrypted"],
            ),
            (
                "[network-servers.city]\nkind = \"tts\"\n[network-servers.city.downlink]\nvia = \"mail\"\n",
                "network-servers.city.downlink.via",
                ["mqtt", "http"],
            ),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = Config::layered(Some(&file), environment(&[])).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
            assert!(choices.iter().all(|choice| error.contains(&format!("`{choice}`"))), "{error}");
        }
        let set = [("CHAMPOLLION_LOG__FORMAT", "json")];
        let config = Config::layered(None, environment(&set)).unwrap();
        assert_eq!(config.log.format, crate::telemetry::LogFormat::Json);
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
    fn a_file_that_is_not_there_is_an_error() {
        let error = Config::layered(Some(Path::new("nowhere.toml")), environment(&[])).unwrap_err();
        assert!(error.to_string().contains("nowhere.toml"), "{error}");
    }
}
