//! Questions to the workbench: the words of its form, as they were filled in.

use champollion_frames::{AppSKey, NwkSKey};

use crate::{api::Problem, pages::json::address, sentence::Sentence};

/// The words of the form.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The name of the decoder, `vendor/model`.
    pub(super) decoder: String,
    /// The version; empty for the newest that devices get.
    pub(super) version: String,
    /// Another version, whose answer stands beside; empty for none.
    pub(super) other: String,
    /// The kind of what is tried.
    pub(super) kind: Kind,
    /// The way in which the payload is written.
    pub(super) format: Format,
    /// The port of the frame.
    pub(super) port: String,
    /// The payload, the frame or the message.
    pub(super) payload: String,
    /// The command or the reading, as JSON.
    pub(super) command: String,
    /// The variables of the device, as JSON.
    pub(super) variables: String,
    /// The state that the decoder returned before, as hexadecimal digits.
    pub(super) state: String,
    /// The moment of the frame.
    pub(super) moment: String,
    /// The DevEUI of an object of the viewer's own, whose frames can be chosen.
    pub(super) device: String,
    /// The id of the record of a frame of that object.
    pub(super) frame: String,
    /// The name of a vector of the decoder.
    pub(super) vector: String,
    /// The keys of a whole frame, which stand in no link.
    pub(super) keys: Keys,
}

/// The session keys of a whole frame.
#[derive(Debug, Default)]
pub(super) struct Keys {
    app: String,
    network: String,
}

impl Keys {
    /// The key of the payload, where it was filled in.
    ///
    /// # Errors
    /// A [`Problem`] at its field, which does not repeat it.
    pub(super) fn app_s_key(&self) -> Result<Option<AppSKey>, Problem> {
        read(&self.app, "app-s-key")
    }

    /// The key of the MIC, where it was filled in.
    ///
    /// # Errors
    /// A [`Problem`] at its field, which does not repeat it.
    pub(super) fn nwk_s_key(&self) -> Result<Option<NwkSKey>, Problem> {
        read(&self.network, "nwk-s-key")
    }
}

fn read<Key: std::str::FromStr>(text: &str, field: &str) -> Result<Option<Key>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || {
        let problem = Problem::bad_request("invalid-body", "a key is 32 hexadecimal digits");
        problem.saying(Sentence::new("trial-key"))
    };
    text.parse().map(Some).map_err(|_| wrong().with("path", field))
}

/// The kinds of what can be tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// A payload from a device is read.
    #[default]
    Uplink,
    /// A command is encoded, and read back.
    Command,
    /// A payload to a device is read.
    Downlink,
    /// A derived decoder makes values of a reading.
    Reading,
}

/// The ways in which a payload can be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// The payload alone: hexadecimal digits or base64.
    #[default]
    Payload,
    /// The whole frame, PHYPayload, with the keys that open it.
    Frame,
    /// The message of a network server.
    Message,
}

impl Kind {
    /// All kinds, in the order of the form.
    pub(super) const ALL: [Self; 4] = [Self::Uplink, Self::Command, Self::Downlink, Self::Reading];

    /// Returns the word of the form.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Uplink => "uplink",
            Self::Command => "command",
            Self::Downlink => "downlink",
            Self::Reading => "reading",
        }
    }
}

impl Format {
    /// All formats, in the order of the form.
    pub(super) const ALL: [Self; 3] = [Self::Payload, Self::Frame, Self::Message];

    /// Returns the word of the form.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Frame => "frame",
            Self::Message => "message",
        }
    }
}

impl Asked {
    /// The question that a form or an address asks.
    pub(super) fn of(value: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| value(name).unwrap_or_default();
        let (kind, format) = (text("kind"), text("format"));
        Self {
            decoder: text("decoder"),
            version: text("version"),
            other: text("other"),
            kind: Kind::ALL.into_iter().find(|own| own.word() == kind).unwrap_or_default(),
            format: Format::ALL.into_iter().find(|own| own.word() == format).unwrap_or_default(),
            port: text("port"),
            payload: text("payload"),
            command: text("command"),
            variables: text("variables"),
            state: text("state"),
            moment: text("moment"),
            device: text("device"),
            frame: text("frame"),
            vector: text("vector"),
            keys: Keys { app: text("app-s-key"), network: text("nwk-s-key") },
        }
    }

    /// Whether frames of an object are asked for.
    pub(super) fn has_device(&self) -> bool {
        !self.device.is_empty()
    }

    /// Whether there is something to try. A payload may be empty, and then has a port at least.
    pub(super) fn has_input(&self) -> bool {
        match self.kind {
            Kind::Command | Kind::Reading => !self.command.is_empty(),
            Kind::Uplink | Kind::Downlink => !self.payload.is_empty() || !self.port.is_empty(),
        }
    }

    /// The address at which the same is tried, without keys.
    pub(super) fn link(&self) -> String {
        let is_default = (self.kind == Kind::default(), self.format == Format::default());
        let pairs = [
            ("decoder", &*self.decoder),
            ("version", &*self.version),
            ("other", &*self.other),
            ("kind", if is_default.0 { "" } else { self.kind.word() }),
            ("format", if is_default.1 { "" } else { self.format.word() }),
            ("port", &*self.port),
            ("payload", &*self.payload),
            ("command", &*self.command),
            ("variables", &*self.variables),
            ("state", &*self.state),
            ("moment", &*self.moment),
        ];
        address("/workbench", &pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_the_same_and_no_key() {
        let form = |name: &str| {
            let value = match name {
                "decoder" => "acme/meter",
                "kind" => "downlink",
                "port" => "2",
                "payload" => "0A 1B",
                "app-s-key" => "000102030405060708090A0B0C0D0E0F",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let asked = Asked::of(form);
        assert_eq!(
            asked.link(),
            "/workbench?decoder=acme%2Fmeter&kind=downlink&port=2&payload=0A+1B"
        );
        assert!(asked.keys.app_s_key().unwrap().is_some() && asked.has_input());
    }

    #[test]
    fn a_wrong_key_is_not_repeated() {
        let asked = Asked::of(|name| (name == "app-s-key").then(|| "secret".to_owned()));
        let problem = asked.keys.app_s_key().err().unwrap();
        assert!(!problem.detail().contains("secret"));
        assert_eq!(problem.member("path").unwrap(), "app-s-key");
    }
}
