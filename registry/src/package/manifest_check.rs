//! The check that a manifest agrees with itself and with the vocabulary.

use champollion_sandbox::{
    MappingError,
    vocabulary::{self, ValueKind},
};
use champollion_sdk::difference::is_nearly;

use super::manifest::{Command, Direction, Field, Manifest};

/// Longest version in characters: it becomes part of a file's name.
pub(super) const VERSION_CHARACTERS: usize = 64;

impl Manifest {
    /// Everything that the manifest says and that cannot be, a sentence each.
    pub(super) fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        if !self.version.build.is_empty() {
            // Requirements do not look at it: `=1.0.0` would mean one file today and another
            // tomorrow.
            complaints.push(format!("the version {} has build metadata", self.version));
        }
        if self.version.to_string().len() > VERSION_CHARACTERS {
            complaints.push(format!("the version has more than {VERSION_CHARACTERS} characters"));
        }
        if self.devices.is_empty() {
            complaints.push("it serves no device".to_owned());
        }
        // Whoever imports a script may know nothing of its ports.
        if self.script.is_none() && !self.ports.iter().any(|port| port.direction == Direction::Up) {
            complaints.push("it names no port on which a device sends".to_owned());
        }
        if self.ports.iter().any(|port| port.port == 0) {
            complaints.push("port 0 carries MAC commands and is never decoded".to_owned());
        }
        complaints.extend(self.fields.iter().filter_map(complaint_about_field));
        if let Some(script) = &self.script {
            if script.recognized && script.dialect.is_none() {
                complaints.push("its dialect is recognized, and none is named".to_owned());
            }
            // That the vocabulary has the quantity was looked at already.
            let unknown = self.mappings().filter_map(Result::err);
            complaints.extend(
                unknown
                    .filter(|error| !matches!(error, MappingError::UnknownQuantity { .. }))
                    .map(|error| error.to_string()),
            );
        }
        complaints.extend(repeated("field", self.fields.iter().map(|field| &field.name)));
        complaints
            .extend(repeated("variable", self.variables.iter().map(|variable| &variable.name)));
        complaints.extend(repeated("command", self.commands.iter().map(|command| &command.name)));
        complaints.extend(self.commands.iter().filter_map(complaint_about_command));
        complaints
    }
}

pub(super) fn complaint_about_field(field: &Field) -> Option<String> {
    if field.meaning.is_empty() && !field.inferred {
        return Some(format!("the field {} has no meaning", field.name));
    }
    if !field.words.is_empty() && !has_states(field) {
        return Some(format!(
            "the field {} has words for true and false, and no quantity that is true or false",
            field.name
        ));
    }
    let name = field.quantity.as_ref()?;
    let Some(quantity) = vocabulary::quantity(name) else {
        let near = vocabulary::quantities().find(|quantity| is_nearly(name, quantity.name));
        let advice = near.map(|quantity| format!(": did you mean {}?", quantity.name));
        return Some(format!(
            "the field {} has the quantity {name:?}, which the vocabulary does not have{}",
            field.name,
            advice.unwrap_or_default()
        ));
    };
    match &field.unit {
        Some(unit) if unit != quantity.unit => Some(format!(
            "the field {} has the unit {unit:?}, and the vocabulary gives {name} {}",
            field.name,
            if quantity.unit.is_empty() {
                "no unit".to_owned()
            } else {
                format!("{:?}", quantity.unit)
            },
        )),
        _ => None,
    }
}

/// Whether the quantity of a field is true or false; of one that is not known something else is wrong.
fn has_states(field: &Field) -> bool {
    let name = field.quantity.as_deref();
    let quantity = name.map(vocabulary::quantity);
    quantity.is_some_and(|known| known.is_none_or(|known| known.kind == ValueKind::Boolean))
}

fn complaint_about_command(command: &Command) -> Option<String> {
    let example: Result<serde_json::Map<String, serde_json::Value>, _> =
        serde_json::from_str(&command.example);
    let error = example.err()?;
    Some(format!("the example of the command {} is no JSON object: {error}", command.name))
}

fn repeated<'names>(
    what: &str,
    names: impl Iterator<Item = &'names String>,
) -> impl Iterator<Item = String> {
    let mut sorted: Vec<&String> = names.collect();
    sorted.sort();
    let mut twice: Vec<String> = sorted
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| format!("the {what} {} stands there twice", pair[0]))
        .collect();
    twice.dedup();
    twice.into_iter()
}
