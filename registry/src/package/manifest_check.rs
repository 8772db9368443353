//! The check that a manifest agrees with itself and with the vocabulary.

use std::collections::BTreeMap;

use champollion_sandbox::{
    DerivedFault, DerivedPlace, Digest, MappingError,
    vocabulary::{self, ValueKind},
};
use champollion_sdk::difference::is_nearly;

use super::manifest::{Command, Direction, Field, Manifest};

/// Longest version in characters: it becomes part of a file's name.
pub(super) const VERSION_CHARACTERS: usize = 64;

/// A sentence about something that cannot be, and the place in the manifest that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) place: Place,
    pub(super) problem: String,
}

/// A place in a manifest, by the names of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A key of the file itself.
    Key(&'static str),
    /// A table of a list, from 0.
    Entry(&'static str, usize),
    /// A table of a list within a table, from 0.
    Inner(&'static str, &'static str, usize),
}

impl Complaint {
    fn of(place: Place, problem: impl Into<String>) -> Self {
        Self { place, problem: problem.into() }
    }
}

/// Says what to write into a key that a person has to fill in.
pub(super) fn to_write(key: &str) -> Option<&'static str> {
    Some(match key {
        "name" => "write the name that people know the device by, such as \"Acme T1\"",
        "description" => "write in a sentence what it decodes",
        "licence" => {
            "write an SPDX expression, such as \"MIT OR Apache-2.0\", or \"LicenseRef-proprietary\""
        }
        "maintainer" => "write the person or company that answers for it",
        _ => return None,
    })
}

impl Manifest {
    /// Everything that the manifest says and that cannot be, a sentence each.
    pub(super) fn complaints(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let version = |problem: String| Complaint::of(Place::Key("version"), problem);
        if !self.version.build.is_empty() {
            // Requirements do not look at it: `=1.0.0` would mean one file today and another
            // tomorrow.
            complaints.push(version(format!("the version {} has build metadata", self.version)));
        }
        if self.version.to_string().len() > VERSION_CHARACTERS {
            complaints.push(version(format!(
                "the version has more than {VERSION_CHARACTERS} characters"
            )));
        }
        if self.derived.is_some() {
            complaints.extend(self.complaints_about_derived());
            return complaints;
        }
        if self.devices.is_empty() {
            complaints.push(Complaint::of(Place::Key("devices"), "it serves no device"));
        }
        // Whoever imports a script may know nothing of its ports.
        if self.script.is_none() && !self.ports.iter().any(|port| port.direction == Direction::Up) {
            let problem = "it names no port on which a device sends";
            complaints.push(Complaint::of(Place::Key("ports"), problem));
        }
        if let Some(index) = self.ports.iter().position(|port| port.port == 0) {
            let problem = "port 0 carries MAC commands and is never decoded";
            complaints.push(Complaint::of(Place::Entry("ports", index), problem));
        }
        let fields = self.fields.iter().map(complaint_about_field).enumerate();
        complaints.extend(fields.filter_map(|(index, problem)| {
            Some(Complaint::of(Place::Entry("fields", index), problem?))
        }));
        if let Some(script) = &self.script {
            if script.recognized && script.dialect.is_none() {
                let problem = "its dialect is recognized, and none is named";
                complaints.push(Complaint::of(Place::Key("script"), problem));
            }
            complaints.extend(self.complaints_about_mappings());
        }
        complaints
            .extend(repeated(("field", "fields"), self.fields.iter().map(|field| &field.name)));
        complaints.extend(repeated(
            ("variable", "variables"),
            self.variables.iter().map(|variable| &variable.name),
        ));
        complaints.extend(repeated(
            ("command", "commands"),
            self.commands.iter().map(|command| &command.name),
        ));
        let commands = self.commands.iter().map(complaint_about_command).enumerate();
        complaints.extend(commands.filter_map(|(index, problem)| {
            Some(Complaint::of(Place::Entry("commands", index), problem?))
        }));
        complaints
    }

    /// The texts that are empty and that people look for in the catalogue, each with what to write. A package that was
    /// published without them is read all the same.
    pub(super) fn blanks(&self) -> Vec<Complaint> {
        let texts = [
            ("name", &self.name),
            ("description", &self.description),
            ("licence", &self.licence),
            ("maintainer", &self.maintainer),
        ];
        let blank = texts.into_iter().filter(|(_, text)| text.trim().is_empty());
        let told = |(key, _)| {
            let advice = to_write(key).unwrap_or_default();
            Complaint::of(Place::Key(key), format!("{key} is empty: {advice}"))
        };
        blank.map(told).collect()
    }

    /// All that cannot be in the manifest of a derived decoder.
    fn complaints_about_derived(&self) -> Vec<Complaint> {
        // The digest tells nothing of the declaration.
        let faults = self.formulas(Digest::of(b"")).err().unwrap_or_default();
        let placed = |DerivedFault { place, problem }| {
            let place = match place {
                DerivedPlace::Input(index) => Place::Inner("derived", "inputs", index),
                DerivedPlace::Value(index) => Place::Inner("derived", "values", index),
                _ => Place::Key("derived"),
            };
            Complaint::of(place, problem)
        };
        let payloads = [
            ("devices", self.devices.is_empty()),
            ("ports", self.ports.is_empty()),
            ("fields", self.fields.is_empty()),
            ("commands", self.commands.is_empty()),
            ("script", self.script.is_none()),
        ];
        let payloads = payloads.into_iter().filter(|(_, is_absent)| !is_absent).map(|(key, _)| {
            let problem = format!("{key} belongs to decoders of payloads, and a derived decoder reads readings: leave it out");
            Complaint::of(Place::Key(key), problem)
        });
        let variables = self.variables.iter().map(|variable| &variable.name);
        let twice = repeated(("variable", "variables"), variables);
        faults.into_iter().map(placed).chain(payloads).chain(twice).collect()
    }

    fn complaints_about_mappings(&self) -> impl Iterator<Item = Complaint> {
        self.fields.iter().enumerate().filter_map(|(index, field)| {
            let measured = field.is_measured_by_host().then(|| field.mapping())??;
            match measured.err()? {
                // That the vocabulary has the quantity was looked at already.
                MappingError::UnknownQuantity { .. } => None,
                error => Some(Complaint::of(Place::Entry("fields", index), error.to_string())),
            }
        })
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

/// The names that stand there twice, each told once at its second place.
fn repeated<'names>(
    (what, list): (&str, &'static str),
    names: impl Iterator<Item = &'names String>,
) -> impl Iterator<Item = Complaint> {
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    let mut twice = Vec::new();
    for (index, name) in names.enumerate() {
        let count = counts.entry(name).or_default();
        *count += 1;
        if *count == 2 {
            let problem = format!("the {what} {name} stands there twice");
            twice.push(Complaint::of(Place::Entry(list, index), problem));
        }
    }
    twice.into_iter()
}
