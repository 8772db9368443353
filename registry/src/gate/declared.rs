//! Compares what a manifest declares with what its vectors hold.

use std::collections::{BTreeMap, BTreeSet};

use champollion_sdk::{difference::is_nearly, vectors::Vector};
use serde_json::Value as Json;

use super::{
    finding::Finding,
    oddity::{Oddity, UnseenField},
};
use crate::package::{FieldType, Manifest, Package, each_value};

/// Most fields that one warning names.
const NAMED: usize = 10;

/// Returns the faults, and the oddities that are only warned about.
pub(super) fn findings(manifest: &Manifest, vectors: &[Vector]) -> (Vec<Finding>, Vec<Oddity>) {
    let declared = Declared::of(manifest);
    let mut findings = Vec::new();
    let (mut told, mut measured) = (BTreeSet::new(), BTreeSet::new());
    for vector in vectors {
        let reading = &vector.expect["reading"];
        each_value(&reading["data"], &mut |path, found| {
            if let Some(finding) = declared.finding(&vector.name, path, found)
                && told.insert((path.to_owned(), found.as_str()))
            {
                findings.push(finding);
            }
        });
        for quantity in quantities(reading) {
            if !declared.measures(quantity) && measured.insert(quantity.to_owned()) {
                let (vector, quantity) = (vector.name.clone(), quantity.to_owned());
                findings.push(Finding::UndeclaredQuantity { vector, quantity });
            }
        }
    }
    (findings, declared.warning(&seen(vectors)).into_iter().collect())
}

/// Returns the declared fields that no vector of a package holds, in the order of their names. Of these nobody has seen
/// what the decoder makes of them; a field that is inferred promises nothing, and is none of them.
#[must_use]
pub fn fields_without_vector(package: &Package) -> Vec<&str> {
    Declared::of(package.manifest()).unseen(&seen(package.vectors()))
}

/// The paths of all values that vectors hold.
fn seen(vectors: &[Vector]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for vector in vectors {
        each_value(&vector.expect["reading"]["data"], &mut |path, _| {
            seen.insert(path.to_owned());
        });
    }
    seen
}

fn quantities(reading: &Json) -> impl Iterator<Item = &str> {
    let measurements = reading["measurements"].as_array().into_iter().flatten();
    measurements.filter_map(|measurement| measurement["quantity"].as_str())
}

struct Declared<'manifest> {
    fields: BTreeMap<&'manifest str, FieldType>,
    quantities: BTreeSet<&'manifest str>,
    /// Whether all that comes out must be declared. Of a script others may have written it, and the
    /// manifest declares what is measured or says that it only infers.
    is_complete: bool,
}

impl<'manifest> Declared<'manifest> {
    fn of(manifest: &'manifest Manifest) -> Self {
        let declared = manifest.fields.iter().filter(|field| !field.inferred);
        let derived = manifest.derived.iter().flat_map(|derived| &derived.values);
        Self {
            fields: declared.clone().map(|field| (field.name.as_str(), field.kind)).collect(),
            quantities: declared
                .filter_map(|field| field.quantity.as_deref())
                .chain(derived.map(|value| value.quantity.as_str()))
                .collect(),
            is_complete: manifest.script.is_none(),
        }
    }

    fn measures(&self, quantity: &str) -> bool {
        !self.is_complete || self.quantities.contains(quantity)
    }

    fn finding(&self, vector: &str, path: &str, found: FieldType) -> Option<Finding> {
        let (vector, path) = (vector.to_owned(), path.to_owned());
        match self.fields.get(path.as_str()) {
            Some(declared) if declared.holds(found) => None,
            Some(declared) => {
                let (found, declared) = (found.as_str(), declared.as_str());
                Some(Finding::OtherType { vector, path, found, declared })
            }
            None if !self.is_complete || self.is_part(&path) || self.has_parts(&path) => None,
            None => Some(Finding::UndeclaredField { vector, path, found: found.as_str() }),
        }
    }

    /// Whether it is part of something whose parts are not declared one by one.
    fn is_part(&self, path: &str) -> bool {
        let ends = path.char_indices().filter(|(_, character)| matches!(character, '.' | '['));
        ends.map(|(end, _)| &path[..end]).chain([path.trim_end_matches("[]")]).any(|whole| {
            let kinds = [self.fields.get(whole), self.fields.get(&*format!("{whole}[]"))];
            kinds.into_iter().flatten().any(|kind| {
                matches!(kind, FieldType::Object | FieldType::List | FieldType::Any)
                    && !self.has_parts(whole)
            })
        })
    }

    /// Whether parts of it are declared: then it may be empty itself.
    fn has_parts(&self, path: &str) -> bool {
        self.fields.keys().any(|name| {
            name.strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('.') || rest.starts_with("[]"))
        })
    }

    /// The fields that are not among the paths of values that were seen.
    fn unseen(&self, seen: &BTreeSet<String>) -> Vec<&'manifest str> {
        let is_seen = |name: &str| {
            let (member, item) = (format!("{name}."), format!("{name}[]"));
            // A list of plain values is one value, and its items have no paths of their own.
            seen.contains(name.strip_suffix("[]").unwrap_or(name))
                || seen.iter().any(|path| path.starts_with(&member) || path.starts_with(&item))
        };
        self.fields.keys().copied().filter(|name| !is_seen(name)).collect()
    }

    /// The warning of fields that were not seen, where there are any.
    fn warning(&self, seen: &BTreeSet<String>) -> Option<Oddity> {
        // One that nobody declared and that is nearly the same may be the one that is meant.
        let meant = |name: &str| {
            let is_meant = |path: &&String| !self.fields.contains_key(path.as_str());
            seen.iter().filter(is_meant).find(|path| is_nearly(name, path))
        };
        let told =
            |name: &&str| UnseenField { name: (*name).to_owned(), nearly: meant(name).cloned() };
        let unseen = self.unseen(seen);
        let more = unseen.len().saturating_sub(NAMED);
        let fields: Vec<UnseenField> = unseen.iter().take(NAMED).map(told).collect();
        (!fields.is_empty()).then_some(Oddity::FieldsWithoutVector { fields, more })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_declared_by_its_items() {
        let declared = Declared {
            fields: BTreeMap::from([("samples[]", FieldType::Number)]),
            quantities: BTreeSet::new(),
            is_complete: true,
        };
        assert!(declared.finding("", "samples", FieldType::List).is_none());
        assert!(declared.finding("", "samples[]", FieldType::Number).is_none());
        assert!(declared.finding("", "samples[]", FieldType::Text).is_some());
        assert!(declared.finding("", "others", FieldType::List).is_some());
        assert_eq!(declared.unseen(&BTreeSet::from(["samples".to_owned()])), [""; 0]);
        assert_eq!(declared.unseen(&BTreeSet::from(["others".to_owned()])), ["samples[]"]);
    }

    #[test]
    fn a_field_that_no_vector_holds_is_told_with_the_one_that_is_meant() {
        let fields = ["battery", "level"].map(|name| (name, FieldType::Number));
        let declared = Declared {
            fields: fields.into_iter().collect(),
            quantities: BTreeSet::new(),
            is_complete: false,
        };
        let seen = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(declared.warning(&seen(&["battery", "level"])), None);
        let told = declared.warning(&seen(&["batery", "level"])).unwrap().to_string();
        assert!(told.ends_with("battery (did you mean batery, which they hold?)"), "{told}");
        let told = declared.warning(&seen(&["level", "other"])).unwrap().to_string();
        assert!(told.ends_with("the declared fields battery"), "{told}");
    }
}
