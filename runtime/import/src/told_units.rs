//! Units that examples tell beside a value: `{"value": 4232, "unit": "mm"}`, or `temperature_unit` beside
//! `temperature`. The members fold into the one field that has the value.

use std::collections::{BTreeMap, BTreeSet};

use champollion_registry::package::{FieldType, ToldUnit};
use serde_json::Value as Json;

use super::{
    answered::{Answered, values_at},
    known,
    spoken_name::{VALUE_KEYS, is_number},
};

/// Keys under which an object that holds a value tells its unit.
const UNIT_KEYS: [&str; 5] = ["unit", "units", "Unit", "uom", "unit_of_measure"];

/// Keys under which such an object has its name for people.
const NAME_KEYS: [&str; 3] = ["displayName", "display_name", "label"];

/// Ends of keys that tell the unit of the key before them.
const UNIT_ENDS: [&str; 4] = ["_unit", "_units", "Unit", "Units"];

/// A unit that stands beside its value.
pub(super) struct Beside {
    /// The member that tells the unit.
    pub(super) told: ToldUnit,
    /// The unit as a UCUM code.
    pub(super) code: &'static str,
    /// The name of the value for people; empty where none is told.
    pub(super) meaning: String,
}

/// The units that are told of fields.
#[derive(Default)]
pub(super) struct ToldUnits {
    /// By the paths of the values.
    pub(super) of_fields: BTreeMap<String, Beside>,
    /// The paths of members that say nothing but the unit or the name of a field.
    pub(super) folded: BTreeSet<String>,
}

impl ToldUnits {
    /// Finds the units that are told beside values, the same ones in each answer.
    pub(super) fn of(answers: &[Answered], kinds: &BTreeMap<String, FieldType>) -> Self {
        let mut found = Self::default();
        for (path, kind) in kinds {
            if !is_number(*kind) || path.contains("[]") {
                continue;
            }
            let (object, key) = path.rsplit_once('.').unwrap_or(("", path));
            let sibling = |member: &str| {
                if object.is_empty() { member.to_owned() } else { format!("{object}.{member}") }
            };
            let holds_one_value = VALUE_KEYS.contains(&key) && !object.is_empty();
            let members = if holds_one_value {
                UNIT_KEYS.map(str::to_owned).to_vec()
            } else {
                UNIT_ENDS.map(|end| format!("{key}{end}")).to_vec()
            };
            let told = members.into_iter().find_map(|member| {
                let text = only_text(answers, kinds, &sibling(&member))?;
                let code = known::of_text(&text)?;
                Some((ToldUnit { member, text }, code))
            });
            let Some((told, code)) = told else { continue };
            found.folded.insert(sibling(&told.member));
            let mut meaning = String::new();
            if holds_one_value {
                let names = NAME_KEYS.map(sibling);
                let named = names
                    .into_iter()
                    .find_map(|path| Some((only_text(answers, kinds, &path)?, path)));
                if let Some((name, path)) = named {
                    meaning = name;
                    found.folded.insert(path);
                }
            }
            found.of_fields.insert(path.clone(), Beside { told, code, meaning });
        }
        found
    }
}

/// The text that a member has wherever it is there.
fn only_text(
    answers: &[Answered],
    kinds: &BTreeMap<String, FieldType>,
    path: &str,
) -> Option<String> {
    if kinds.get(path) != Some(&FieldType::Text) {
        return None;
    }
    let mut texts = answers.iter().flat_map(|answer| values_at(&answer.reading["data"], path));
    let first = texts.next()?.as_str()?;
    texts.all(|text: &Json| text.as_str() == Some(first)).then(|| first.to_owned())
}
