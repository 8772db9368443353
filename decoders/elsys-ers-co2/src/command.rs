//! Writes settings for a device, by the maker's "Sensor downlink payload" v2.1.

use std::{collections::BTreeMap, fmt};

use champollion_sdk::{prelude::*, quoted};
use serde::{Deserialize, Deserializer, de::Visitor};

use crate::{
    setting_table::{Access, Kind, REBOOT, REQUEST, SETTINGS, Setting},
    settings::HEADER,
};

/// The most bytes that get through at the lowest data rate of EU868, by the Regional Parameters.
const SURELY_FITS: usize = 51;

/// A command that sets any number of settings at once.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct SettingsCommand {
    settings: BTreeMap<String, Given>,
    request_settings: bool,
    reboot: bool,
}

/// A value as the command gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Switch(bool),
    Number(u64),
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GivenVisitor;

        impl Visitor<'_> for GivenVisitor {
            type Value = Given;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("true, false or a whole number from 0 on")
            }

            fn visit_bool<E>(self, switch: bool) -> Result<Given, E> {
                Ok(Given::Switch(switch))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Given, E> {
                Ok(Given::Number(number))
            }
        }

        deserializer.deserialize_any(GivenVisitor)
    }
}

impl SettingsCommand {
    /// The command as the device takes it: settings in the order of their identifiers, and what asks
    /// it to start anew at the very end, since nothing behind that is read.
    pub(crate) fn encode(mut self, f_port: u8) -> Result<Downlink, Failure> {
        let mut body = Vec::new();
        for setting in writable() {
            if let Some(given) = self.settings.remove(setting.name) {
                body.push(setting.id);
                append(setting, given, &mut body)?;
            }
        }
        if let Some(name) = self.settings.keys().next() {
            let names: Vec<_> = writable().map(|setting| setting.name).collect();
            return Err(Failure::invalid_command(format!(
                "{} is no setting that can be written; these can: {}",
                quoted(name),
                names.join(", ")
            )));
        }
        if self.request_settings {
            body.push(REQUEST);
        }
        if self.reboot {
            body.push(REBOOT);
        }
        if body.is_empty() {
            return Err(Failure::invalid_command(
                "the command must hold settings, requestSettings or reboot",
            ));
        }
        let length = u8::try_from(body.len())
            .map_err(|_| Failure::invalid_command("the settings are longer than 255 bytes"))?;
        let mut payload = vec![HEADER, length];
        payload.append(&mut body);
        let size = payload.len();
        let downlink = Downlink::new(f_port, payload);
        if size > SURELY_FITS {
            return Ok(downlink.warn(format!(
                "{size} bytes do not get through at the lowest data rates, which take {SURELY_FITS}"
            )));
        }
        Ok(downlink)
    }
}

fn writable() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(|setting| setting.access == Access::Write)
}

fn append(setting: &Setting, given: Given, body: &mut Vec<u8>) -> Result<(), Failure> {
    let name = setting.name;
    match (setting.kind, given) {
        (Kind::Switch, Given::Switch(switch)) => body.push(switch.into()),
        (Kind::Switch, _) => {
            return Err(Failure::invalid_command(format!("{name} must be true or false")));
        }
        (Kind::Number(width), Given::Number(number)) if fits(number, width) => {
            let bytes = number.to_be_bytes();
            body.extend(bytes.iter().skip(bytes.len() - usize::from(width)));
        }
        (Kind::Number(width) | Kind::Bytes(width), _) => {
            let highest = (1_u64 << (8 * width)) - 1;
            return Err(Failure::invalid_command(format!(
                "{name} must be a whole number from 0 to {highest}"
            )));
        }
    }
    Ok(())
}

fn fits(number: u64, width: u8) -> bool {
    number >> (8 * width) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(data: &str) -> Result<Downlink, Failure> {
        let command = Command { data: data.to_owned(), issued_at: 0, variables: Vec::new() };
        command.parse::<SettingsCommand>()?.encode(6)
    }

    #[test]
    fn what_cannot_be_written_is_said() {
        let message = |data: &str| {
            let failure = encode(data).unwrap_err();
            assert_eq!(failure.kind, FailureKind::InvalidCommand);
            failure.message
        };
        assert!(message("{}").contains("must hold settings"));
        assert!(message(r#"{"settings":{"appKey":1}}"#).contains("\"appKey\" is no setting"));
        assert!(message(r#"{"settings":{"port":7}}"#).contains("these can: ack, extCfg"));
        assert!(message(r#"{"settings":{"ack":1}}"#).contains("true or false"));
        assert!(message(r#"{"settings":{"pirCfg":256}}"#).contains("from 0 to 255"));
        assert!(message(r#"{"settings":{"splPer":4294967296}}"#).contains("to 4294967295"));
        assert!(message(r#"{"settings":{"splPer":-1}}"#).contains("a whole number from 0 on"));
        assert!(message(r#"{"restart":true}"#).contains("restart"));
    }

    #[test]
    fn the_restart_comes_last() {
        let downlink =
            encode(r#"{"reboot":true,"requestSettings":true,"settings":{"ack":true}}"#).unwrap();
        assert_eq!(downlink.payload, [0x3E, 4, 0x0A, 1, 0xF9, 0xFE]);
    }

    #[test]
    fn all_settings_at_once_are_long_but_possible() {
        let settings: Vec<_> = writable()
            .map(|setting| {
                let value = if setting.kind == Kind::Switch { "true" } else { "1" };
                format!("{:?}:{value}", setting.name)
            })
            .collect();
        let downlink = encode(&format!(r#"{{"settings":{{{}}}}}"#, settings.join(","))).unwrap();
        assert_eq!(downlink.warnings.len(), 1);
        let message = crate::settings::Message::read(Reader::new(&downlink.payload)).unwrap();
        assert_eq!(message.settings.0.len(), settings.len());
    }
}
