//! Notes of an import: about the sheet as a whole, or about a row of it.

use champollion_fleet::sheets::SheetNote;
use serde::Serialize;

use crate::sentence::{Sentence, of_note};

/// Notes of an import, which are few bytes each until they are shown: a sheet may have one for each row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(into = "ShownNotes")]
pub struct Notes(Vec<SheetNote>);

/// Notes as the interface shows them.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportNotes)]
pub(crate) struct ShownNotes {
    /// Remarks about what was understood though it is not as it should be, or is not read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// The same for programs, in the same order: a code for each, and the values of the remark.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    noted: Vec<Sentence>,
}

impl Notes {
    /// The notes for people.
    pub(crate) fn words(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// The notes for programs, in the same order.
    pub(crate) fn values(&self) -> Vec<Sentence> {
        self.0.iter().map(of_note).collect()
    }

    /// Adds further notes to these.
    pub(super) fn extend(&mut self, notes: impl IntoIterator<Item = SheetNote>) {
        self.0.extend(notes);
    }
}

impl From<Vec<SheetNote>> for Notes {
    fn from(notes: Vec<SheetNote>) -> Self {
        Self(notes)
    }
}

impl From<Notes> for ShownNotes {
    fn from(notes: Notes) -> Self {
        Self { notes: notes.words(), noted: notes.values() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn notes_are_shown_in_words_and_as_values() {
        let note = SheetNote::Completed { what: "DevEUI", digits: "0011".to_owned() };
        let shown = serde_json::to_value(Notes::from(vec![note])).unwrap();
        let values = json!({ "what": "DevEUI", "digits": "0011" });
        assert_eq!(
            shown,
            json!({
                "notes": ["the DevEUI was completed to 0011"],
                "noted": [{ "code": "note-completed", "values": values }],
            })
        );
        assert_eq!(serde_json::to_value(Notes::default()).unwrap(), json!({}));
    }
}
