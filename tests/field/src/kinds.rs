//! Compares an answer with that of Node.js, and names the kind of difference.

use champollion_registry::package::Answer;
use champollion_sandbox::{Call, CallError, OutputError};
use jiff::{Timestamp, civil::DateTime};
use serde::Serialize;
use serde_json::{Value as Json, json};

/// A kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Node.js loads the codec, and here it is refused.
    NotLoaded,
    /// Here the codec is loaded, and Node.js refuses it.
    LoadedHereAlone,
    /// Node.js answers, and here the call fails.
    FailsHere,
    /// Here the call answers, and in Node.js it fails.
    FailsThere,
    /// Both fail, with other words of the codec.
    ErrorText,
    /// A member is missing here, or there is one too many.
    Members,
    /// A value of another type.
    Type,
    /// A number of another value.
    Number,
    /// A number of another spelling, such as -0.
    NumberSpelling,
    /// Another moment, or the same in another spelling.
    Time,
    /// A text of other words.
    Text,
    /// The members stand in another order.
    Order,
    /// Warnings that are not the same.
    Warnings,
    /// Other bytes or another FPort of a downlink.
    Downlink,
    /// An exception of the engine in its own words, thrown or written into the answer.
    EngineWords,
    /// The call goes beyond a bound of the sandbox: fuel, memory, stack, size.
    Bounds,
    /// The codec returns what JSON cannot hold or no device can be sent: it is refused here by name, where
    /// Node.js leaves it out.
    Refused,
    /// Numbers that differ in the last digits, where the arithmetic is left to the engine.
    LastDigits,
    /// The codec draws numbers of chance.
    Chance,
}

impl Kind {
    /// Why a kind is no fault; `None` where it is one.
    pub(crate) fn documented(self) -> Option<&'static str> {
        match self {
            Self::EngineWords => Some("QuickJS and V8 word their own exceptions differently"),
            Self::Bounds => Some("a decoder has bounds, and Node.js has none"),
            Self::Refused => Some("what a record cannot hold is refused with its path"),
            Self::LastDigits => Some("the last digits of Math.pow and its kin are the engine's"),
            Self::Chance => Some("chance is the same for ever in a decoder"),
            _ => None,
        }
    }
}

/// A difference between two answers.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub(crate) kind: Kind,
    /// Where, such as `data.history[2]`.
    pub(crate) at: String,
    /// The part of Node.js's answer.
    pub(crate) node: Json,
    /// The part of the answer here.
    pub(crate) here: Json,
}

impl Difference {
    fn of(kind: Kind, at: impl Into<String>, node: Json, here: Json) -> Self {
        Self { kind, at: at.into(), node, here }
    }
}

/// Names that stand before the messages of an engine's own exceptions.
const OF_ENGINES: [&str; 6] =
    ["TypeError", "RangeError", "ReferenceError", "SyntaxError", "InternalError", "URIError"];

/// Returns the name of the engine's exception that a text tells of, as `String(error)` writes it.
fn exception_of(text: &str) -> Option<&str> {
    let (name, _) = text.split_once(": ")?;
    OF_ENGINES.contains(&name).then_some(name)
}

fn are_one_exception(there: &str, own: &str) -> bool {
    exception_of(there).is_some_and(|name| exception_of(own) == Some(name))
}

/// Returns the difference of a call from Node.js's answer to the same.
pub(crate) fn difference(node: &Json, call: &Call<Answer>) -> Option<Difference> {
    let failed_there = node.get("failure");
    match (&call.result, failed_there) {
        (Ok(answer), None) => answers_differ(node, answer),
        (Ok(answer), Some(failure)) => {
            let kind = if is_of_engine(failure) && is_past_engine(failure) {
                Kind::Bounds
            } else {
                Kind::FailsThere
            };
            Some(Difference::of(kind, "", failure.clone(), json!(answer)))
        }
        (Err(error), None) => {
            let kind = match error {
                error if is_bound(error) => Kind::Bounds,
                CallError::Output(_) => Kind::Refused,
                _ => Kind::FailsHere,
            };
            Some(Difference::of(kind, "", node.clone(), json!(error.to_string())))
        }
        (Err(error), Some(failure)) => failures_differ(failure, error),
    }
}

/// Node.js has bounds of its own: seconds, and the depth of its stack.
fn is_past_engine(failure: &Json) -> bool {
    let message = failure["message"].as_str().unwrap_or_default();
    message.contains("Maximum call stack") || message.contains("timed out")
}

fn is_of_engine(failure: &Json) -> bool {
    failure["thrown"] == true
}

fn is_bound(error: &CallError) -> bool {
    match error {
        CallError::OutOfFuel { .. }
        | CallError::OutOfMemory { .. }
        | CallError::StackExhausted { .. } => true,
        CallError::Output(output) => matches!(
            output,
            OutputError::TooLarge { .. }
                | OutputError::DataTooLarge { .. }
                | OutputError::DataTooDeep { .. }
                | OutputError::TooMany { .. }
                | OutputError::TextTooLong { .. }
        ),
        _ => false,
    }
}

fn failures_differ(node: &Json, error: &CallError) -> Option<Difference> {
    let differ = |kind, here: &str| Some(Difference::of(kind, "", node.clone(), json!(here)));
    let said = node["message"].as_str().unwrap_or_default();
    match error {
        error if is_bound(error) => differ(Kind::Bounds, &error.to_string()),
        CallError::Threw { message, .. } if node["thrown"] == true => {
            if message == said || message == &format!("{said} was thrown, which is no Error") {
                return None;
            }
            let name = |text: &str| OF_ENGINES.into_iter().find(|name| text.starts_with(name));
            let is_engine = name(message).is_some() && name(message) == name(said);
            differ(if is_engine { Kind::EngineWords } else { Kind::ErrorText }, message)
        }
        CallError::Failed(failure) if node["reported"] == true => {
            if *failure.message == *said {
                return None;
            }
            // A codec that repeats the message of an exception in its own.
            let repeats = said.contains(" is not a function")
                || OF_ENGINES.iter().any(|name| said.contains(name));
            let kind = if repeats { Kind::EngineWords } else { Kind::ErrorText };
            differ(kind, &failure.message)
        }
        CallError::Failed(_) if node["unsupported"] == true => None,
        CallError::Output(_) if node["malformed"] == true => None,
        other => differ(Kind::ErrorText, &other.to_string()),
    }
}

fn answers_differ(node: &Json, answer: &Answer) -> Option<Difference> {
    match answer {
        // No codec answers so.
        Answer::Derived(_) => None,
        Answer::Downlink(_) => {
            let here = &json!(answer)["downlink"];
            let there = &node["downlink"];
            if here["payload"].as_str() != hexadecimal(&there["bytes"]).as_deref() {
                let payload = json!(hexadecimal(&there["bytes"]));
                return Some(Difference::of(
                    Kind::Downlink,
                    "bytes",
                    payload,
                    here["payload"].clone(),
                ));
            }
            let port = &there["fPort"];
            if !port.is_null() && port.as_f64() != here["fPort"].as_f64() {
                return Some(Difference::of(
                    Kind::Downlink,
                    "fPort",
                    port.clone(),
                    here["fPort"].clone(),
                ));
            }
            None
        }
        Answer::Reading(reading) => {
            let there = &node["reading"];
            let here: Json = serde_json::from_str(reading.data.as_str()).unwrap_or_default();
            data_differs("data", &there["data"], &here)
                .or_else(|| spelling_differs(there, reading.data.as_str(), &here))
                .or_else(|| warnings_differ(&there["warnings"], &reading.warnings))
        }
    }
}

fn hexadecimal(bytes: &Json) -> Option<String> {
    let bytes = bytes.as_array()?.iter().filter_map(Json::as_u64);
    Some(bytes.map(|byte| format!("{byte:02X}")).collect())
}

/// The first place where two values differ, by what they are and not by their spelling.
fn data_differs(at: &str, node: &Json, here: &Json) -> Option<Difference> {
    let differ = |kind| Some(Difference::of(kind, at, node.clone(), here.clone()));
    match (node, here) {
        (Json::Object(there), Json::Object(own)) => {
            let missing = there.keys().find(|key| !own.contains_key(*key));
            let further = own.keys().find(|key| !there.contains_key(*key));
            if let Some(key) = missing.or(further) {
                let at = format!("{at}.{key}");
                let part = |object: &serde_json::Map<String, Json>| {
                    object.get(key).cloned().unwrap_or_default()
                };
                return Some(Difference::of(Kind::Members, at, part(there), part(own)));
            }
            there
                .iter()
                .find_map(|(key, value)| data_differs(&format!("{at}.{key}"), value, own.get(key)?))
        }
        (Json::Array(there), Json::Array(own)) if there.len() == own.len() => {
            there.iter().zip(own).enumerate().find_map(|(index, (there, own))| {
                data_differs(&format!("{at}[{index}]"), there, own)
            })
        }
        (Json::Array(_), Json::Array(_)) => differ(Kind::Members),
        (Json::Number(there), Json::Number(own)) => match (there.as_f64(), own.as_f64()) {
            (Some(there), Some(own)) if there == own => None,
            (Some(there), Some(own)) if is_last_digits(there, own) => differ(Kind::LastDigits),
            _ => differ(Kind::Number),
        },
        (Json::String(there), Json::String(own)) => match () {
            () if there == own => None,
            () if is_moment(there) || is_moment(own) => differ(Kind::Time),
            () if is_number_of_last_digits(there, own) => differ(Kind::LastDigits),
            () if are_one_exception(there, own) => differ(Kind::EngineWords),
            () => differ(Kind::Text),
        },
        (there, own) if there == own => None,
        _ => differ(Kind::Type),
    }
}

/// As far as the arithmetic of two engines agrees.
fn is_last_digits(one: f64, other: f64) -> bool {
    const RELATIVE: f64 = 1e-13;
    (one - other).abs() <= RELATIVE * one.abs().max(other.abs())
}

fn is_number_of_last_digits(one: &str, other: &str) -> bool {
    matches!((one.parse(), other.parse()), (Ok(one), Ok(other)) if is_last_digits(one, other))
}

/// Whether a text is a date with a time, as ISO 8601 or a locale writes it.
fn is_moment(text: &str) -> bool {
    if text.parse::<Timestamp>().is_ok() || text.parse::<DateTime>().is_ok() {
        return true;
    }
    let has_time = text.split([' ', ',', '\u{202f}']).any(|word| {
        let parts: Vec<&str> = word.split(':').collect();
        parts.len() >= 2 && parts.iter().all(|part| part.parse::<u8>().is_ok())
    });
    let has_date = text.split([' ', ',']).any(|word| {
        let numbers = word.split(['/', '.', '-']).filter(|part| part.parse::<u16>().is_ok());
        numbers.count() >= 3
    });
    has_time || has_date
}

/// Where the values are equal: another spelling of a number, or another order.
fn spelling_differs(node: &Json, here: &str, data: &Json) -> Option<Difference> {
    let there = node["text"].as_str()?;
    let bare = here
        .strip_prefix("{\"items\":")
        .and_then(|rest| rest.strip_suffix('}'))
        .filter(|_| there.starts_with('['))
        .unwrap_or(here);
    if there == bare {
        return None;
    }
    // The same members in the order of their names, each number as the text has it.
    let sorted = |text: &str| {
        let mut tokens: Vec<String> = tokens(text);
        tokens.sort_unstable();
        tokens
    };
    let kind = if sorted(there) == sorted(bare) { Kind::Order } else { Kind::NumberSpelling };
    Some(Difference::of(kind, "data", json!(there), json!(data.to_string())))
}

/// Numbers and texts of a JSON text, in its order.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    let (mut in_text, mut escaped) = (false, false);
    for character in text.chars() {
        let is_mark = !in_text && "{}[],:".contains(character);
        if is_mark {
            tokens.push(String::new());
            continue;
        }
        if character == '"' && !escaped {
            in_text = !in_text;
        }
        escaped = in_text && character == '\\' && !escaped;
        if let Some(token) = tokens.last_mut() {
            token.push(character);
        }
    }
    // Texts may be escaped differently and be the same.
    tokens
        .into_iter()
        .filter(|token| !token.is_empty())
        .map(|token| {
            serde_json::from_str::<String>(&token).map_or(token, |text| format!("{text:?}"))
        })
        .collect()
}

/// Warnings of the codec come first; the host adds its own about numbers that are none.
fn warnings_differ(node: &Json, here: &[String]) -> Option<Difference> {
    let there: Vec<&str> = node.as_array()?.iter().filter_map(Json::as_str).collect();
    let own: Vec<&str> = here.iter().map(String::as_str).take(there.len()).collect();
    (there != own).then(|| Difference::of(Kind::Warnings, "warnings", json!(there), json!(here)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(node: Json, here: Json) -> Option<Kind> {
        data_differs("data", &node, &here).map(|difference| difference.kind)
    }

    #[test]
    fn values_are_told_apart_by_kind() {
        assert_eq!(kind(json!({"a": [1, "x"]}), json!({"a": [1.0, "x"]})), None);
        assert_eq!(kind(json!({"a": 1}), json!({"a": 2})), Some(Kind::Number));
        assert_eq!(
            kind(json!({"a": 0.3}), json!({"a": 0.300_000_000_000_000_04})),
            Some(Kind::LastDigits)
        );
        assert_eq!(kind(json!({"a": 1}), json!({"a": "1"})), Some(Kind::Type));
        assert_eq!(kind(json!({"a": 1}), json!({})), Some(Kind::Members));
        assert_eq!(kind(json!([1]), json!([1, 2])), Some(Kind::Members));
        assert_eq!(kind(json!("on"), json!("off")), Some(Kind::Text));
        let named = json!("TypeError: x.y is not a function");
        assert_eq!(
            kind(named.clone(), json!("TypeError: not a function")),
            Some(Kind::EngineWords)
        );
        assert_eq!(kind(named, json!("RangeError: not a function")), Some(Kind::Text));
        // Node.js's own functions have its codes here too.
        let coded = json!("RangeError [ERR_OUT_OF_RANGE]: offset 6");
        assert_eq!(kind(coded, json!("RangeError: offset 6")), Some(Kind::Text));
        for time in ["2024-05-01T10:00:00.000Z", "1/5/2024, 10:00:00 AM", "10:00", "01.05.2024"] {
            assert_eq!(kind(json!(time), json!("x")), Some(Kind::Time), "{time}");
        }
    }

    #[test]
    fn equal_values_are_compared_by_their_spelling() {
        let spelled = |node: &str, here: &str| {
            let data = serde_json::from_str(here).unwrap();
            spelling_differs(&json!({ "text": node }), here, &data).map(|found| found.kind)
        };
        assert_eq!(spelled(r#"{"a":1,"b":"x"}"#, r#"{"a":1,"b":"x"}"#), None);
        assert_eq!(spelled(r#"{"b":"x","a":1}"#, r#"{"a":1,"b":"x"}"#), Some(Kind::Order));
        assert_eq!(spelled(r#"{"a":0}"#, r#"{"a":-0.0}"#), Some(Kind::NumberSpelling));
        assert_eq!(spelled("[1,2]", r#"{"items":[1,2]}"#), None);
    }

    #[test]
    fn failures_are_compared_by_the_codecs_own_words() {
        let threw = |message: &str| CallError::Threw {
            message: message.to_owned(),
            line: None,
            column: None,
        };
        let node = |message: &str| json!({"thrown": true, "message": message});
        let kind = |node: Json, error: CallError| failures_differ(&node, &error).map(|d| d.kind);
        assert_eq!(kind(node("Error: no"), threw("Error: no")), None);
        assert_eq!(kind(node("Error: no"), threw("Error: yes")), Some(Kind::ErrorText));
        let words = node("TypeError: x.y is not a function");
        assert_eq!(kind(words, threw("TypeError: not a function")), Some(Kind::EngineWords));
        assert_eq!(kind(node("no"), threw("no was thrown, which is no Error")), None);
        assert_eq!(kind(node("Error: no"), CallError::OutOfFuel { limit: 1 }), Some(Kind::Bounds));
    }
}
