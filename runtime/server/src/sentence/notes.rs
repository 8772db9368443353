//! Notes about sheets and their rows.

use champollion_fleet::sheets::SheetNote;

use super::Sentence;

/// Returns the sentence of a note.
pub(crate) fn of_note(note: &SheetNote) -> Sentence {
    match note {
        SheetNote::BecomeTags(names) => {
            Sentence::new("note-become-tags").with("names", names.clone())
        }
        SheetNote::NoHeading(column) => {
            Sentence::new("note-no-heading").with("column", column.as_str())
        }
        SheetNote::Completed { what, digits } => {
            Sentence::new("note-completed").with("what", *what).with("digits", digits.as_str())
        }
        SheetNote::MadePlain { field, shown, plain } => Sentence::new("note-made-plain")
            .with("field", *field)
            .with("shown", shown.as_str())
            .with("plain", plain.as_str()),
    }
}
