//! The input of a decoder, made of what a person asks.

use champollion_sdk::vectors::{
    CommandInput, DownlinkInput, Hex, Input, ReadingInput, Setting, UplinkInput,
};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    asked::{Asked, Kind},
    specimen::specimen,
};
use crate::{api::Problem, sentence::Sentence};

/// Makes the input.
///
/// # Errors
/// A [`Problem`] at the field that is at fault.
pub(super) fn input(asked: &Asked) -> Result<Input, Problem> {
    if asked.kind == Kind::Reading {
        let read: Result<ReadingInput, _> = serde_json::from_str(&asked.command);
        let wrong = |error| {
            let said = format!("it is no reading: {error}");
            wrong("command", said, Sentence::new("trial-reading"))
        };
        return read.map(Input::Reading).map_err(wrong);
    }
    let (variables, at) = (variables(&asked.variables)?, moment(&asked.moment)?);
    if asked.kind == Kind::Command {
        let data = json(&asked.command, "command")?;
        return Ok(Input::Command(CommandInput { data, issued_at: at, variables }));
    }
    let specimen = specimen(asked)?;
    let f_port = port(&asked.port, specimen.port)?;
    let payload = Hex(specimen.payload);
    Ok(match asked.kind {
        Kind::Downlink => {
            Input::Downlink(DownlinkInput { f_port, payload, sent_at: at, variables })
        }
        Kind::Uplink | Kind::Command | Kind::Reading => Input::Uplink(UplinkInput {
            f_port,
            payload,
            f_cnt: specimen.f_cnt,
            received_at: at,
            variables,
            state: state(&asked.state)?,
        }),
    })
}

fn wrong(field: &str, said: String, sentence: Sentence) -> Problem {
    Problem::bad_request("invalid-body", said).with("path", field).saying(sentence)
}

/// The port that was filled in, or else the one of the frame.
fn port(text: &str, of_frame: Option<u8>) -> Result<u8, Problem> {
    let read = match text {
        "" => of_frame,
        digits => digits.parse().ok().filter(|port| *port > 0),
    };
    read.ok_or_else(|| {
        let said = "the port is a number from 1 to 255".to_owned();
        wrong("port", said, Sentence::new("trial-port"))
    })
}

fn json(text: &str, field: &str) -> Result<Json, Problem> {
    serde_json::from_str(text).map_err(|error| {
        wrong(field, format!("it is no JSON: {error}"), Sentence::new("trial-json"))
    })
}

fn variables(text: &str) -> Result<IndexMap<String, Setting>, Problem> {
    if text.is_empty() {
        return Ok(IndexMap::new());
    }
    serde_json::from_str(text).map_err(|error| {
        let said = format!("it is no JSON object such as {{\"offset\": 1}}: {error}");
        wrong("variables", said, Sentence::new("trial-variables"))
    })
}

fn state(text: &str) -> Result<Hex, Problem> {
    text.parse().map_err(|error: champollion_sdk::vectors::HexError| {
        let said = format!("the state is hexadecimal digits: {error}");
        wrong("state", said, Sentence::new("trial-state"))
    })
}

/// The moment that was filled in, or else now.
fn moment(text: &str) -> Result<Timestamp, Problem> {
    if text.is_empty() {
        return Ok(Timestamp::now());
    }
    text.parse().map_err(|error: jiff::Error| {
        let said = format!("a moment is written as 2026-05-01T10:00:00Z: {error}");
        wrong("moment", said, Sentence::new("trial-moment"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Input, Problem> {
        let value = |name: &str| {
            let found = pairs.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        input(&Asked::of(value))
    }

    #[test]
    fn each_kind_has_its_input() {
        let uplink = of(&[("port", "2"), ("payload", "0A"), ("variables", "{\"offset\": 1}")]);
        let Ok(Input::Uplink(uplink)) = uplink else { panic!("it is an uplink") };
        assert_eq!((uplink.f_port, uplink.payload.0), (2, vec![0x0A]));
        assert_eq!(uplink.variables["offset"], Setting::Integer(1));
        let command = of(&[("kind", "command"), ("command", "{\"on\": true}")]);
        assert!(matches!(command, Ok(Input::Command(_))));
        let downlink = of(&[("kind", "downlink"), ("port", "3"), ("payload", "")]);
        assert!(matches!(downlink, Ok(Input::Downlink(_))));
    }

    #[test]
    fn a_fault_is_told_at_its_field() {
        for (field, pairs) in [
            ("port", &[("payload", "0A")][..]),
            ("port", &[("payload", "0A"), ("port", "0")]),
            ("payload", &[("payload", "zz!"), ("port", "1")]),
            ("variables", &[("payload", "0A"), ("port", "1"), ("variables", "[1]")]),
            ("state", &[("payload", "0A"), ("port", "1"), ("state", "0")]),
            ("moment", &[("payload", "0A"), ("port", "1"), ("moment", "noon")]),
            ("command", &[("kind", "command"), ("command", "on")]),
            ("command", &[("kind", "reading"), ("command", "{}")]),
        ] {
            let problem = of(pairs).unwrap_err();
            assert_eq!(problem.member("path").unwrap(), field);
        }
    }
}
