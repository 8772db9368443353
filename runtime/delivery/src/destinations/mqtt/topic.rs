//! The topics that records are published under.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::records::Head;

/// Longest pattern in bytes.
const BYTES: usize = 500;

/// The placeholders that stand for parts of the record.
const PLACES: [&str; 4] = ["{group}", "{route}", "{devEui}", "{port}"];

/// The topic of a record, in which `{group}`, `{route}`, `{devEui}` and `{port}` stand for its own.
#[derive(Clone, Debug, PartialEq, Eq, utoipa::ToSchema)]
#[schema(value_type = String, max_length = 500)]
pub struct TopicPattern(String);

/// A text that is no topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the topic {topic:?} cannot be published under: {reason}")]
pub struct TopicPatternError {
    topic: String,
    reason: &'static str,
}

impl TopicPattern {
    /// The topic of a record.
    #[must_use]
    pub fn of(&self, group: &str, route: &str, head: &Head<'_>) -> String {
        // A frame without a port has no payload and is no record.
        let port = head.uplink.f_port.map(|port| port.to_string()).unwrap_or_default();
        let values = [group, route, &head.device.dev_eui, &port];
        let mut topic = self.0.clone();
        for (place, value) in PLACES.into_iter().zip(values) {
            topic = topic.replace(place, value);
        }
        topic
    }
}

impl Default for TopicPattern {
    fn default() -> Self {
        Self("champollion/{group}/{devEui}/up".to_owned())
    }
}

impl fmt::Display for TopicPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for TopicPattern {
    type Err = TopicPatternError;

    fn from_str(text: &str) -> Result<Self, TopicPatternError> {
        let without = PLACES.iter().fold(text.to_owned(), |text, place| text.replace(place, ""));
        let reason = if text.is_empty() {
            "it is empty"
        } else if text.len() > BYTES {
            "it is longer than 500 bytes"
        } else if text.contains(['+', '#']) {
            "+ and # are for those who subscribe"
        } else if text.starts_with('$') {
            "topics that begin with $ are the broker's own"
        } else if text.contains(char::is_control) {
            "it holds a control character"
        } else if without.contains(['{', '}']) {
            "only {group}, {route}, {devEui} and {port} stand for something"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(TopicPatternError { topic: text.to_owned(), reason })
    }
}

impl Serialize for TopicPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TopicPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_made_of_a_record() {
        let record = r#"{"id":"a","device":{"devEui":"70B3D5E75E000001"},
            "receivedAt":"2026-11-25T08:00:00Z","uplink":{"fCnt":7,"fPort":5},"decoder":null}"#;
        let head = Head::read(record).unwrap();
        let topic =
            |pattern: &str| pattern.parse::<TopicPattern>().unwrap().of("water", "all", &head);
        assert_eq!(topic("{group}/{route}/{devEui}/{port}"), "water/all/70B3D5E75E000001/5");
        assert_eq!(topic("fixed"), "fixed");
        assert_eq!(
            TopicPattern::default().of("water", "all", &head),
            "champollion/water/70B3D5E75E000001/up"
        );
    }

    #[test]
    fn what_cannot_be_published_under_is_refused() {
        for text in ["", "a/+/b", "a/#", "$SYS/a", "a\nb", "{group", "{dev}", &"a".repeat(501)] {
            assert!(text.parse::<TopicPattern>().is_err(), "{text:?}");
        }
    }
}
