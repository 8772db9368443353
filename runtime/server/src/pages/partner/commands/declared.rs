//! Commands that a decoder declares, as forms: each value of the example that the decoder gives is a field.

use serde::Deserialize;
use serde_json::{Number, Value as Json};

/// Most fields of a command; one with more is written as JSON.
const MOST_FIELDS: usize = 24;

/// A command that a decoder declares.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DeclaredCommand {
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
        let mut parts: Vec<String> = self.pointer.split('/').skip(1).map(unescaped).collect();
        if parts.len() > 1 {
            parts.remove(0);
        }
        parts.join(" › ")
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
        assert_eq!(labels, ["level", "fast", "lamps › 0 › a/b"]);
        assert_eq!(command.fields[0].text(), "40");
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
