//! Tells in what an outcome is not the one that a vector expects: in values, or because one of both is a failure.

use std::fmt;

use serde_json::Value as Json;

use crate::{
    difference::{Difference, differences},
    vectors::FAILURE_KINDS,
};

/// Most differences that are told in words.
const TOLD: usize = 10;

/// The outcomes that are no failure, as vectors name them.
const RESULTS: [&str; 2] = ["reading", "downlink"];

/// The deviation of an outcome from the one that a vector expects.
#[derive(Clone, Debug, PartialEq)]
pub enum Deviation {
    /// The decoder failed where a result is expected, or was ended by the sandbox where it should have failed itself.
    Failed {
        /// The outcome that is expected: a reading, a downlink, or a failure of a kind.
        expected: String,
        /// The failure in words.
        reason: String,
        /// Offset and length of the payload bytes at fault, where the decoder tells them.
        span: Option<(u64, u64)>,
    },
    /// Something came out where a failure is expected.
    NotFailed {
        /// The kind of the failure that is expected.
        expected: String,
        /// The result that came out.
        actual: Json,
    },
    /// Another failure or other values came out.
    Differs(Vec<Difference>),
}

impl Deviation {
    /// Compares an outcome with the one that a vector expects. Both are objects with the one key `reading`,
    /// `downlink` or `failure`.
    #[must_use]
    pub fn of(expected: &Json, actual: &Json) -> Option<Self> {
        let found = differences(expected, actual);
        if found.is_empty() {
            return None;
        }
        let result = |outcome: &Json| RESULTS.into_iter().find(|key| outcome.get(key).is_some());
        let deviation = match (result(expected), result(actual)) {
            (Some(wanted), None) => {
                let failure = &actual["failure"];
                let number = |key: &str| failure["span"][key].as_u64();
                Self::Failed {
                    expected: wanted.to_owned(),
                    reason: in_words(failure),
                    span: number("offset").zip(number("length")),
                }
            }
            // What the sandbox has ended is no failure of another kind: its words tell of the loop or the crash.
            (None, None) if !is_reported(&actual["failure"]) => {
                let kind = expected["failure"]["kind"].as_str().unwrap_or_default();
                Self::Failed {
                    expected: format!("failure of the kind {kind}"),
                    reason: in_words(&actual["failure"]),
                    span: None,
                }
            }
            (None, Some(_)) => {
                let kind = expected["failure"]["kind"].as_str().unwrap_or_default();
                Self::NotFailed { expected: kind.to_owned(), actual: actual.clone() }
            }
            _ => Self::Differs(found),
        };
        Some(deviation)
    }
}

/// A failure in words. Where the decoder did not report it itself, the words of the sandbox tell all.
fn in_words(failure: &Json) -> String {
    let text = |key: &str| failure[key].as_str().unwrap_or_default();
    let (kind, message) = (text("kind"), text("message"));
    if is_reported(failure) {
        format!("the decoder reports {kind}: {message}")
    } else {
        message.to_owned()
    }
}

/// Whether the decoder itself has reported a failure.
fn is_reported(failure: &Json) -> bool {
    failure["kind"].as_str().is_some_and(|kind| FAILURE_KINDS.contains(&kind))
}

impl fmt::Display for Deviation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { expected, reason, span } => {
                write!(formatter, "expects a {expected}, and {reason}")?;
                match span {
                    Some((offset, length)) => {
                        write!(formatter, " (bytes {offset} to {})", offset + length)
                    }
                    None => Ok(()),
                }
            }
            Self::NotFailed { expected, actual } => {
                write!(formatter, "expects the failure {expected}, and the decoder gives {actual}")
            }
            Self::Differs(found) => {
                let told: Vec<String> = found.iter().take(TOLD).map(ToString::to_string).collect();
                write!(formatter, "differs {}", told.join("; "))?;
                match found.len().saturating_sub(TOLD) {
                    0 => Ok(()),
                    more => write!(formatter, "; and in {more} places more"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(expected: Json, actual: Json) -> String {
        Deviation::of(&expected, &actual).expect("they differ").to_string()
    }

    #[test]
    fn a_failure_is_told_as_what_it_is() {
        let reading = json!({"reading": {"data": {"a": 1}}});
        let short = json!({"failure": {
            "kind": "too-short", "message": "the payload ends after 1 byte", "span": {"offset": 1, "length": 2}
        }});
        assert_eq!(
            said(reading.clone(), short.clone()),
            "expects a reading, and the decoder reports too-short: the payload ends after 1 byte (bytes 1 to 3)"
        );
        let crash = json!({"failure": {"kind": "trapped", "message": "the decoder crashed: oh"}});
        assert_eq!(
            said(reading.clone(), crash.clone()),
            "expects a reading, and the decoder crashed: oh"
        );
        let expected = json!({"failure": {"kind": "too-long"}});
        assert_eq!(
            said(expected.clone(), crash),
            "expects a failure of the kind too-long, and the decoder crashed: oh"
        );
        assert!(said(expected.clone(), reading).starts_with("expects the failure too-long, and"));
        assert_eq!(
            said(expected, short),
            "differs at failure.kind: expected \"too-long\", actual \"too-short\""
        );
    }

    #[test]
    fn an_outcome_as_expected_has_no_deviation() {
        let reading = json!({"reading": {"data": {"a": 1}}});
        assert_eq!(Deviation::of(&reading, &reading), None);
    }
}
