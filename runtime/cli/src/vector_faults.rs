//! All that is wrong with a `vectors.json`, with the lines: reading into the types would stop at the first fault.

use std::collections::BTreeSet;

use champollion_sdk::{
    difference::is_nearly,
    vectors::{CommandInput, DownlinkInput, Hex, ReadingInput, UplinkInput, Vector},
};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json, value::RawValue};

use super::own_json::read_own_json;

/// The members of a vector.
const VECTOR: [&str; 7] = ["name", "source", "uplink", "command", "downlink", "reading", "expect"];

/// The inputs with their members, those first that must be there, and the number of these.
const INPUTS: [(&str, &[&str], usize); 4] = [
    ("uplink", &["fPort", "payload", "fCnt", "receivedAt", "variables", "state"], 2),
    ("command", &["data", "issuedAt", "variables"], 1),
    ("downlink", &["fPort", "payload", "sentAt", "variables"], 2),
    ("reading", &["measurements", "receivedAt", "variables", "remembered"], 1),
];

/// Returns the faults of a file, a sentence each; none where it can be read.
pub(super) fn vector_faults(text: &str) -> Vec<String> {
    if text.trim().is_empty() {
        return vec!["it is empty: `champollion vectors add` records payloads in it".to_owned()];
    }
    let vectors: Vec<&RawValue> = match serde_json::from_str(text) {
        Ok(vectors) => vectors,
        Err(error) => return vec![error.to_string()],
    };
    // A member that stands there twice is told with its line.
    if let Err(repeated) = read_own_json::<Vec<Json>>(text) {
        return vec![repeated];
    }
    let mut names = BTreeSet::new();
    let mut faults = Vec::new();
    for (index, vector) in vectors.into_iter().enumerate() {
        let start = vector.get().as_ptr().addr() - text.as_ptr().addr();
        let mut look = Look { text, start, vector: vector.get(), faults: Vec::new() };
        let read: Json = serde_json::from_str(vector.get()).unwrap_or_default();
        let name = read["name"].as_str().map(str::to_owned);
        look.vector(&read);
        if look.faults.is_empty()
            && let Err(error) = serde_json::from_value::<Vector>(read)
        {
            look.faults.push(format!("line {}: {error}", look.line_of(0)));
        }
        let place = match &name {
            Some(name) => format!("vector {} ({name:?})", index + 1),
            None => format!("vector {}", index + 1),
        };
        if name.is_some_and(|name| !names.insert(name)) {
            look.faults.push(format!("line {}: another vector has this name", look.line_of(0)));
        }
        faults.extend(look.faults.into_iter().map(|fault| format!("{place}, {fault}")));
    }
    faults
}

/// An input of a kind that can be read.
fn usual(input: &str) -> Json {
    match input {
        "command" => json!({ "data": {} }),
        "reading" => json!({ "measurements": [] }),
        _ => json!({ "fPort": 1, "payload": "" }),
    }
}

fn read_input(input: &str, value: Json) -> serde_json::Result<()> {
    match input {
        "command" => CommandInput::deserialize(value).map(drop),
        "reading" => ReadingInput::deserialize(value).map(drop),
        "downlink" => DownlinkInput::deserialize(value).map(drop),
        _ => UplinkInput::deserialize(value).map(drop),
    }
}

/// A look at one vector.
struct Look<'text> {
    text: &'text str,
    /// The place in the file at which the vector begins.
    start: usize,
    vector: &'text str,
    faults: Vec<String>,
}

impl Look<'_> {
    fn vector(&mut self, vector: &Json) {
        let Some(members) = vector.as_object() else {
            self.fault(
                0,
                "a vector is an object, such as {\"name\": …, \"uplink\": …, \"expect\": …}",
            );
            return;
        };
        self.members(members, "the vector", &VECTOR);
        for required in ["name", "expect"] {
            self.required(members, "the vector", required, &VECTOR);
        }
        if let Some(name) = vector.get("name").filter(|name| !name.is_string()) {
            self.fault(self.place_of("name", ""), format!("the name {name} must be a text"));
        }
        for (input, known, required) in INPUTS {
            let Some(given) = vector.get(input) else { continue };
            let Some(members) = given.as_object() else {
                self.fault(self.place_of(input, ""), format!("{input} must be an object"));
                continue;
            };
            self.members(members, input, known);
            self.values(members, input, known);
            for name in &known[..required] {
                self.required(members, input, name, known);
            }
            for name in ["payload", "state"] {
                if let Some(digits) = members.get(name).and_then(Json::as_str)
                    && let Err(error) = digits.parse::<Hex>()
                {
                    let problem = format!("the {name} {digits:?} of {input}: {error}");
                    self.fault(self.place_of(name, input), problem);
                }
            }
        }
        self.expectation(vector, members);
    }

    /// Looks for members whose values cannot be read, each alone, so that one does not hide another.
    fn values(&mut self, members: &Map<String, Json>, input: &str, known: &[&str]) {
        for (name, value) in members.iter().filter(|(name, _)| known.contains(&name.as_str())) {
            let is_digits = ["payload", "state"].contains(&name.as_str()) && value.is_string();
            let mut alone = usual(input);
            alone[name] = value.clone();
            // Digits are told of in words of their own.
            if !is_digits && let Err(error) = read_input(input, alone) {
                let problem = format!("{name} of {input}: {error}");
                self.fault(self.place_of(name, input), problem);
            }
        }
    }

    /// Looks at the number of inputs, and at what is expected of the one.
    fn expectation(&mut self, vector: &Json, members: &Map<String, Json>) {
        let inputs: Vec<&str> = INPUTS.iter().map(|(input, ..)| *input).collect();
        let given: Vec<&str> =
            inputs.into_iter().filter(|input| members.contains_key(*input)).collect();
        let is_misspelt = members.keys().any(|name| !VECTOR.contains(&name.as_str()));
        // Of an input that is misspelt it is told already.
        if is_misspelt && given.is_empty() {
            return;
        }
        let Some(expect) = vector.get("expect") else { return };
        let mut alone =
            json!({ "name": vector["name"].as_str().unwrap_or_default(), "expect": expect });
        for input in given {
            alone[input] = usual(input);
        }
        if let Err(error) = serde_json::from_value::<Vector>(alone) {
            self.fault(self.place_of("expect", ""), error);
        }
    }

    /// Looks for members that nobody knows.
    fn members(&mut self, members: &Map<String, Json>, of: &str, known: &[&str]) {
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            let advice = match known.iter().find(|other| is_nearly(name, other)) {
                Some(other) => format!("did you mean {other:?}?"),
                None => format!("there are {}", known.join(", ")),
            };
            self.fault(self.place_of(name, of), format!("{of} has no member {name:?}: {advice}"));
        }
    }

    /// Looks for a member that must be there; of one that is misspelt it is told already.
    fn required(&mut self, members: &Map<String, Json>, of: &str, name: &str, known: &[&str]) {
        let is_misspelt =
            |other: &String| !known.contains(&other.as_str()) && is_nearly(other, name);
        if !members.contains_key(name) && !members.keys().any(is_misspelt) {
            self.fault(self.place_of(of, ""), format!("{of} misses {name:?}"));
        }
    }

    fn fault(&mut self, place: usize, problem: impl std::fmt::Display) {
        self.faults.push(format!("line {}: {problem}", self.line_of(place)));
    }

    /// The place of a member in the vector, after another one that it stands in.
    fn place_of(&self, name: &str, within: &str) -> usize {
        let outer =
            self.vector.find(&Json::from(within).to_string()).filter(|_| !within.is_empty());
        let outer = outer.unwrap_or_default();
        let inner = self.vector[outer..].find(&Json::from(name).to_string());
        inner.map_or(outer, |inner| outer + inner)
    }

    /// The line of the file, from 1, of a place in the vector.
    fn line_of(&self, place: usize) -> usize {
        let before = &self.text[..self.start + place];
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_told_at_once_with_their_lines() {
        let text = r#"[
  {
    "name": "a",
    "uplink": {
      "fport": 2,
      "payload": "0x0"
    },
    "expct": { "reading": {} }
  },
  { "uplink": { "fPort": 2 }, "expect": { "failure": { "kind": "too-short" } } },
  { "name": "c", "uplink": { "fPort": 300, "payload": "00" }, "expect": { "reading": {} } },
  { "name": "c", "uplink": { "fPort": 2, "payload": "0x00 0xFF" }, "expect": { "reading": {} } },
  7
]"#;
        let found = vector_faults(text);
        for fault in [
            "vector 1 (\"a\"), line 5: uplink has no member \"fport\": did you mean \"fPort\"?",
            "vector 1 (\"a\"), line 6: the payload \"0x0\" of uplink: a byte takes two",
            "vector 1 (\"a\"), line 8: the vector has no member \"expct\": did you mean \"expect\"?",
            "vector 2, line 10: the vector misses \"name\"",
            "vector 2, line 10: uplink misses \"payload\"",
            "vector 3 (\"c\"), line 11: ",
            "vector 4 (\"c\"), line 12: another vector has this name",
            "vector 5, line 13: a vector is an object",
        ] {
            assert!(found.iter().any(|told| told.starts_with(fault)), "{fault}\n{found:#?}");
        }
        assert_eq!(found.len(), 8, "{found:#?}");
    }

    #[test]
    fn no_fault_of_a_vector_hides_another() {
        let text = r#"[
  { "name": 7,
    "uplink": { "fPort": 300, "payload": "0x0", "receivedAt": "yesterday", "fCnt": -1 },
    "expect": { "failure": { "kind": "trapped" } } }
]"#;
        let found = vector_faults(text);
        for fault in [
            "the name 7 must be",
            "fPort of uplink: ",
            "the payload \"0x0\"",
            "receivedAt of",
            "fCnt of",
            "trapped",
        ] {
            assert!(found.iter().any(|told| told.contains(fault)), "{fault}\n{found:#?}");
        }
        assert_eq!(found.len(), 6, "{found:#?}");
        let both = r#"[{ "name": "a", "uplink": { "fPort": 1, "payload": "" }, "command": { "data": 1 },
            "expect": {} }]"#;
        assert_eq!(vector_faults(both).len(), 1, "{:?}", vector_faults(both));
    }

    #[test]
    fn what_can_be_read_has_no_fault() {
        let text = include_str!("../../../sdk/templates/rust/vectors.json");
        assert_eq!(vector_faults(text), [""; 0]);
        assert!(vector_faults(" \n")[0].contains("it is empty"));
        assert!(vector_faults("nothing")[0].contains("line 1"));
        let twice = r#"[{"name": "a", "name": "b"}]"#;
        assert!(vector_faults(twice)[0].contains("duplicate"));
    }

    #[test]
    fn the_members_are_those_of_the_types() {
        for (input, members, required) in INPUTS {
            let value = |name: &&str| match *name {
                "fPort" | "fCnt" => Json::from(1),
                "variables" | "data" => serde_json::json!({}),
                "measurements" => serde_json::json!([]),
                "remembered" => serde_json::json!({ "at": "2026-01-01T00:00:00Z", "values": {} }),
                "receivedAt" | "issuedAt" | "sentAt" => Json::from("2026-01-01T00:00:00Z"),
                _ => Json::from("00"),
            };
            for taken in [members, &members[..required]] {
                let input_members: Map<String, Json> =
                    taken.iter().map(|name| ((*name).to_owned(), value(name))).collect();
                let vector = serde_json::json!({
                    "name": "a", "source": "b", input: input_members,
                    "expect": { "failure": { "kind": "too-short" } }
                });
                assert!(serde_json::from_value::<Vector>(vector).is_ok(), "{input}: {taken:?}");
            }
        }
    }
}
