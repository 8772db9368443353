//! Commands that a decoder declares, as forms: each value of the example that the decoder gives is a field.

use serde::Deserialize;
use serde_json::{Number, Value as Json};

use crate::pages::written::{shortened, spaced};

/// Most fields of a command; one with more is written as JSON.
const MOST_FIELDS: usize = 24;

/// Characters of a meaning that stand in a list of commands.
const SHORT_MEANING: usize = 80;

/// A command that a decoder declares.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::pages::partner) struct DeclaredCommand {
    /// The name of the command in its JSON.
    pub(super) name: String,
    /// The effect of the command.
    pub(super) meaning: String,
    /// The fields that the example has.
    pub(super) fields: Vec<CommandField>,
    /// Whether there are too many values for a form, so that the command is written as JSON.
    pub(super) is_written: bool,
    /// The example as a whole.
    pub(super) example: Json,
}

/// A value of a command.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CommandField {
    /// The place of the value in the command, as a JSON pointer.
    pub(super) pointer: String,
    /// The value in the example.
    pub(super) value: Json,
}

/// A command as a catalogue lists it.
#[derive(Deserialize)]
struct Listed {
    name: String,
    meaning: String,
    example: String,
}

/// A field whose text is not of the kind that the example has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OtherKind {
    /// The place of the value in the command.
    pub(super) pointer: String,
}

impl DeclaredCommand {
    /// The commands of a decoder, out of its entry in the catalogue.
    pub(super) fn of(entry: &Json) -> Vec<Self> {
        let listed = entry.get("commands").and_then(Json::as_array).into_iter().flatten();
        listed.filter_map(Self::read).collect()
    }

    fn read(listed: &Json) -> Option<Self> {
        let Listed { name, meaning, example } = Listed::deserialize(listed).ok()?;
        let example: Json = serde_json::from_str(&example).ok()?;
        let mut fields = Vec::new();
        gather(&example, String::new(), &mut fields);
        let is_written = fields.len() > MOST_FIELDS;
        if is_written {
            fields.clear();
        }
        Some(Self { name, meaning, fields, is_written, example })
    }

    /// The command in a line of a list: its effect first, for its name is a word of the decoder.
    pub(super) fn in_short(&self) -> String {
        format!("{} · {}", shortened(&self.meaning, SHORT_MEANING), self.name)
    }

    /// The command with the values of a form; a truth value that the form leaves out is false.
    ///
    /// # Errors
    /// [`OtherKind`] names the first value that is not of its kind.
    pub(super) fn filled(
        &self,
        text: impl Fn(&CommandField) -> Option<String>,
    ) -> Result<Json, OtherKind> {
        let mut command = self.example.clone();
        for field in &self.fields {
            let value = field.read(text(field))?;
            if let Some(place) = command.pointer_mut(&field.pointer) {
                *place = value;
            }
        }
        Ok(command)
    }
}

impl CommandField {
    /// The name of the field for people: the path, without the name of the command.
    pub(super) fn label(&self) -> String {
        let path = self.pointer.trim_start_matches('/');
        path_in_words(path.split_once('/').map_or(path, |(_, below)| below))
    }

    /// The value of the example as a text.
    pub(super) fn text(&self) -> String {
        match &self.value {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    fn read(&self, text: Option<String>) -> Result<Json, OtherKind> {
        let other_kind = || OtherKind { pointer: self.pointer.clone() };
        match (&self.value, text) {
            (Json::Bool(_), text) => Ok(Json::Bool(text.is_some())),
            (Json::Number(_), Some(text)) => number(text.trim()).ok_or_else(other_kind),
            (_, Some(text)) => Ok(Json::String(text)),
            (_, None) => Err(other_kind()),
        }
    }
}

/// Returns a command in the words of its decoder, each value after its name: `dimming: lamp 1 › level 40`.
pub(in crate::pages::partner) fn command_in_words(command: &Json) -> String {
    let mut fields = Vec::new();
    gather(command, String::new(), &mut fields);
    let name = match command.as_object() {
        Some(members) if members.len() == 1 => members.keys().next().map(|name| spaced(name)),
        _ => None,
    };
    let values = fields.iter().map(|field| {
        let path = field.pointer.trim_start_matches('/');
        let path =
            if name.is_some() { path.split_once('/').map_or("", |(_, below)| below) } else { path };
        format!("{} {}", path_in_words(path), field.text()).trim_start().to_owned()
    });
    let values = values.collect::<Vec<_>>().join(", ");
    match name {
        Some(name) if values.is_empty() => name,
        Some(name) => format!("{name}: {values}"),
        None => values,
    }
}

/// Returns the path of a value, without the slash in front, in words: `lamps 1 › level` of `lamps/0/level`.
fn path_in_words(path: &str) -> String {
    let mut words = String::new();
    for part in path.split('/') {
        match part.parse::<usize>() {
            // People count from one.
            Ok(at) => words.extend([" ", &*at.saturating_add(1).to_string()]),
            Err(_) if words.is_empty() => words = spaced(&unescaped(part)),
            Err(_) => words.extend([" › ", &*spaced(&unescaped(part))]),
        }
    }
    words.trim_start().to_owned()
}

/// A number as a person writes it, whole where it can be.
fn number(text: &str) -> Option<Json> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Json::from(whole));
    }
    let number: f64 = text.replace(',', ".").parse().ok()?;
    Number::from_f64(number).map(Json::Number)
}

fn gather(json: &Json, pointer: String, fields: &mut Vec<CommandField>) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                gather(value, format!("{pointer}/{}", escaped(name)), fields);
            }
        }
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                gather(item, format!("{pointer}/{at}"), fields);
            }
        }
        Json::Null => {}
        value => fields.push(CommandField { pointer, value: value.clone() }),
    }
}

/// A name as a JSON pointer (RFC 6901) has it.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn declared() -> DeclaredCommand {
        let example = json!({ "dim": { "level": 40, "fast": true, "lamps": [{ "a/b": "all" }] } });
        let listed = json!({ "commands": [
            { "name": "dim", "meaning": "Dims", "example": example.to_string() },
            { "name": "odd", "meaning": "It is no JSON", "example": "{" },
        ] });
        let mut commands = DeclaredCommand::of(&listed);
        assert_eq!(commands.len(), 1);
        commands.remove(0)
    }

    #[test]
    fn each_value_of_the_example_is_a_field() {
        let command = declared();
        let labels: Vec<String> = command.fields.iter().map(CommandField::label).collect();
        assert_eq!(labels, ["level", "fast", "lamps 1 › a/b"]);
        assert_eq!(command.fields[0].text(), "40");
    }

    #[test]
    fn a_command_is_told_by_its_values() {
        let told = [
            (
                json!({ "manualDimming": { "lamps": [{ "level": 40 }, { "level": 0 }] } }),
                "manual dimming: lamps 1 › level 40, lamps 2 › level 0",
            ),
            (json!({ "reboot": true }), "reboot: true"),
            (json!({ "reboot": {} }), "reboot"),
            (json!({ "valve": { "set": "close" }, "for": 5 }), "valve › set close, for 5"),
        ];
        for (command, words) in told {
            assert_eq!(command_in_words(&command), words);
        }
    }

    #[test]
    fn a_form_fills_the_command_with_values_of_the_same_kinds() {
        let command = declared();
        let filled = command.filled(|field| match field.pointer.as_str() {
            "/dim/level" => Some(" 12,5 ".to_owned()),
            "/dim/lamps/0/a~1b" => Some("7".to_owned()),
            _ => None,
        });
        let expected =
            json!({ "dim": { "level": 12.5, "fast": false, "lamps": [{ "a/b": "7" }] } });
        assert_eq!(filled, Ok(expected));
        let refused = command.filled(|_| Some("bright".to_owned()));
        assert_eq!(refused, Err(OtherKind { pointer: "/dim/level".to_owned() }));
    }

    #[test]
    fn a_command_of_many_values_is_written_as_json() {
        let many: Vec<usize> = (0..=MOST_FIELDS).collect();
        let listed = json!({ "commands": [
            { "name": "plan", "meaning": "A plan", "example": json!({ "plan": many }).to_string() },
        ] });
        let command = &DeclaredCommand::of(&listed)[0];
        assert!(command.is_written && command.fields.is_empty());
        assert!(!declared().is_written);
    }
}
