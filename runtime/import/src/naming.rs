//! Names for packages of codecs that have none.

use std::collections::BTreeMap;

use champollion_registry::package::{DecoderId, DecoderIdError};

/// Longest part of a name, as [`DecoderId`] has it.
const PART_CHARACTERS: usize = 64;

/// Characters that are kept free for the number that tells two alike names apart.
const NUMBER_CHARACTERS: usize = 5;

/// The names that were given so far, and to whom.
#[derive(Default)]
pub struct Names {
    given: BTreeMap<DecoderId, String>,
}

/// A decoder's name, and whether another was wanted.
pub struct Named {
    /// The name of the decoder.
    pub id: DecoderId,
    /// The holder of the name that the codec would have got, where there is one.
    pub instead_of: Option<(DecoderId, String)>,
}

impl Names {
    /// Gives a name to a codec that stands at `place`; where another has it, one with a number.
    pub fn give(
        &mut self,
        vendor: &str,
        model: &str,
        place: &str,
    ) -> Result<Named, DecoderIdError> {
        let (vendor, model) = (part(vendor), part(model));
        let wanted = DecoderId::new(&vendor, &model)?;
        let Some(holder) = self.given.get(&wanted).cloned() else {
            self.given.insert(wanted.clone(), place.to_owned());
            return Ok(Named { id: wanted, instead_of: None });
        };
        let mut number = 2_usize;
        loop {
            let id = DecoderId::new(&vendor, &format!("{model}-{number}"))?;
            if !self.given.contains_key(&id) {
                self.given.insert(id.clone(), place.to_owned());
                return Ok(Named { id, instead_of: Some((wanted, holder)) });
            }
            number += 1;
        }
    }
}

/// A part of a name of whatever people write: small letters, digits, single hyphens between them.
fn part(text: &str) -> String {
    let mut part = String::new();
    for character in text.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            part.push(character);
        } else if !part.is_empty() && !part.ends_with('-') {
            part.push('-');
        }
    }
    part.truncate(PART_CHARACTERS - NUMBER_CHARACTERS);
    part.truncate(part.trim_end_matches('-').len());
    if part.is_empty() { "unnamed".to_owned() } else { part }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_people_write_becomes_a_name() {
        for (text, expected) in [
            ("EM300-TH", "em300-th"),
            ("  Decoder (v2)__final .js", "decoder-v2-final-js"),
            ("Größe", "gr-e"),
            ("日本", "unnamed"),
            ("--", "unnamed"),
        ] {
            assert_eq!(part(text), expected);
        }
        let long = part(&"a-".repeat(100));
        assert!(long.len() <= PART_CHARACTERS - NUMBER_CHARACTERS && !long.ends_with('-'));
    }

    #[test]
    fn alike_names_are_told_apart() {
        let mut names = Names::default();
        let mut give = |model: &str, place: &str| {
            let named = names.give("Acme", model, place).unwrap();
            (named.id.to_string(), named.instead_of.map(|(_, holder)| holder))
        };
        assert_eq!(give("T 1", "a"), ("acme/t-1".to_owned(), None));
        assert_eq!(give("t-1", "b"), ("acme/t-1-2".to_owned(), Some("a".to_owned())));
        assert_eq!(give("t_1", "c"), ("acme/t-1-3".to_owned(), Some("a".to_owned())));
        assert_eq!(give("t-1-2", "d"), ("acme/t-1-2-2".to_owned(), Some("b".to_owned())));
    }
}
