//! The rule of quarantine, and what is set aside: a device's calls, a port, or a version.
//!
//! Counted is what costs the host ([`CallError::is_misbehaviour`](champollion_sandbox::CallError)): crashes,
//! exhausted fuel or memory, output beyond all bounds. An answer about one frame counts for nothing, whether it
//! is a reading, an error, an exception or no answer at all: it costs no more than a reading does.

use std::{fmt, str::FromStr, time::Duration};

use champollion_frames::DevEui;
use champollion_store::{Table, codec::Pair, tables};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Deserializer, Serialize};

use crate::package::DecoderId;

/// The table of all that is set aside. A key of a version alone, as older servers wrote it, is of the whole
/// version.
pub(crate) const QUARANTINE: Table<(DecoderId, QuarantineKey), Quarantined, Pair> =
    Table::new(tables::REGISTRY_QUARANTINE);

/// The rule by which calls are set aside: the section `[quarantine]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct QuarantineRule {
    /// The number of misbehaving calls below which nothing is set aside; 0 sets nothing aside at all.
    pub failures: usize,
    /// The time within which calls are counted.
    #[serde(rename = "seconds", deserialize_with = "seconds")]
    pub window: Duration,
    /// The share of the calls that must misbehave, in percent, and of the devices where a port is set aside.
    pub share_percent: u8,
    /// The number of devices whose calls must misbehave before a port is set aside, which is for each
    /// device whose call misbehaves there.
    pub devices: usize,
    /// The time after which one call is let through; it doubles with each that misbehaves again.
    #[serde(rename = "trial-seconds", deserialize_with = "seconds")]
    pub trial: Duration,
}

impl QuarantineRule {
    /// A payload that one decoder crashes on may come from many devices, and is no reason to leave
    /// all others undecoded; that every second frame does, is.
    pub const FAILURES: usize = 20;
    /// The window by default: one minute.
    pub const WINDOW: Duration = Duration::from_secs(60);
    /// The share by default, in percent.
    pub const SHARE_PERCENT: u8 = 50;
    /// The devices by default. One or two that are broken, or hostile, are set aside alone.
    pub const DEVICES: usize = 3;
    /// The first time to a trial by default: one minute.
    pub const TRIAL: Duration = Duration::from_secs(60);
    /// The longest time to a trial, to which doubling leads: one hour.
    pub const LONGEST_TRIAL: Duration = Duration::from_secs(3_600);
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}

impl Default for QuarantineRule {
    fn default() -> Self {
        Self {
            failures: Self::FAILURES,
            window: Self::WINDOW,
            share_percent: Self::SHARE_PERCENT,
            devices: Self::DEVICES,
            trial: Self::TRIAL,
        }
    }
}

/// The device that a decoder is called for, and the occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The device whose uplink or command it is.
    pub dev_eui: DevEui,
    /// The port of its uplink; `None` is a command to it.
    pub f_port: Option<u8>,
}

impl Caller {
    /// All that this call may be set aside with, the widest first.
    pub(crate) fn scopes(self) -> [Scope; 3] {
        let port = Scope { f_port: self.f_port, commands: self.f_port.is_none(), dev_eui: None };
        [Scope::VERSION, port, Scope { dev_eui: Some(self.dev_eui), ..port }]
    }
}

/// The calls of a version that are set aside: all, those of one port or all commands, and of these perhaps
/// those of one device.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "camelCase")]
#[schema(as = QuarantineScope)]
pub struct Scope {
    /// The port of the uplinks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f_port: Option<u8>,
    /// Whether commands are meant, and no uplinks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub commands: bool,
    /// The device, where one alone is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_eui: Option<DevEui>,
}

impl Scope {
    /// All calls of the version.
    pub const VERSION: Self = Self { f_port: None, commands: false, dev_eui: None };
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.f_port, self.commands) {
            (Some(f_port), _) => write!(formatter, "port {f_port}")?,
            (None, true) => formatter.write_str("commands")?,
            (None, false) => formatter.write_str("all")?,
        }
        self.dev_eui.map_or(Ok(()), |dev_eui| write!(formatter, " of {dev_eui}"))
    }
}

/// A version, or some of its calls, that was set aside, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quarantined {
    /// The name of the decoder.
    pub id: DecoderId,
    /// The version of the decoder.
    #[schema(value_type = String)]
    pub version: Version,
    /// The calls that are set aside.
    #[serde(flatten)]
    pub scope: Scope,
    /// The beginning of the quarantine.
    pub since: Timestamp,
    /// The number of calls that misbehaved within the window; 0 where a person has set them aside.
    pub failures: usize,
    /// The number of calls that these are of; 0 where older servers did not write it.
    #[serde(default)]
    pub calls: usize,
    /// The word for what the last of them did; `by-hand` where a person has set them aside.
    pub code: String,
    /// The description of the last misbehaviour, or the reason that a person gave.
    pub message: String,
    /// The person who has set them aside. Only a person lifts that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Quarantined {
    /// The word for what a person has set aside.
    pub const BY_HAND: &'static str = "by-hand";

    pub(crate) fn key(&self) -> (DecoderId, QuarantineKey) {
        let key = QuarantineKey { version: self.version.clone(), scope: self.scope };
        (self.id.clone(), key)
    }
}

impl fmt::Display for Quarantined {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, version, since, failures, calls, message, .. } = self;
        write!(formatter, "{id} {version} is in quarantine since {since}")?;
        if self.scope != Scope::VERSION {
            write!(formatter, " for {}", self.scope)?;
        }
        if self.by.is_some() {
            return write!(formatter, ", set aside by an admin: {message}");
        }
        // A record carries these words: how many calls others made is not for its partner.
        let count = match self.scope.dev_eui {
            Some(_) => format!("{failures} of {calls} calls"),
            None => "too many calls".to_owned(),
        };
        write!(
            formatter,
            ": {count} misbehaved within the time that is looked at, the last one like this: \
             {message}; one call is let through now and then, and lifts it when it goes well"
        )
    }
}

/// The second part of a row's key: `1.0.0`, `1.0.0 port 5`, `1.0.0 port 5 of 70B3D5499A000001`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QuarantineKey {
    pub(crate) version: Version,
    pub(crate) scope: Scope,
}

impl fmt::Display for QuarantineKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.version)?;
        if self.scope == Scope::VERSION { Ok(()) } else { write!(formatter, " {}", self.scope) }
    }
}

impl FromStr for QuarantineKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split(' ');
        let version = words.next().unwrap_or_default();
        let version =
            Version::parse(version).map_err(|error| format!("the version {version:?}: {error}"))?;
        let mut scope = Scope::VERSION;
        let unknown = |word: &str| format!("{word:?} is no part of a quarantine's key");
        while let Some(word) = words.next() {
            let mut next = || words.next().ok_or_else(|| format!("nothing follows {word:?}"));
            match word {
                "port" => {
                    let f_port = next()?;
                    scope.f_port = Some(f_port.parse().map_err(|_| unknown(f_port))?);
                }
                "commands" => scope.commands = true,
                "of" => {
                    let dev_eui = next()?;
                    scope.dev_eui = Some(dev_eui.parse().map_err(|_| unknown(dev_eui))?);
                }
                other => return Err(unknown(other)),
            }
        }
        Ok(Self { version, scope })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(f_port: Option<u8>) -> Caller {
        Caller { dev_eui: "70B3D5499A000001".parse().unwrap(), f_port }
    }

    #[test]
    fn keys_are_read_as_they_are_written() {
        let scopes = [caller(Some(5)).scopes(), caller(None).scopes()].concat();
        let written: Vec<String> = scopes
            .into_iter()
            .map(|scope| {
                let key = QuarantineKey { version: "1.0.0-rc.1".parse().unwrap(), scope };
                assert_eq!(key.to_string().parse(), Ok(key.clone()));
                key.to_string()
            })
            .collect();
        assert_eq!(written[0], "1.0.0-rc.1", "as it was before there were parts");
        assert_eq!(written[2], "1.0.0-rc.1 port 5 of 70B3D5499A000001");
        assert_eq!(written[4], "1.0.0-rc.1 commands");
        for damaged in ["", "1", "1.0.0 port", "1.0.0 port 256", "1.0.0 of x", "1.0.0 door 1"] {
            assert!(damaged.parse::<QuarantineKey>().is_err(), "{damaged:?}");
        }
    }

    #[test]
    fn rows_of_older_servers_are_of_the_whole_version() {
        let row = r#"{"id":"acme/meter","version":"1.0.0","since":"2026-11-28T17:01:05Z",
            "failures":20,"code":"trapped","message":"it crashed"}"#;
        let read: Quarantined = serde_json::from_str(row).unwrap();
        assert_eq!((read.scope, read.calls, &read.by), (Scope::VERSION, 0, &None));
        let said = read.to_string();
        assert!(said.starts_with("acme/meter 1.0.0 is in quarantine since"), "{said}");
        assert_eq!(serde_json::to_value(&read).unwrap()["failures"], 20);
    }
}
