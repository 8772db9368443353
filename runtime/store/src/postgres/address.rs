//! The address of a database: what of it is libpq's, and what is decided here.
//!
//! `sslmode` knows two words here. `verify-full` checks certificate and name, and is the default off this machine;
//! `disable` is the default on it. The words in between, which encrypt without knowing the other side, are refused.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::options::PostgresOptions;
use crate::error::StoreError;

/// The time that one attempt to reach a host takes at most.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The time after which the kernel gives a connection up whose bytes nobody confirms: a node that is cut from its
/// database shall say so within two seconds, and nothing in a transaction is ever cancelled by a clock of ours.
const UNCONFIRMED_TIMEOUT: Duration = Duration::from_millis(1_500);

/// A database that can be connected to.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) is_secured: bool,
    /// A file of authorities in PEM, instead of those of the system.
    pub(super) authorities: Option<PathBuf>,
    /// Hosts, port and database, for people.
    name: String,
}

impl Address {
    pub(super) fn parse(options: &PostgresOptions) -> Result<Self, StoreError> {
        let (rest, mode, authorities) = split(&options.url)?;
        let mut config: Config = rest
            .parse()
            .map_err(|_| wrong("it is not such as postgres://user@host:5432/database"))?;
        if let Some(password) = &options.password {
            config.password(password.as_bytes());
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(wrong("it names no host"));
        }
        let is_local = is_local(&config);
        let is_secured = match mode.as_deref() {
            None => !is_local,
            Some("verify-full") => true,
            Some("disable") => false,
            Some(_) => return Err(wrong("sslmode is verify-full or disable")),
        };
        config
            .ssl_mode(if is_secured { SslMode::Require } else { SslMode::Disable })
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .application_name("champollion")
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(UNCONFIRMED_TIMEOUT)
            .keepalives_idle(CONNECT_TIMEOUT)
            .keepalives_interval(CONNECT_TIMEOUT)
            .keepalives_retries(1);
        let name = name_of(&config);
        Ok(Self { config, is_secured, authorities: authorities.map(PathBuf::from), name })
    }
}

/// Hosts and database, without user and password.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

/// Takes `sslmode` and `sslrootcert` out of the address: the client knows neither all words of the one nor the other.
fn split(url: &str) -> Result<(String, Option<String>, Option<String>), StoreError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(wrong("it does not start with postgres://"));
    }
    let (before, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut authorities, mut others) = (None, None, Vec::new());
    for part in query.split('&').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => authorities = Some(value.replace("%2F", "/")),
            _ => others.push(part),
        }
    }
    let rest = if others.is_empty() {
        before.to_owned()
    } else {
        format!("{before}?{}", others.join("&"))
    };
    Ok((rest, mode, authorities))
}

/// Whether every host is this machine. `hostaddr` goes before the name: it alone is connected to.
fn is_local(config: &Config) -> bool {
    let are_names_local = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Host::Unix(_) => true,
    });
    are_names_local && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

fn name_of(config: &Config) -> String {
    let ports = config.get_ports();
    let named = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    });
    let mut names: Vec<String> = named.collect();
    if names.is_empty() {
        names = config.get_hostaddrs().iter().map(IpAddr::to_string).collect();
    }
    let hosts = names.iter().enumerate().map(|(index, name)| {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        format!("{name}:{port}")
    });
    let hosts: Vec<String> = hosts.collect();
    format!("{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

/// The error of an address. The address itself is not in it, since it may hold a password.
fn wrong(reason: &'static str) -> StoreError {
    StoreError::BadAddress { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<Address, StoreError> {
        Address::parse(&PostgresOptions::new(url))
    }

    #[test]
    fn other_machines_are_reached_by_tls_alone_unless_it_is_said_otherwise() {
        for (url, is_secured) in [
            ("postgres://u@db.example/meters", true),
            ("postgres://u@db1.example,127.0.0.1/meters", true),
            ("postgres://u@db.example/meters?sslmode=disable", false),
            ("postgres://u@127.0.0.1:5433/meters", false),
            ("postgresql://u@localhost/meters?sslmode=verify-full", true),
            ("postgres://u@%2Frun%2Fpostgresql/meters", false),
            ("postgres://u@localhost/meters?hostaddr=192.0.2.7", true),
            ("postgres://u@localhost,localhost/meters?hostaddr=127.0.0.1,192.0.2.7", true),
            ("postgres://u@localhost/meters?hostaddr=127.0.0.1", false),
        ] {
            assert_eq!(address(url).unwrap().is_secured, is_secured, "{url}");
        }
        for refused in ["require", "prefer", "verify-ca", "on"] {
            let error = address(&format!("postgres://u@h/d?sslmode={refused}")).err().unwrap();
            assert!(error.to_string().contains("verify-full"), "{error}");
        }
    }

    #[test]
    fn an_address_without_a_host_is_refused() {
        for nowhere in ["postgres://", "postgres:///meters", "postgres:///meters?user=u"] {
            let error = address(nowhere).err().unwrap();
            assert!(error.to_string().contains("no host"), "{nowhere}: {error}");
        }
        let numbered = address("postgres:///meters?user=u&hostaddr=192.0.2.7").unwrap();
        assert_eq!(numbered.to_string(), "192.0.2.7:5432/meters");
        assert!(numbered.is_secured);
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        let url =
            "postgres://u:secret@db1.example:5433,db2.example:5433/meters?sslrootcert=/etc/ca.pem";
        let address = address(url).unwrap();
        assert_eq!(address.to_string(), "db1.example:5433,db2.example:5433/meters");
        assert_eq!(address.authorities, Some(PathBuf::from("/etc/ca.pem")));
        let error = super::tests::address("mysql://u:secret@h/d").err().unwrap();
        assert!(!error.to_string().contains("secret"), "{error}");
        let error = super::tests::address("postgres://u:secret@h:port/d").err().unwrap();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
