//! An example: what goes into a codec and what its maker says comes out.
//!
//! All layouts write the same thing under slightly different names: TS013's and The Things Network's
//! `description` and `output` are ChirpStack's `name` and `expected`. Bytes are numbers or hexadecimal
//! digits.

use champollion_sdk::vectors::{CommandInput, DownlinkInput, Hex, Input, UplinkInput};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::{Calling, Point, Problem, comparison::read_moment};

/// The port of an example that states none, since its codec looks at none.
const ANY_PORT: u8 = 1;

/// An example: an input of a codec and the output that should come.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// Its name, in the words of whoever wrote it.
    pub name: String,
    /// The file, and the place in it.
    pub place: String,
    /// The input of the codec.
    #[serde(serialize_with = "write_input")]
    pub input: Input,
    /// Whether the command that goes in is all that its codec is given, since that reads more of it
    /// than its `data`.
    pub whole_input: bool,
    /// All that its codec is given where the input is a command, as it is written.
    pub command: Option<Json>,
    /// Whether the example itself states the port.
    pub states_port: bool,
    /// The output that should come, as it is written: an object with `data`, or `bytes` and `fPort`, or
    /// `errors`, and perhaps `warnings`.
    pub output: Json,
    /// The output that `normalizeUplink` should make of it, as it is written, where the example has one.
    pub normalized: Option<Json>,
    /// The points that its catalogue says are in it.
    pub points: Vec<Point>,
}

/// Writes an input with the function that it is for.
fn write_input<S: Serializer>(input: &Input, serializer: S) -> Result<S::Ok, S::Error> {
    match input {
        Input::Uplink(uplink) => ("uplink", uplink).serialize(serializer),
        Input::Command(command) => ("command", command).serialize(serializer),
        Input::Downlink(downlink) => ("downlink", downlink).serialize(serializer),
        Input::Reading(reading) => ("reading", reading).serialize(serializer),
    }
}

/// The function that an example is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An example for `decodeUplink`.
    Uplink,
    /// An example for `encodeDownlink`.
    Command,
    /// An example for `decodeDownlink`.
    Downlink,
}

impl Kind {
    /// Reads the name of TS013; `downlink` alone is an older name for the encoding of one.
    pub(super) fn of_ts013(text: &str) -> Option<Self> {
        match text {
            "uplink" => Some(Self::Uplink),
            "downlink-encode" | "downlink" => Some(Self::Command),
            "downlink-decode" => Some(Self::Downlink),
            _ => None,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Uplink => "uplink",
            Self::Command => "command",
            Self::Downlink => "downlink",
        }
    }
}

/// Reads a list of examples of one function. `file` and `path` say where it stands.
pub(super) fn examples(
    kind: Kind,
    list: &Json,
    (file, path): (&str, &str),
    problems: &mut Vec<Problem>,
) -> Vec<Example> {
    let list = match list {
        Json::Null => return Vec::new(),
        Json::Array(list) => list,
        _ => {
            problems.push(Problem::new(at(file, path), "the examples must be a list"));
            return Vec::new();
        }
    };
    let read = list.iter().map(whole_numbers).enumerate().filter_map(|(index, written)| {
        let place = at(file, &format!("{path}[{index}]"));
        example(kind, &written, place, index).map_err(|problem| problems.push(problem)).ok()
    });
    read.collect()
}

/// Reads an example from JSON.
pub(super) fn example(
    kind: Kind,
    written: &Json,
    place: String,
    index: usize,
) -> Result<Example, Problem> {
    let problem = |reason: String| Problem::new(place.as_str(), reason);
    let (input, states_port) = input(kind, &written["input"]).map_err(problem)?;
    let whole_input = kind == Kind::Command && is_more_than_data(&written["input"]);
    let output = match (&written["output"], &written["expected"]) {
        (Json::Object(_), _) => &written["output"],
        (Json::Null, Json::Object(_)) => &written["expected"],
        _ => return Err(problem("the example has no output, which must be an object".to_owned())),
    };
    check_output(kind, output).map_err(problem)?;
    let name = [&written["description"], &written["name"]]
        .into_iter()
        .find_map(said)
        .unwrap_or_else(|| format!("{} {}", kind.noun(), index + 1));
    let normalized = match (kind, &written["normalizedOutput"]) {
        (Kind::Uplink, Json::Object(members)) => {
            if !members.contains_key("data") && !is_failure(&written["normalizedOutput"]) {
                return Err(problem("normalizedOutput has neither data nor errors".to_owned()));
            }
            Some(written["normalizedOutput"].clone())
        }
        (Kind::Uplink, Json::Null) => None,
        (Kind::Uplink, _) => return Err(problem("normalizedOutput must be an object".to_owned())),
        // Nothing else is normalized.
        _ => None,
    };
    let output = output.clone();
    let points = Vec::new();
    let command = (kind == Kind::Command).then(|| written["input"].clone());
    Ok(Example {
        command,
        name,
        input,
        whole_input,
        states_port,
        output,
        normalized,
        points,
        place,
    })
}

/// The same with whole numbers written as such: to a codec `12074.0` and `12074` are one number, and a
/// reader of YAML may give either for `00012074`.
fn whole_numbers(written: &Json) -> Json {
    match written {
        Json::Number(number) if number.is_f64() => {
            whole(written).map_or_else(|| written.clone(), Json::from)
        }
        Json::Array(list) => list.iter().map(whole_numbers).collect(),
        Json::Object(members) => {
            members.iter().map(|(key, member)| (key.clone(), whole_numbers(member))).collect()
        }
        other => other.clone(),
    }
}

fn said(text: &Json) -> Option<String> {
    match text {
        Json::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn at(file: &str, path: &str) -> String {
    if path.starts_with('[') { format!("{file}{path}") } else { format!("{file}, {path}") }
}

fn input(kind: Kind, written: &Json) -> Result<(Input, bool), String> {
    if !written.is_object() {
        return Err("the example has no input, which must be an object".to_owned());
    }
    if kind == Kind::Command {
        return Ok((command(written)?, false));
    }
    let payload = Hex(bytes(&written["bytes"], "input.bytes")?);
    let port = port(&written["fPort"], "input.fPort")?;
    let at = moment(&written["recvTime"])?;
    // Some write 0, over which nothing of a device's is sent, where their codec looks at no port. It
    // is what their codec is called with and says nothing of the device.
    let states_port = port.is_some_and(|port| port > 0);
    let (f_port, variables) = (port.unwrap_or(ANY_PORT), Default::default());
    let input = match kind {
        Kind::Uplink => Input::Uplink(UplinkInput {
            f_port,
            payload,
            f_cnt: 0,
            received_at: at,
            variables,
            state: Hex::default(),
        }),
        _ => Input::Downlink(DownlinkInput { f_port, payload, sent_at: at, variables }),
    };
    Ok((input, states_port))
}

/// A command is the `data` of what its codec is given, unless there is more that the codec reads.
fn command(written: &Json) -> Result<Input, String> {
    let data = written.get("data").ok_or("the example has no input.data")?;
    let data = if is_more_than_data(written) { written.clone() } else { data.clone() };
    let issued_at = moment(&written["recvTime"])?;
    Ok(Input::Command(CommandInput { data, issued_at, variables: Default::default() }))
}

/// Some codecs read `input.command` beside `input.data`, and to some `input.data` is a list, which
/// alone is no command.
fn is_more_than_data(written: &Json) -> bool {
    const STANDARD: [&str; 3] = ["data", "fPort", "recvTime"];
    if written.get("data").is_some_and(|data| !data.is_object()) {
        return true;
    }
    let keys = written.as_object().into_iter().flat_map(|members| members.keys());
    keys.into_iter().any(|key| !STANDARD.contains(&key.as_str()))
}

/// The examples as their codec is called, and whether a command is all that it is given: what one of
/// its commands needs, all have.
pub(super) fn as_called(examples: &[Example], calling: Calling) -> (Vec<Example>, bool) {
    let mut examples = examples.to_vec();
    if calling.command_is_data {
        // To the codec the data is all that it is given.
        for example in &mut examples {
            let data = example.command.as_ref().map(|command| command["data"].clone());
            if let (Input::Command(command), Some(data)) = (&mut example.input, data) {
                command.data = data;
            }
        }
        return (examples, true);
    }
    let whole_input = examples.iter().any(|example| example.whole_input);
    for example in examples.iter_mut().filter(|example| whole_input && !example.whole_input) {
        if let Input::Command(command) = &mut example.input {
            command.data = json!({ "data": command.data });
        }
    }
    (examples, whole_input)
}

/// The examples where each command is all that its codec is given.
pub(super) fn with_whole_commands(examples: &[Example]) -> Vec<Example> {
    let mut examples = examples.to_vec();
    for example in &mut examples {
        if let (Input::Command(command), Some(whole)) = (&mut example.input, &example.command) {
            command.data = whole.clone();
        }
    }
    examples
}

/// An output says what comes out, or why nothing does.
fn check_output(kind: Kind, output: &Json) -> Result<(), String> {
    if is_failure(output) {
        return Ok(());
    }
    match kind {
        Kind::Uplink | Kind::Downlink if output.get("data").is_none() => {
            Err("the output has neither data nor errors".to_owned())
        }
        Kind::Command if output.get("bytes").is_none() => {
            Err("the output has neither bytes nor errors".to_owned())
        }
        Kind::Command => {
            port(&output["fPort"], "output.fPort")?;
            bytes(&output["bytes"], "output.bytes").map(drop)
        }
        _ => Ok(()),
    }
}

/// Whether the example says that the codec reports errors.
pub(super) fn is_failure(output: &Json) -> bool {
    output["errors"].as_array().is_some_and(|errors| !errors.is_empty())
}

/// Bytes as numbers or as hexadecimal digits.
pub(super) fn bytes(written: &Json, what: &str) -> Result<Vec<u8>, String> {
    match written {
        Json::Array(list) => list
            .iter()
            .enumerate()
            .map(|(index, byte)| {
                whole(byte).and_then(|byte| u8::try_from(byte).ok()).ok_or_else(|| {
                    format!("{what}[{index}] is {byte}, and a byte is a number from 0 to 255")
                })
            })
            .collect(),
        Json::String(digits) => {
            let digits = digits.trim();
            let digits = digits.strip_prefix("0x").unwrap_or(digits);
            let bytes: Hex = digits.parse().map_err(|error| format!("{what}: {error}"))?;
            Ok(bytes.0)
        }
        Json::Null => Err(format!("the example has no {what}")),
        _ => Err(format!("{what} must be a list of numbers or hexadecimal digits")),
    }
}

fn port(written: &Json, what: &str) -> Result<Option<u8>, String> {
    if written.is_null() {
        return Ok(None);
    }
    match whole(written).and_then(|port| u8::try_from(port).ok()) {
        Some(port) => Ok(Some(port)),
        None => Err(format!("{what} is {written}, and a port is a number from 1 to 255")),
    }
}

/// A number without fraction, also where it is written with one: `1.0`.
fn whole(written: &Json) -> Option<i64> {
    // Beyond it not every whole number is an f64.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let fraction =
        || written.as_f64().filter(|number| number.fract() == 0.0 && number.abs() <= EXACT);
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within what an i64 holds")]
    written.as_i64().or_else(|| fraction().map(|number| number as i64))
}

fn moment(written: &Json) -> Result<Timestamp, String> {
    let unreadable = || format!("input.recvTime is {written}, which must read as RFC 3339 does");
    match written {
        Json::Null => Ok(Timestamp::UNIX_EPOCH),
        Json::String(text) if text.trim().is_empty() => Ok(Timestamp::UNIX_EPOCH),
        Json::String(text) => read_moment(text).ok_or_else(unreadable),
        // As `new Date(number)` reads it.
        Json::Number(_) => whole(written)
            .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
            .ok_or_else(unreadable),
        _ => Err(unreadable()),
    }
}

/// Returns the entries of a list as texts, such as errors.
pub(super) fn texts(list: &Json) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts.map(|text| text.as_str().map_or_else(|| text.to_string(), str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Kind, written: Json) -> Result<Example, String> {
        example(kind, &written, "here".to_owned(), 0).map_err(|problem| {
            assert_eq!(problem.place, "here");
            problem.problem
        })
    }

    #[test]
    fn the_names_of_all_layouts_mean_the_same() {
        let ttn = json!({"description": "a", "input": {"fPort": 2, "bytes": [1, 255]}, "output": {"data": {}}});
        let chirpstack = json!({"name": "a", "input": {"fPort": 2.0, "bytes": "01 ff"}, "expected": {"data": {}}});
        for written in [ttn, chirpstack] {
            let example = read(Kind::Uplink, written).unwrap();
            let Input::Uplink(uplink) = example.input else { panic!("it is an uplink") };
            assert_eq!((uplink.f_port, uplink.payload.0), (2, vec![1, 255]));
            assert_eq!((example.name.as_str(), example.states_port), ("a", true));
        }
    }

    #[test]
    fn a_port_that_is_not_stated_is_not_made_up() {
        let example =
            read(Kind::Uplink, json!({"input": {"bytes": []}, "output": {"data": {}}})).unwrap();
        assert!(!example.states_port);
        assert_eq!(example.name, "uplink 1");
        let zero = json!({"input": {"bytes": [], "fPort": 0}, "output": {"data": {}}});
        assert!(!read(Kind::Uplink, zero).unwrap().states_port, "0 is no port of a device");
    }

    #[test]
    fn what_is_normalized_is_an_object_of_its_own() {
        let with = |normalized: Json| {
            let written = json!({
                "input": {"bytes": []}, "output": {"data": {}}, "normalizedOutput": normalized,
            });
            read(Kind::Uplink, written)
        };
        let data = json!({"data": [{"air": {"temperature": 1}}]});
        assert_eq!(with(data.clone()).unwrap().normalized, Some(data));
        assert_eq!(with(Json::Null).unwrap().normalized, None);
        assert!(with(json!([])).unwrap_err().contains("must be an object"));
        assert!(with(json!({"warnings": []})).unwrap_err().contains("neither data nor errors"));
    }

    #[test]
    fn what_one_command_needs_all_have() {
        let command =
            |input: Json| read(Kind::Command, json!({"input": input, "output": {"bytes": []}}));
        let plain = command(json!({"data": {"a": 1}})).unwrap();
        let more = command(json!({"command": 7, "data": {"a": 1}})).unwrap();
        let data = |examples: &[Example]| -> Vec<Json> {
            let commands = examples.iter().map(|example| match &example.input {
                Input::Command(command) => command.data.clone(),
                other => panic!("no command: {other:?}"),
            });
            commands.collect()
        };
        let (called, whole_input) = as_called(std::slice::from_ref(&plain), Calling::default());
        assert_eq!((data(&called), whole_input), (vec![json!({"a": 1})], false));
        let (called, whole_input) = as_called(&[plain, more], Calling::default());
        let expected = vec![json!({"data": {"a": 1}}), json!({"command": 7, "data": {"a": 1}})];
        assert_eq!((data(&called), whole_input), (expected, true));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let uplink = |input: Json, output: Json| json!({"input": input, "output": output});
        let fine = json!({"data": {}});
        for (written, wrong) in [
            (uplink(json!({"bytes": [1, 256]}), fine.clone()), "input.bytes[1] is 256"),
            (uplink(json!({"bytes": [-1]}), fine.clone()), "input.bytes[0] is -1"),
            (uplink(json!({"bytes": [1.5]}), fine.clone()), "input.bytes[0] is 1.5"),
            (uplink(json!({"bytes": ["1"]}), fine.clone()), "input.bytes[0] is \"1\""),
            (uplink(json!({"bytes": "0g"}), fine.clone()), "digit 2"),
            (uplink(json!({"bytes": 5}), fine.clone()), "list of numbers"),
            (uplink(json!({}), fine.clone()), "no input.bytes"),
            (uplink(json!({"bytes": [], "fPort": 256}), fine.clone()), "input.fPort is 256"),
            (uplink(json!({"bytes": [], "recvTime": "today"}), fine.clone()), "today"),
            (uplink(json!([]), fine), "no input"),
            (uplink(json!({"bytes": []}), Json::Null), "no output"),
            (uplink(json!({"bytes": []}), json!({"errors": []})), "neither data nor errors"),
        ] {
            let error = read(Kind::Uplink, written.clone()).unwrap_err();
            assert!(error.contains(wrong), "{written}: {error}");
        }
        let bare = json!({"input": {"data": {}}, "output": {"fPort": 1}});
        assert!(read(Kind::Command, bare).unwrap_err().contains("neither bytes nor errors"));
    }
}
