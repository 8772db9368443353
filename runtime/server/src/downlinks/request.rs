//! Requests for commands: to one device, or to those of a group.

use std::{collections::BTreeMap, time::Duration};

use champollion_lns::Priority;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::SendError;

/// Most bytes of a command as JSON: the longest a device can be told has 242, and a schedule in words
/// is some ten times as long.
const COMMAND_BYTES: usize = 16 << 10;

/// The longest that a command may wait.
const LONGEST_DAYS: u64 = 30;

const HOUR_SECONDS: u64 = 3_600;

/// A command as it is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CommandRequest)]
pub struct CommandRequest {
    /// The command, in the words of the device's decoder.
    #[schema(value_type = Object)]
    pub command: Map<String, Json>,
    /// Whether the device is asked to acknowledge it.
    #[serde(default)]
    pub confirmed: bool,
    /// From when on nobody wants it any more.
    pub expires_at: Option<Timestamp>,
    /// The same from now on.
    pub expires_in_seconds: Option<u32>,
    /// The place among several commands.
    #[serde(default)]
    pub priority: Priority,
}

/// A command to the devices of a group, as it is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = GroupCommandRequest)]
pub struct GroupCommandRequest {
    /// The command, in the words of the devices' decoders.
    #[schema(value_type = Object)]
    pub command: Map<String, Json>,
    /// Whether the devices are asked to acknowledge it.
    #[serde(default)]
    pub confirmed: bool,
    /// From when on nobody wants it any more.
    pub expires_at: Option<Timestamp>,
    /// The same from now on.
    pub expires_in_seconds: Option<u32>,
    /// The place among several commands.
    #[serde(default)]
    pub priority: Priority,
    /// Only the devices that have all of these tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

impl GroupCommandRequest {
    /// Returns the request for each of the devices.
    #[must_use]
    pub fn each(&self) -> CommandRequest {
        CommandRequest {
            command: self.command.clone(),
            confirmed: self.confirmed,
            expires_at: self.expires_at,
            expires_in_seconds: self.expires_in_seconds,
            priority: self.priority,
        }
    }

    /// Whether a device of these tags is meant.
    #[must_use]
    pub fn means(&self, tags: &BTreeMap<String, String>) -> bool {
        self.tags.iter().all(|(name, value)| tags.get(name) == Some(value))
    }
}

impl CommandRequest {
    /// The command as text, where it is not too long to be kept.
    pub(super) fn command_text(&self) -> Result<String, SendError> {
        let text = serde_json::to_string(&self.command)
            .map_err(|error| SendError::NotKept(error.to_string()))?;
        if text.len() > COMMAND_BYTES {
            return Err(SendError::CommandTooLarge { bytes: text.len(), limit: COMMAND_BYTES });
        }
        Ok(text)
    }

    /// When it expires; `usual_hours` after now where nothing is said.
    pub(super) fn expiry(&self, now: Timestamp, usual_hours: u32) -> Result<Timestamp, SendError> {
        let expires_at = match (self.expires_at, self.expires_in_seconds) {
            (Some(_), Some(_)) => return Err(SendError::TwoExpiries),
            (Some(at), None) => at,
            (None, Some(seconds)) => after(now, seconds.into()),
            (None, None) => after(now, u64::from(usual_hours) * HOUR_SECONDS),
        };
        if expires_at <= now {
            return Err(SendError::ExpiresInThePast(expires_at));
        }
        if expires_at > after(now, LONGEST_DAYS * 24 * HOUR_SECONDS) {
            return Err(SendError::ExpiresTooLate { limit_days: LONGEST_DAYS });
        }
        Ok(expires_at)
    }
}

/// A moment later; the end of all time where there is none.
fn after(now: Timestamp, seconds: u64) -> Timestamp {
    now.checked_add(Duration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wish(more: Json) -> CommandRequest {
        let mut whole = json!({ "command": { "on": true } });
        for (name, value) in more.as_object().unwrap() {
            whole[name] = value.clone();
        }
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn a_command_expires_once_and_in_the_future() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let expiry = |more: Json| wish(more).expiry(now, 24);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(expiry(json!({})).unwrap(), at("2026-02-01T12:00:00Z"));
        assert_eq!(expiry(json!({"expiresInSeconds": 60})).unwrap(), at("2026-01-31T12:01:00Z"));
        let said = at("2026-01-31T12:00:01Z");
        assert_eq!(expiry(json!({ "expiresAt": said })).unwrap(), said);
        for (more, word) in [
            (json!({ "expiresAt": now }), "past"),
            (json!({ "expiresInSeconds": 0 }), "past"),
            (json!({ "expiresAt": said, "expiresInSeconds": 5 }), "one of"),
            (json!({ "expiresAt": "2026-03-31T12:00:00Z" }), "30 days"),
        ] {
            let error = expiry(more).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_group_is_narrowed_by_all_its_tags() {
        let wish: GroupCommandRequest =
            serde_json::from_value(json!({ "command": {}, "tags": { "a": "1", "b": "2" } }))
                .unwrap();
        let tags = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        assert!(wish.means(&tags(&[("a", "1"), ("b", "2"), ("c", "3")])));
        assert!(!wish.means(&tags(&[("a", "1")])));
        assert!(!wish.means(&tags(&[("a", "1"), ("b", "3")])));
    }

    #[test]
    fn a_command_that_is_too_long_is_refused() {
        let error = wish(json!({ "command": { "x": "y".repeat(COMMAND_BYTES) } }))
            .command_text()
            .unwrap_err();
        assert!(error.to_string().contains("16384"), "{error}");
    }
}
