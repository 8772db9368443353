//! `champollion vocabulary`: the quantities that a field can be, found by a word.

use champollion_import::unit_code;
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
    /// Only quantities with each of these words in name, unit or meaning; a unit may be spelled as people do: °C
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

impl Vocabulary {
    pub(super) fn run(self) -> Result<(), Failure> {
        let words = self.words.join(" ");
        let found = find(&words);
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
            return Err(Failure::new(format!("no quantity has the word {words:?}"), reason));
        }
        Ok(())
    }
}

/// The quantities that have each of some words, wherever it stands, or their unit; where there is none, those with words
/// that are nearly it.
fn find(words: &str) -> Vec<&'static Quantity> {
    let is_of_unit = |quantity: &Quantity, text: &str| {
        text == quantity.unit || unit_code(text) == Some(quantity.unit)
    };
    let has = |quantity: &Quantity, word: &str| {
        let lower = word.to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&lower);
        holds(quantity.name) || holds(quantity.meaning) || is_of_unit(quantity, word)
    };
    let exact: Vec<&Quantity> = vocabulary::quantities()
        .filter(|quantity| {
            // A unit may be spelled in two words.
            words.split_whitespace().all(|word| has(quantity, word))
                || is_of_unit(quantity, words.trim())
        })
        .collect();
    if !exact.is_empty() {
        return exact;
    }
    let is_near = |quantity: &Quantity, word: &str| {
        let words = quantity.name.split(['.', '-']).chain(quantity.meaning.split_whitespace());
        has(quantity, word)
            || words.chain([quantity.name]).any(|other| is_nearly(&word.to_lowercase(), other))
    };
    vocabulary::quantities()
        .filter(|quantity| words.split_whitespace().all(|word| is_near(quantity, word)))
        .collect()
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
    fn words_may_stand_apart_and_units_be_spelled_as_people_do() {
        assert!(names("temperature air").contains(&"air.temperature"));
        assert!(names("meter water").contains(&"water.volume"));
        for unit in ["Cel", "°C", "degC", "deg C", "celsius"] {
            assert!(names(unit).contains(&"air.temperature"), "{unit}");
        }
        assert!(names("m³").contains(&"water.volume"));
        assert!(names("m³/h").contains(&"water.flow"));
        assert_eq!(names("air °C"), ["air.temperature"]);
    }

    #[test]
    fn a_misspelt_word_finds_what_is_meant() {
        assert!(names("temprature").contains(&"air.temperature"));
        assert_eq!(names("bushels"), [""; 0]);
    }
}
