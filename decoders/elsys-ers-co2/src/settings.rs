//! Settings as they travel on FPort 6: the device sends them when it starts, and takes them from a
//! downlink. One table serves
//! both ways.

use champollion_sdk::{hex_digits, prelude::*};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::setting_table::{Access, Kind, REBOOT, REQUEST, SETTINGS};

/// The first byte of every settings message.
pub(crate) const HEADER: u8 = 0x3E;

/// A settings message; it serializes as the `data` of a reading.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) settings: Values,
    /// Whether it asks the device to send its settings.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) request_settings: bool,
    /// Whether it asks the device to start anew.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) reboot: bool,
    /// Warnings for the reader of the message.
    #[serde(skip)]
    pub(crate) warnings: Vec<String>,
}

/// Settings and their values, in the order of the message.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Values(pub(crate) Vec<(&'static str, Value)>);

/// The value of a setting.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Value {
    Switch(bool),
    Number(u64),
    /// Bytes that are no number, as hexadecimal digits.
    Bytes(String),
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Message {
    /// Reads a settings message, whichever way it goes: header, length of what follows, settings.
    ///
    /// As in a telegram of values, an unknown setting ends the reading and what came before stands.
    pub(crate) fn read(mut payload: Reader<'_>) -> Result<Self, Failure> {
        let header = payload.u8()?;
        if *header != HEADER {
            let message = format!(
                "settings start with 0x{HEADER:02X}, and this message with 0x{:02X}",
                *header
            );
            return Err(Failure::unknown_message(message).at(header.span));
        }
        let length = payload.u8()?;
        let mut behind = payload.clone();
        behind.skip((*length).into())?;
        behind.end()?;

        let mut message = Self::default();
        let mut secrets = Vec::new();
        while !payload.is_empty() {
            let id = payload.u8()?;
            match *id {
                REQUEST => message.request_settings = true,
                REBOOT => message.reboot = true,
                _ => {
                    let Some(setting) = SETTINGS.iter().find(|setting| setting.id == *id) else {
                        message.stop(id, &payload)?;
                        break;
                    };
                    let value = setting.kind.read(&mut payload)?;
                    if setting.access == Access::Secret {
                        secrets.push(setting.name);
                        continue;
                    }
                    message.settings.0.push((setting.name, value));
                }
            }
        }
        if !secrets.is_empty() {
            message.warnings.push(format!("secrets are not shown: {}", secrets.join(", ")));
        }
        Ok(message)
    }

    /// Ends the reading at a setting that is unknown.
    fn stop(&mut self, id: Spanned<u8>, behind: &Reader<'_>) -> Result<(), Failure> {
        /// Header and length come first.
        const FIRST_SETTING: usize = 2;
        let position = behind.position() - 1;
        let message = format!("setting 0x{:02X} at offset {position} is unknown", *id);
        if position == FIRST_SETTING {
            return Err(Failure::unknown_message(message).at(id.span));
        }
        let unread = behind.remaining() + 1;
        self.warnings.push(format!("{message}, so the last {unread} bytes are not read"));
        Ok(())
    }
}

impl Kind {
    fn read(self, payload: &mut Reader<'_>) -> Result<Value, Failure> {
        Ok(match self {
            Self::Switch => Value::Switch(*payload.u8()? != 0),
            Self::Number(width) => {
                let bytes = payload.bytes(width.into())?.value;
                let number = bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
                Value::Number(number)
            }
            Self::Bytes(width) => {
                let bytes = payload.bytes(width.into())?.value;
                Value::Bytes(hex_digits(bytes))
            }
        })
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Message, Failure> {
        Message::read(Reader::new(bytes))
    }

    #[test]
    fn the_length_must_be_that_of_what_follows() {
        let kind = |bytes: &[u8]| read(bytes).unwrap_err().kind;
        assert_eq!(kind(&[]), FailureKind::TooShort);
        assert_eq!(kind(&[0x3E]), FailureKind::TooShort);
        assert_eq!(kind(&[0x3E, 2, 0x0A]), FailureKind::TooShort);
        assert_eq!(kind(&[0x3E, 2, 0x0A, 1, 0]), FailureKind::TooLong);
        assert_eq!(kind(&[0x3E, 2, 0x14, 0]), FailureKind::TooShort, "the value is cut off");
        assert_eq!(kind(&[0x01, 2, 0x0A, 1]), FailureKind::UnknownMessage);
        assert_eq!(kind(&[0x3E, 1, 0x99]), FailureKind::UnknownMessage);
    }

    #[test]
    fn an_unknown_setting_leaves_what_came_before() {
        let message = read(&[0x3E, 4, 0x0A, 1, 0x99, 7]).unwrap();
        assert_eq!(message.settings.0, [("ack", Value::Switch(true))]);
        assert_eq!(
            message.warnings,
            ["setting 0x99 at offset 4 is unknown, so the last 2 bytes are not read"]
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let message = read(&[0x3E, 7, 0x20, 0, 0, 0x12, 0x34, 0x08, 5]).unwrap();
        assert_eq!(message.settings.0, [("port", Value::Number(5))]);
        assert_eq!(message.warnings, ["secrets are not shown: lock"]);
    }
}
