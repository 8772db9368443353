//! Faults of a declaration: what cannot be, where, and what to write instead.

/// A place in the declaration of a derived decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DerivedPlace {
    /// An input, from 0.
    Input(usize),
    /// A value, from 0.
    Value(usize),
    /// The values that are remembered, or the whole.
    Whole,
}

/// A fault of a declaration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct DerivedFault {
    /// The place of the fault.
    pub place: DerivedPlace,
    /// The fault in a sentence, with what to write instead.
    pub problem: String,
}

impl DerivedFault {
    pub(super) fn new(place: DerivedPlace, problem: impl Into<String>) -> Self {
        Self { place, problem: problem.into() }
    }
}

/// Returns the name among some that a wrong one may be meant for: it differs in one or two letters.
pub(super) fn nearest<'names>(
    wrong: &str,
    names: impl IntoIterator<Item = &'names str>,
) -> Option<&'names str> {
    const LETTERS: usize = 2;
    let near = names.into_iter().map(|name| (distance(wrong, name), name));
    near.filter(|(letters, name)| *letters <= LETTERS && *letters < name.len())
        .min_by_key(|(letters, _)| *letters)
        .map(|(_, name)| name)
}

/// The letters that must be changed, added or left out to make one word of another.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for column in 0..to.len() {
            let replaced = diagonal + usize::from(letter != to[column]);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_found() {
        assert_eq!(nearest("water.volum", ["water.level", "water.volume"]), Some("water.volume"));
        assert_eq!(nearest("indx", ["index", "elapsed"]), Some("index"));
        assert_eq!(nearest("nothing", ["index"]), None);
        assert_eq!(nearest("b", ["a"]), None, "all of it would be another");
    }
}
