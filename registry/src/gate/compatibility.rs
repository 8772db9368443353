//! Compares a manifest with that of the version before: who uses the one must be able to use the other,
//! or the version says that it is not so.

use std::collections::BTreeMap;

use champollion_sandbox::{DerivedInput, DerivedValue};
use semver::Version;

use super::{
    finding::Finding,
    manifest_change::{ManifestChange, Property},
};
use crate::package::{Field, FieldType, Manifest};

/// The part of a version that must grow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    Major,
    Minor,
}

/// Returns the lowest version above the highest one that the gate takes a manifest under, whose users come from
/// the version before: a patch where nothing that they rely on has changed.
#[must_use]
pub fn next_version(highest: &Version, previous: Option<&Manifest>, next: &Manifest) -> Version {
    let changes = previous.map(|previous| (&previous.version, changes(previous, next)));
    let is_enough = |candidate: &Version| {
        changes.as_ref().is_none_or(|(previous, changes)| {
            changes.iter().all(|(_, needed)| is_told(previous, candidate, *needed))
        })
    };
    let major = Version::new(highest.major + 1, 0, 0);
    [patch_after(highest), Version::new(highest.major, highest.minor + 1, 0)]
        .into_iter()
        .find(is_enough)
        .unwrap_or(major)
}

/// Returns the next patch; after a pre-release that is its release.
fn patch_after(highest: &Version) -> Version {
    let Version { major, minor, patch, .. } = *highest;
    Version::new(major, minor, if highest.pre.is_empty() { patch + 1 } else { patch })
}

/// Returns the changes that keep users of the version before from using this one, where its number does not
/// say so.
pub(crate) fn incompatibilities(previous: &Manifest, next: &Manifest) -> Vec<Finding> {
    let changes = changes(previous, next).into_iter();
    let told = changes.filter(|(_, needed)| !is_told(&previous.version, &next.version, *needed));
    let findings = told.map(|(change, needed)| Finding::Incompatible {
        change,
        needed: match needed {
            Needed::Major => "major",
            Needed::Minor => "minor",
        },
        previous: previous.version.clone(),
        version: next.version.clone(),
    });
    findings.collect()
}

/// Whether the number of a version says that users of the one before may not be able to use it.
pub(super) fn is_major_told(previous: &Version, next: &Version) -> bool {
    is_told(previous, next, Needed::Major)
}

/// Whether a version says that so much has changed. Before 1.0.0 the number after the zero is what
/// the major one is later.
fn is_told(previous: &Version, next: &Version, needed: Needed) -> bool {
    if next.major != previous.major {
        return next.major > previous.major;
    }
    match (needed, next.major) {
        (Needed::Major, 0) => next.minor > previous.minor,
        (Needed::Major, _) => false,
        (Needed::Minor, 0) => {
            next.minor > previous.minor
                || (next.minor == previous.minor && next.patch > previous.patch)
        }
        (Needed::Minor, _) => next.minor > previous.minor,
    }
}

/// Returns the changes between two versions that users of the first one notice, those that break something first.
#[must_use]
pub fn changes_between(previous: &Manifest, next: &Manifest) -> Vec<ManifestChange> {
    let (breaking, others): (Vec<_>, Vec<_>) =
        changes(previous, next).into_iter().partition(|(_, needed)| *needed == Needed::Major);
    breaking.into_iter().chain(others).map(|(change, _)| change).collect()
}

/// A change, and the part of a version that must grow with it.
type Told = (ManifestChange, Needed);

fn changes(previous: &Manifest, next: &Manifest) -> Vec<Told> {
    let mut changes = Vec::new();
    changes_of_fields(previous, next, &mut changes);
    changes_of_derived(previous, next, &mut changes);
    let names = |manifest: &Manifest| -> BTreeMap<String, bool> {
        let variables = manifest.variables.iter();
        variables.map(|variable| (variable.name.clone(), variable.required)).collect()
    };
    let (before, after) = (names(previous), names(next));
    for (name, required) in &after {
        match before.get(name) {
            Some(true) => {}
            _ if *required => {
                changes.push((ManifestChange::VariableRequired(name.clone()), Needed::Major));
            }
            None => changes.push((ManifestChange::VariableAdded(name.clone()), Needed::Minor)),
            Some(false) => {}
        }
    }
    for command in &previous.commands {
        if !next.commands.iter().any(|other| other.name == command.name) {
            changes.push((ManifestChange::CommandRemoved(command.name.clone()), Needed::Major));
        }
    }
    for command in &next.commands {
        if !previous.commands.iter().any(|other| other.name == command.name) {
            changes.push((ManifestChange::CommandAdded(command.name.clone()), Needed::Minor));
        }
    }
    changes
}

/// The values that a derived decoder makes no more, and those that it needs more than before.
fn changes_of_derived(previous: &Manifest, next: &Manifest, changes: &mut Vec<Told>) {
    let (Some(before), Some(after)) = (&previous.derived, &next.derived) else {
        if previous.derived.is_some() != next.derived.is_some() {
            changes.push((ManifestChange::OtherKind, Needed::Major));
        }
        return;
    };
    for value in &before.values {
        let is_same = |other: &DerivedValue| {
            other.quantity == value.quantity && other.channel == value.channel
        };
        if !after.values.iter().any(is_same) {
            changes.push((ManifestChange::ValueRemoved(value.quantity.clone()), Needed::Major));
        }
    }
    for input in &after.inputs {
        let is_same = |other: &DerivedInput| {
            other.quantity == input.quantity && other.channel == input.channel
        };
        if !before.inputs.iter().any(is_same) {
            changes.push((ManifestChange::InputAdded(input.quantity.clone()), Needed::Minor));
        }
    }
}

fn changes_of_fields(previous: &Manifest, next: &Manifest, changes: &mut Vec<Told>) {
    let by_name = |manifest| -> BTreeMap<_, _> { fields(manifest).collect() };
    let (before, after): (BTreeMap<&str, &Field>, BTreeMap<&str, &Field>) =
        (by_name(previous), by_name(next));
    let added: Vec<&Field> =
        after.values().copied().filter(|field| !before.contains_key(&*field.name)).collect();
    for (name, field) in &before {
        let name = || (*name).to_owned();
        let Some(new) = after.get(&*field.name) else {
            if let Some(value) = next.fields.iter().find(|value| tells_of(field, value)) {
                let change =
                    ManifestChange::FieldToldWith { field: name(), with: value.name.clone() };
                changes.push((change, Needed::Minor));
                continue;
            }
            let alike = added.iter().find(|other| {
                (other.kind, &other.quantity, &other.unit)
                    == (field.kind, &field.quantity, &field.unit)
                    && (field.quantity.is_some() || other.meaning == field.meaning)
            });
            let change = match alike {
                Some(other) => {
                    ManifestChange::FieldRenamed { field: name(), to: other.name.clone() }
                }
                None => ManifestChange::FieldRemoved(name()),
            };
            changes.push((change, Needed::Major));
            continue;
        };
        if field.kind != new.kind {
            let (old, new) = (field.kind.as_str(), new.kind.as_str());
            changes.push((ManifestChange::FieldType { field: name(), new, old }, Needed::Major));
        }
        let channel = |field: &Field| field.channel.map(|channel| channel.to_string());
        let is_measured_now = field.quantity.is_none() && new.quantity.is_some();
        let units = |field: &Field| {
            let (unit, in_data) = (field.unit.clone(), field.data_unit.clone());
            // The unit of a field without a quantity is the one in data, which must stay what it was.
            if is_measured_now { (None, in_data.or(unit)) } else { (unit, in_data) }
        };
        let ((unit, in_data), (new_unit, new_in_data)) = (units(field), units(new));
        for (property, old, new, is_more) in [
            (Property::Quantity, &field.quantity, &new.quantity, true),
            (Property::Unit, &unit, &new_unit, true),
            (Property::UnitInData, &in_data, &new_in_data, is_measured_now),
            (Property::Channel, &channel(field), &channel(new), field.quantity.is_none()),
        ] {
            match (old, new) {
                (old, new) if old == new => {}
                // More is known of it, and it is what it was.
                (None, Some(_)) if is_more => {
                    let change = ManifestChange::FieldGains { field: name(), property };
                    changes.push((change, Needed::Minor));
                }
                (old, new) => {
                    let (old, new) = (old.clone(), new.clone());
                    let change = ManifestChange::FieldDiffers { field: name(), property, new, old };
                    changes.push((change, Needed::Major));
                }
            }
        }
    }
    for (name, field) in &before {
        let changed = after.get(name).filter(|new| field.words != new.words);
        let Some(new) = changed.filter(|_| field.quantity.is_some()) else { continue };
        let keeps = field.words.iter().all(|(word, state)| new.words.get(word) == Some(state));
        let is_told_more = keeps && !field.words.is_empty();
        let needed = if is_told_more { Needed::Minor } else { Needed::Major };
        changes.push((ManifestChange::FieldWords((*name).to_owned()), needed));
    }
    for field in added {
        changes.push((ManifestChange::FieldAdded(field.name.clone()), Needed::Minor));
    }
}

/// Whether an inferred field says nothing but the unit or the name of a value: it is one with that.
fn tells_of(field: &Field, value: &Field) -> bool {
    let Some(told) = value.told_unit.as_ref().filter(|_| field.inferred) else { return false };
    let parts = |name: &str| {
        let (object, key) = name.rsplit_once('.').unwrap_or(("", name));
        (object.to_owned(), key.to_owned())
    };
    let ((object, key), (other, _)) = (parts(&field.name), parts(&value.name));
    let names_it = !object.is_empty() && field.kind == FieldType::Text && !value.meaning.is_empty();
    object == other && (key == told.member || names_it)
}

fn fields(manifest: &Manifest) -> impl Iterator<Item = (&str, &Field)> {
    manifest.fields.iter().map(|field| (field.name.as_str(), field))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        id = "acme/thermometer"
        version = "1.2.3"
        name = "Acme Thermometer"
        description = "Decodes it."
        licence = "MIT"
        maintainer = "Acme"
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
        [[fields]]
        name = "counter"
        type = "integer"
        meaning = "Frames so far"
        [[variables]]
        name = "offset"
        type = "number"
        meaning = "What is added"
        [[commands]]
        name = "interval"
        meaning = "How often it sends"
        example = '{"interval": 10}'
    "#;

    /// Returns the differences between two texts of the manifest.
    fn found(version: &str, from: &str, to: &str) -> Vec<String> {
        assert!(MANIFEST.contains(from), "{from}");
        let previous = Manifest::parse(MANIFEST).unwrap();
        let next = MANIFEST.replace("1.2.3", version).replacen(from, to, 1);
        let next = Manifest::parse(&next).unwrap();
        incompatibilities(&previous, &next).iter().map(ToString::to_string).collect()
    }

    const COUNTER: &str = "[[fields]]\n        name = \"counter\"\n        type = \"integer\"\n        meaning = \"Frames so far\"\n";
    const COMMAND: &str = "[[commands]]\n        name = \"interval\"\n        meaning = \"How often it sends\"\n        example = '{\"interval\": 10}'\n";

    #[test]
    fn what_breaks_needs_a_major_version() {
        for (from, to, change) in [
            (COUNTER, "", "the field counter was removed"),
            ("name = \"temperature\"", "name = \"t\"", "the field temperature was renamed to t"),
            ("name = \"counter\"", "name = \"frames\"", "the field counter was renamed to frames"),
            (
                "type = \"integer\"",
                "type = \"number\"",
                "the field counter is number and was integer",
            ),
            (
                "\"air.temperature\"",
                "\"water.temperature\"",
                "has the quantity water.temperature and had",
            ),
            (
                "meaning = \"Frames so far\"",
                "meaning = \"m\"\ndata-unit = \"s\"",
                "unit in data s and had none",
            ),
            (
                "name = \"offset\"",
                "name = \"offset\"\nrequired = true",
                "the variable offset must be set now",
            ),
            (COMMAND, "", "the command interval was removed"),
        ] {
            for version in ["1.2.4", "1.3.0"] {
                let found = found(version, from, to);
                let told = found.iter().any(|finding| {
                    finding.contains(change) && finding.contains("new major version")
                });
                assert!(told, "{version} {change}: {found:?}");
            }
            assert_eq!(found("2.0.0", from, to), [""; 0], "{change}");
        }
    }

    #[test]
    fn what_is_added_needs_a_minor_version() {
        let field = format!(
            "{COUNTER}[[fields]]\nname = \"battery\"\ntype = \"number\"\nmeaning = \"m\"\n"
        );
        let command =
            format!("{COMMAND}[[commands]]\nname = \"reset\"\nmeaning = \"m\"\nexample = '{{}}'\n");
        let variable =
            "[[variables]]\nname = \"a\"\ntype = \"text\"\nmeaning = \"m\"\n[[variables]]";
        for (from, to, change) in [
            (COUNTER, &*field, "the field battery was added"),
            (COMMAND, &*command, "the command reset was added"),
            ("[[variables]]", variable, "the variable a was added"),
            (
                "meaning = \"Frames so far\"",
                "meaning = \"m\"\nunit = \"1\"",
                "counter has a unit now",
            ),
        ] {
            let found_here = found("1.2.4", from, to);
            assert!(found_here.iter().any(|finding| finding.contains(change)), "{found_here:?}");
            assert!(found_here[0].contains("new minor version: 1.2.3 is published, this is 1.2.4"));
            assert_eq!(found("1.3.0", from, to), [""; 0], "{change}");
        }
        assert_eq!(found("1.2.4", "Decodes it.", "Reads it."), [""; 0]);
        assert_eq!(found("1.2.4", "Frames so far", "Frames until now"), [""; 0]);
    }

    #[test]
    fn what_an_import_learns_of_a_field_is_a_minor_version() {
        let with = |version: &str, fields: &str| {
            let counter = MANIFEST.replace("1.2.3", version).replace(COUNTER, fields);
            Manifest::parse(&format!("{counter}\n[script]\n")).unwrap()
        };
        let field = |name: &str, kind: &str, more: &str| {
            format!("[[fields]]\nname = \"{name}\"\ntype = \"{kind}\"\ninferred = true\n{more}\n")
        };
        let before = [
            field("d.value", "number", ""),
            field("d.unit", "text", ""),
            field("d.label", "text", ""),
        ];
        let known = "quantity = \"sensor.distance\"\nunit = \"m\"\ndata-unit = \"mm\"\nmeaning = \"Distance\"\n\
                     told-unit = { member = \"unit\", text = \"mm\" }\ninferred-from = \"unit beside\"";
        let after = field("d.value", "number", known);
        let previous = with("1.2.3", &before.concat());
        assert!(!incompatibilities(&previous, &with("1.2.4", &after)).is_empty());
        let minor = incompatibilities(&previous, &with("1.3.0", &after));
        assert!(minor.is_empty(), "{minor:?}");
        let other = after.replace("data-unit = \"mm\"", "data-unit = \"cm\"");
        let previous = with("1.2.3", &after);
        assert!(!incompatibilities(&previous, &with("1.3.0", &other)).is_empty(), "it was known");
        let channel = after.replace("inferred = true", "inferred = true\nchannel = 1");
        assert!(!incompatibilities(&previous, &with("1.3.0", &channel)).is_empty());
        let unmeasured = with("1.2.3", &field("level", "number", "unit = \"mm\""));
        let measured = "quantity = \"water.level\"\nunit = \"m\"\ndata-unit = \"mm\"";
        let next = with("1.3.0", &field("level", "number", measured));
        assert!(incompatibilities(&unmeasured, &next).is_empty(), "its unit in data is the same");
        let other = field("level", "number", &measured.replace("mm", "cm"));
        assert!(!incompatibilities(&unmeasured, &with("1.3.0", &other)).is_empty());
    }

    #[test]
    fn before_1_0_the_second_number_is_the_major_one() {
        let told = |previous: &str, next: &str, needed| {
            is_told(&previous.parse().unwrap(), &next.parse().unwrap(), needed)
        };
        assert!(!told("0.1.0", "0.1.1", Needed::Major));
        assert!(told("0.1.0", "0.2.0", Needed::Major));
        assert!(told("0.1.0", "0.1.1", Needed::Minor));
        assert!(told("0.9.0", "1.0.0", Needed::Major));
    }

    #[test]
    fn the_next_version_is_the_lowest_that_the_gate_takes() {
        let manifest = |version: &str, more: &str| {
            Manifest::parse(&format!("{}{more}", MANIFEST.replace("1.2.3", version))).unwrap()
        };
        let field = "\n[[fields]]\nname = \"more\"\ntype = \"number\"\nmeaning = \"More\"\n";
        let next = |highest: &str, before: Option<(&str, &str)>, more: &str| {
            let previous = before.map(|(version, more)| manifest(version, more));
            let highest = highest.parse().unwrap();
            let next = next_version(&highest, previous.as_ref(), &manifest("1.0.0", more));
            assert!(next > highest);
            if let Some(previous) = &previous {
                let as_next = Manifest { version: next.clone(), ..manifest("1.0.0", more) };
                assert!(incompatibilities(previous, &as_next).is_empty(), "{next}");
            }
            next.to_string()
        };
        assert_eq!(next("1.0.0", Some(("1.0.0", "")), ""), "1.0.1");
        assert_eq!(next("1.0.0", Some(("1.0.0", "")), field), "1.1.0");
        assert_eq!(next("1.0.0", Some(("1.0.0", field)), ""), "2.0.0");
        // Before 1.0.0 the number after the zero is what the major one is later.
        assert_eq!(next("0.3.1", Some(("0.3.1", "")), field), "0.3.2");
        assert_eq!(next("0.3.1", Some(("0.3.1", field)), ""), "0.4.0");
        // Numbers that are taken, by versions that nobody comes from.
        assert_eq!(next("1.4.0", Some(("1.0.0", "")), ""), "1.4.1");
        assert_eq!(next("2.0.0-rc.1", Some(("1.0.0", field)), ""), "2.0.0");
        assert_eq!(next("1.0.0-rc.1", None, field), "1.0.0");
    }
}
