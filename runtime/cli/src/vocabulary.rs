//! `champollion vocabulary`: the quantities that a field can be, found by a word.

use champollion_sandbox::{
    Quantity,
    vocabulary::{self, ValueKind},
};
use champollion_sdk::difference::is_nearly;
use clap::Args;

use super::{Failure, output};

/// Lists the quantities that fields can have, with their units.
#[derive(Args)]
pub(super) struct Vocabulary {
    /// Only quantities with this word in name, unit or meaning
    word: Option<String>,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

impl Vocabulary {
    pub(super) fn run(self) -> Result<(), Failure> {
        let word = self.word.as_deref().unwrap_or_default();
        let found = find(word);
        if self.json {
            output::json(&found)?;
        } else {
            let rows = found.iter().map(|quantity| {
                [quantity.name, quantity.unit, word_of(quantity.kind), quantity.meaning]
                    .map(str::to_owned)
            });
            if !found.is_empty() {
                output::table(["quantity", "unit", "type", "meaning"], rows);
            }
        }
        if found.is_empty() {
            let reason = "`champollion vocabulary` lists all; a field without a quantity is fine";
            return Err(Failure::new(format!("no quantity has the word {word:?}"), reason));
        }
        Ok(())
    }
}

/// The quantities that a word stands in; where there is none, those with a word that is nearly it.
fn find(word: &str) -> Vec<&'static Quantity> {
    let lower = word.trim().to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&lower);
    let exact: Vec<&Quantity> = vocabulary::quantities()
        .filter(|quantity| {
            [quantity.name, quantity.meaning].into_iter().any(holds) || quantity.unit == word
        })
        .collect();
    if !exact.is_empty() {
        return exact;
    }
    let is_near = |quantity: &&Quantity| {
        let words = quantity.name.split(['.', '-']).chain(quantity.meaning.split_whitespace());
        words.chain([quantity.name]).any(|other| is_nearly(&lower, other))
    };
    vocabulary::quantities().filter(is_near).collect()
}

fn word_of(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Boolean => "boolean",
        ValueKind::Integer => "integer",
        ValueKind::Number => "number",
        ValueKind::Text => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(word: &str) -> Vec<&'static str> {
        find(word).iter().map(|quantity| quantity.name).collect()
    }

    #[test]
    fn quantities_are_found_by_name_unit_and_meaning() {
        assert!(names("temperature").contains(&"air.temperature"));
        assert_eq!(names("hPa"), ["air.pressure"]);
        assert!(names("Barometric").contains(&"air.pressure"));
        assert_eq!(names("").len(), vocabulary::quantities().count());
    }

    #[test]
    fn a_misspelt_word_finds_what_is_meant() {
        assert!(names("temprature").contains(&"air.temperature"));
        assert_eq!(names("bushels"), [""; 0]);
    }
}
