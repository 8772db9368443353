//! `decoder.toml`: what a decoder says of itself.

use champollion_sandbox::{Dialect, FieldMapping, MappingError, vocabulary};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::id::DecoderId;

/// Longest version in characters: it becomes part of a file's name.
const VERSION_CHARACTERS: usize = 64;

/// What a decoder says of itself: which devices it serves, and into what it decodes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "camelCase"), deny_unknown_fields)]
pub struct Manifest {
    /// Its name, `vendor/model`.
    pub id: DecoderId,
    /// Its version, by semantic versioning.
    pub version: Version,
    /// Its name for people.
    pub name: String,
    /// What it decodes, in a sentence.
    pub description: String,
    /// SPDX expression of its licence.
    pub licence: String,
    /// Who answers for it.
    pub maintainer: String,
    /// Who paid for it, where somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funded_by: Option<String>,
    /// The documents that it was written from.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The devices that it serves.
    pub devices: Vec<Device>,
    /// The ports that the devices send and listen on.
    pub ports: Vec<Port>,
    /// What `data` holds.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// What the operator may or must set on a device.
    #[serde(default)]
    pub variables: Vec<VariableDeclaration>,
    /// What the devices can be told.
    #[serde(default)]
    pub commands: Vec<Command>,
    /// What is particular to a decoder that is a script; a component has none of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<ScriptDeclaration>,
}

/// A device that a decoder serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Its maker.
    pub vendor: String,
    /// What the maker calls it.
    pub model: String,
    /// Its firmware, in the maker's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
}

/// A port and what goes over it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// FPort, 1 to 255.
    pub port: u8,
    /// Up from the device or down to it.
    pub direction: Direction,
    /// What goes over it.
    pub meaning: String,
}

/// Which way a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the device.
    Up,
    /// To the device.
    Down,
}

/// A value in `data`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "camelCase"), deny_unknown_fields)]
pub struct Field {
    /// Its key; `history[].volume` is the member of the objects of a list.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// The term of the vocabulary under which it stands in `measurements`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// Its unit as a UCUM code; of a quantity, the unit that the vocabulary gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Its unit in `data`, where the maker uses another one than the vocabulary: `mV` for a
    /// voltage that is measured in `V`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_unit: Option<String>,
    /// What it means; may be left out of a field that is inferred.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub meaning: String,
    /// Whether nobody declared it: it was seen in what the decoder answers to its vectors.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inferred: bool,
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A JSON object.
    Object,
    /// A JSON array.
    List,
    /// Sometimes of one of these types, sometimes of another.
    Any,
}

impl FieldType {
    /// Whether a field that is declared so may hold a value of this type.
    pub(crate) fn holds(self, found: Self) -> bool {
        match self {
            Self::Any => true,
            Self::Number => matches!(found, Self::Number | Self::Integer),
            other => other == found,
        }
    }

    /// Its word in manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Text => "text",
            Self::Object => "object",
            Self::List => "list",
            Self::Any => "any",
        }
    }
}

/// A setting of a device that its decoder reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariableDeclaration {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Its unit as a UCUM code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether the decoder cannot do without.
    #[serde(default)]
    pub required: bool,
    /// What it means.
    pub meaning: String,
}

/// Something that a device can be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Its key in the command's JSON.
    pub name: String,
    /// What it does.
    pub meaning: String,
    /// A whole command as JSON text.
    pub example: String,
}

/// What is particular to a decoder that is a script.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "camelCase"), deny_unknown_fields)]
pub struct ScriptDeclaration {
    /// By which convention its functions are called; where it is left out, their names tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// Whether nobody declared the dialect: it was recognized by the names of the functions, which
    /// still tell how each of them is called.
    #[serde(default, skip_serializing_if = "is_false")]
    pub recognized: bool,
    /// The FPort of commands for which the script itself names none; 1 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downlink_port: Option<u8>,
    /// Whether a command is all that its encoder is given, and not the `data` of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub whole_input: bool,
    /// Whether nobody has an example of what it decodes, so that it has no vector.
    #[serde(default, skip_serializing_if = "is_false")]
    pub untested: bool,
    /// Names of the examples that came with it and that it does not answer as they say. They are
    /// not among its vectors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<String>,
}

/// What is wrong with a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is no TOML, or a key is missing, unknown or of a wrong type.
    #[error("the manifest cannot be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// It says what cannot be; everything that is wrong, a sentence each.
    #[error("the manifest says what cannot be: {}", .0.join("; "))]
    Inconsistent(Vec<String>),
}

impl Manifest {
    /// Reads a `decoder.toml` and checks that it agrees with itself and with the vocabulary.
    pub fn parse(toml: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(toml)?;
        let complaints = manifest.complaints();
        if complaints.is_empty() {
            Ok(manifest)
        } else {
            Err(ManifestError::Inconsistent(complaints))
        }
    }

    /// Writes a `decoder.toml` that is read as this manifest.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let mut table = toml::Table::try_from(self)?;
        // The catalogue's JSON writes names in another way than the file.
        rename_keys(&mut table, &kebab_case);
        toml::to_string(&table)
    }

    /// Whether there may be nothing to try the decoder on, since the manifest says so.
    pub(crate) fn may_have_no_vector(&self) -> bool {
        self.script.as_ref().is_some_and(|script| script.untested || !script.failing.is_empty())
    }

    /// The fields that a script measures because its manifest says so. Of a field that was inferred the
    /// quantity is known because the script measures it by itself.
    pub(super) fn mappings(&self) -> impl Iterator<Item = Result<FieldMapping, MappingError>> {
        let declared = self.fields.iter().filter(|field| !field.inferred);
        declared.filter_map(|field| {
            let quantity = field.quantity.as_deref()?;
            Some(FieldMapping::new(&field.name, quantity, field.data_unit.as_deref()))
        })
    }

    fn complaints(&self) -> Vec<String> {
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

fn complaint_about_field(field: &Field) -> Option<String> {
    if field.meaning.is_empty() && !field.inferred {
        return Some(format!("the field {} has no meaning", field.name));
    }
    let name = field.quantity.as_ref()?;
    let Some(quantity) = vocabulary::quantity(name) else {
        return Some(format!(
            "the field {} has the quantity {name:?}, which the vocabulary does not have",
            field.name
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

fn complaint_about_command(command: &Command) -> Option<String> {
    let example: Result<serde_json::Map<String, serde_json::Value>, _> =
        serde_json::from_str(&command.example);
    let error = example.err()?;
    Some(format!("the example of the command {} is no JSON object: {error}", command.name))
}

fn rename_keys(table: &mut toml::Table, rename: &impl Fn(&str) -> String) {
    let renamed = std::mem::take(table).into_iter().map(|(key, mut value)| {
        match &mut value {
            toml::Value::Table(inner) => rename_keys(inner, rename),
            toml::Value::Array(list) => {
                let tables = list.iter_mut().filter_map(toml::Value::as_table_mut);
                tables.for_each(|inner| rename_keys(inner, rename));
            }
            _ => {}
        }
        (rename(&key), value)
    });
    *table = renamed.collect();
}

/// `fundedBy` as `funded-by`.
fn kebab_case(camel_case: &str) -> String {
    let mut text = String::new();
    for character in camel_case.chars() {
        if character.is_ascii_uppercase() {
            text.push('-');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
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

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        id = "acme/thermometer"
        version = "1.0.0"
        name = "Acme Thermometer"
        description = "Decodes it."
        licence = "MIT"
        maintainer = "Acme"
        funded-by = "The city"

        [[devices]]
        vendor = "Acme"
        model = "T1"

        [[ports]]
        port = 2
        direction = "up"
        meaning = "Temperature"

        [[fields]]
        name = "temperature"
        type = "number"
        quantity = "air.temperature"
        unit = "Cel"
        meaning = "Temperature of the air"
    "#;

    #[test]
    fn a_manifest_is_read() {
        let manifest = Manifest::parse(MANIFEST).unwrap();
        assert_eq!(manifest.id.to_string(), "acme/thermometer");
        assert_eq!(manifest.funded_by.as_deref(), Some("The city"));
    }

    #[test]
    fn without_id_it_is_refused_by_the_name_of_what_is_missing() {
        let error =
            Manifest::parse(&MANIFEST.replace("id = \"acme/thermometer\"", "")).unwrap_err();
        assert!(error.to_string().contains("missing field `id`"), "{error}");
    }

    #[test]
    fn a_key_that_nobody_knows_is_refused() {
        let error = Manifest::parse(&format!("licens = \"MIT\"\n{MANIFEST}")).unwrap_err();
        assert!(error.to_string().contains("licens"), "{error}");
    }

    #[test]
    fn everything_that_cannot_be_is_listed() {
        let manifest = MANIFEST
            .replace("\"Cel\"", "\"K\"")
            .replace("port = 2", "port = 0")
            .replace("\"up\"", "\"down\"");
        let Err(ManifestError::Inconsistent(complaints)) = Manifest::parse(&manifest) else {
            panic!("it is accepted");
        };
        assert_eq!(complaints.len(), 3, "{complaints:?}");
    }

    #[test]
    fn a_version_is_told_from_others_by_its_order_alone() {
        let parse = |version: &str| Manifest::parse(&MANIFEST.replace("1.0.0", version));
        assert!(parse("1.0.0-rc.1").is_ok());
        let error = parse("1.0.0+build.7").unwrap_err();
        assert!(error.to_string().contains("1.0.0+build.7 has build metadata"), "{error}");
    }

    #[test]
    fn a_version_fits_into_a_file_name() {
        let parse = |characters: usize| {
            let version = format!("1.0.0-{}", "a".repeat(characters - "1.0.0-".len()));
            Manifest::parse(&MANIFEST.replace("1.0.0", &version))
        };
        assert!(parse(VERSION_CHARACTERS).is_ok());
        let error = parse(VERSION_CHARACTERS + 1).unwrap_err();
        assert!(error.to_string().contains("more than 64 characters"), "{error}");
    }

    #[test]
    fn what_stands_there_twice_is_refused_once_for_each_name() {
        let field = &MANIFEST[MANIFEST.find("[[fields]]").unwrap()..];
        let error = Manifest::parse(&format!("{MANIFEST}{field}{field}")).unwrap_err();
        let message = error.to_string();
        assert_eq!(message.matches("the field temperature stands there twice").count(), 1);
    }

    #[test]
    fn the_example_of_a_command_is_a_json_object() {
        let with = |example: &str| {
            Manifest::parse(&format!(
                "{MANIFEST}\n[[commands]]\nname = \"reset\"\nmeaning = \"Starts anew\"\n\
                 example = '{example}'"
            ))
        };
        assert!(with(r#"{"reset": true}"#).is_ok());
        for wrong in ["[]", "reset", r#"{"reset"}"#] {
            let error = with(wrong).unwrap_err();
            assert!(error.to_string().contains("the command reset is no JSON object"), "{error}");
        }
    }

    #[test]
    fn a_manifest_is_written_as_it_is_read() {
        let text = format!(
            "{MANIFEST}\ndata-unit = \"K\"\n[script]\ndialect = \"ts013\"\nfailing = [\"cold\"]\n"
        );
        let manifest = Manifest::parse(&text).unwrap();
        let written = manifest.to_toml().unwrap();
        assert_eq!(Manifest::parse(&written).unwrap(), manifest, "{written}");
    }

    #[test]
    fn what_a_script_measures_can_be_converted() {
        let in_data = |unit: &str| format!("{MANIFEST}\ndata-unit = \"{unit}\"\n");
        assert!(Manifest::parse(&in_data("V")).is_ok(), "a component converts by itself");
        assert!(Manifest::parse(&(in_data("K") + "[script]")).is_ok());
        let error = Manifest::parse(&(in_data("V") + "[script]")).unwrap_err();
        assert!(error.to_string().contains("temperature has the unit \"V\""), "{error}");
    }

    #[test]
    fn only_what_is_inferred_may_do_without_a_meaning() {
        let without = MANIFEST.replace("meaning = \"Temperature of the air\"", "");
        let error = Manifest::parse(&without).unwrap_err();
        assert!(error.to_string().contains("temperature has no meaning"), "{error}");
        let inferred = Manifest::parse(&format!("{without}\ninferred = true")).unwrap();
        assert!(inferred.fields[0].inferred);
    }

    #[test]
    fn only_a_script_may_do_without_ports() {
        let up = "[[ports]]\n        port = 2\n        direction = \"up\"\n        meaning = \"Temperature\"";
        let without = MANIFEST.replace(up, "").replace("maintainer", "ports = []\nmaintainer");
        assert!(Manifest::parse(&without).unwrap_err().to_string().contains("no port"));
        assert!(Manifest::parse(&format!("{without}\n[script]")).is_ok());
    }

    #[test]
    fn a_quantity_outside_of_the_vocabulary_is_refused() {
        let error =
            Manifest::parse(&MANIFEST.replace("air.temperature", "air.temprature")).unwrap_err();
        assert!(error.to_string().contains("air.temprature"), "{error}");
    }
}
