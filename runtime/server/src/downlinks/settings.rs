//! Settings of the way in which commands are handed over to a network server.

use std::path::PathBuf;

use champollion_lns::{
    Encoding, Kind,
    outgoing::{Commands, NoSuchWay, Via},
};
use serde::Deserialize;

use crate::chosen_word::chosen_word;

/// The times that commands wait and are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CommandTimes {
    /// Hours after which a command expires that does not say when.
    pub expire_hours: u32,
    /// Hours for which a command is remembered that is at its end.
    pub keep_hours: u32,
    /// The number of times that a command is offered of which the network server tells nothing.
    pub offers: u32,
    /// Seconds after a device was heard within which its network server tells what it sent.
    pub told_within_seconds: u32,
}

/// The settings of the way in which commands are handed over to a network server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DownlinkSettings {
    /// The way that commands take.
    #[serde(deserialize_with = "chosen_word")]
    pub via: Via,
    /// The beginning of all its addresses, where it is asked over HTTP.
    pub url: Option<String>,
    /// The file that holds what it asks for: a token, or a key.
    pub token_file: Option<PathBuf>,
    /// The name that we have there, where it gives tokens to who logs in.
    pub username: Option<String>,
    /// The file of the password.
    pub password_file: Option<PathBuf>,
    /// The file of the certificates that its own must come from; those of the system without.
    pub ca_file: Option<PathBuf>,
    /// The application that its devices are in, of those of which it has said none.
    pub application: Option<String>,
    /// Our name at the network server: the AS_ID of ThingPark, the SenderID of TS002.
    pub sender_id: Option<String>,
    /// The network server's name of itself: the ReceiverID of TS002.
    pub receiver_id: Option<String>,
    /// The topic of commands through the broker, in which `{application}`, `{devEui}` and `{device}` stand
    /// for those of the device; without it the one that belongs to the topics of the events.
    pub command_topic: Option<String>,
    /// The encoding of commands through the broker; without it that of the events.
    pub encoding: Option<Encoding>,
}

/// A fault of the settings of a network server's commands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DownlinkSettingsError {
    /// A setting is missing.
    #[error("{0} is missing, which {1} needs")]
    Missing(&'static str, &'static str),
    /// There is no such way.
    #[error(transparent)]
    NoSuchWay(#[from] NoSuchWay),
    /// It gives no tokens.
    #[error("nobody logs in to {0}: give a token-file instead of username and password-file")]
    NoLogin(&'static str),
    /// A setting is given that goes with another way.
    #[error("{0} goes with via = \"mqtt\"")]
    NotThroughABroker(&'static str),
    /// The topic cannot be published under.
    #[error("command-topic {0:?} cannot be published under: {1}")]
    Topic(String, &'static str),
    /// It is not written to like that.
    #[error("{0} takes no commands as protobuf: leave out encoding")]
    NoProtobuf(&'static str),
    /// The program was built without it.
    #[error("this program was built without the feature grpc: use via = \"http\" or \"mqtt\"")]
    NoGrpc,
    /// A file cannot be used.
    #[error("{0}")]
    Unusable(String),
}

impl DownlinkSettings {
    /// Whether what concerns messages through a broker fits.
    fn check_manner(
        &self,
        kind: Kind,
        commands: &dyn Commands,
    ) -> Result<(), DownlinkSettingsError> {
        use DownlinkSettingsError::{NoProtobuf, NotThroughABroker, Topic};
        if self.via != Via::Mqtt {
            let given = [
                ("command-topic", self.command_topic.is_some()),
                ("encoding", self.encoding.is_some()),
            ];
            let given = given.into_iter().find(|(_, is_given)| *is_given);
            return given.map_or(Ok(()), |(name, _)| Err(NotThroughABroker(name)));
        }
        if self.encoding == Some(Encoding::Protobuf) && !commands.takes_protobuf() {
            return Err(NoProtobuf(kind.product()));
        }
        let Some(topic) = &self.command_topic else { return Ok(()) };
        let places = ["{application}", "{devEui}", "{device}"];
        let without = places.iter().fold(topic.clone(), |text, place| text.replace(place, ""));
        let fault = if topic.is_empty() {
            "it is empty"
        } else if topic.contains(['+', '#']) {
            "+ and # are for those who subscribe"
        } else if without.contains(['{', '}']) {
            "only {application}, {devEui} and {device} stand for something"
        } else if !topic.contains("{devEui}") && !topic.contains("{device}") {
            "it names no device: {devEui} or {device} must stand in it"
        } else {
            return Ok(());
        };
        Err(Topic(topic.clone(), fault))
    }

    /// Whether the settings are enough for a kind of network server, which may have a broker.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn check(&self, kind: Kind, has_broker: bool) -> Result<(), DownlinkSettingsError> {
        use DownlinkSettingsError::Missing;
        let commands = kind.commands_by(self.via)?;
        match (&self.username, &self.password_file) {
            (None, None) => {}
            (Some(_), Some(_)) if commands.gives_tokens() => {}
            (Some(_), Some(_)) => {
                return Err(DownlinkSettingsError::NoLogin(kind.product()));
            }
            (None, Some(_)) => return Err(Missing("username", "password-file")),
            (Some(_), None) => return Err(Missing("password-file", "username")),
        }
        match self.via {
            Via::Mqtt if !has_broker => {
                return Err(Missing("[network-servers.NAME.mqtt]", "via = \"mqtt\""));
            }
            Via::Http if self.url.is_none() => return Err(Missing("url", "via = \"http\"")),
            Via::Grpc if self.url.is_none() => return Err(Missing("url", "via = \"grpc\"")),
            Via::Grpc if cfg!(not(feature = "grpc")) => return Err(DownlinkSettingsError::NoGrpc),
            Via::Mqtt | Via::Http | Via::Grpc => {}
        }
        self.check_manner(kind, commands)?;
        if commands.needs_names() && (self.sender_id.is_none() || self.receiver_id.is_none()) {
            return Err(Missing("sender-id or receiver-id", kind.product()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> Kind {
        Kind::named(name).unwrap()
    }

    #[test]
    fn settings_that_are_not_enough_are_refused() {
        let settings = |toml: &str| toml::from_str::<DownlinkSettings>(toml).unwrap();
        let http = settings("via = \"http\"\nurl = \"http://lns\"");
        let mqtt = settings("via = \"mqtt\"");
        assert_eq!(http.check(kind("chirpstack"), false), Ok(()));
        assert_eq!(mqtt.check(kind("tts"), true), Ok(()));
        let refused = |kind: Kind, settings: &DownlinkSettings| {
            settings.check(kind, false).unwrap_err().to_string()
        };
        assert!(refused(kind("tts"), &mqtt).contains("NAME.mqtt"));
        assert!(refused(kind("actility"), &mqtt).contains("over MQTT"));
        assert!(refused(kind("aws"), &http).contains("AWS"));
        let login = settings(
            "via = \"http\"\nurl = \"http://lns\"\nusername = \"u\"\npassword-file = \"p\"",
        );
        assert_eq!(login.check(kind("kerlink"), false), Ok(()));
        assert!(refused(kind("tts"), &login).contains("token-file"));
        let half = settings("via = \"http\"\nurl = \"http://lns\"\nusername = \"u\"");
        assert!(refused(kind("kerlink"), &half).contains("password-file"));
        let refused_mqtt = |name: &str, more: &str| {
            let settings = settings(&format!("via = \"mqtt\"\n{more}"));
            settings.check(kind(name), true).unwrap_err().to_string()
        };
        for topic in ["", "a/+/b", "{dev}", "a/b", "{application}"] {
            let said = refused_mqtt("chirpstack", &format!("command-topic = \"{topic}\""));
            assert!(said.contains("command-topic"), "{said}");
        }
        assert!(refused_mqtt("tts", "encoding = \"protobuf\"").contains("protobuf"));
        let named = settings(
            "via = \"mqtt\"\nencoding = \"protobuf\"\ncommand-topic = \"t/{devEui}/down\"",
        );
        assert_eq!(named.check(kind("chirpstack"), true), Ok(()));
        let http_with = settings("via = \"http\"\nurl = \"http://lns\"\nencoding = \"json\"");
        assert!(refused(kind("tts"), &http_with).contains("encoding goes with"));
        let grpc = settings("via = \"grpc\"\nurl = \"http://lns\"");
        assert!(refused(kind("tts"), &grpc).contains("over gRPC"));
        assert!(refused(kind("chirpstack"), &settings("via = \"grpc\"")).contains("url"));
        assert!(refused(kind("ts002"), &http).contains("sender-id"));
        assert!(refused(kind("kerlink"), &settings("via = \"http\"")).contains("url"));
    }
}
