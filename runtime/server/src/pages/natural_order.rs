//! The order in which people look for names: numbers by their size, whether signs are large or small.

/// A part of a name, as it is compared: digits by their number, and before all other signs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Digits without zeros in front, which are compared by how many there are first.
    Number(usize, String),
    /// Signs that stand between digits.
    Signs(String),
}

/// Returns the parts by which a name is sorted: `Object 2` stands before `Object 10`.
pub(super) fn natural(name: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = rest.find(|sign: char| sign.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(if is_number {
            let digits = part.trim_start_matches('0');
            Part::Number(digits.len(), digits.to_owned())
        } else {
            Part::Signs(part.to_lowercase())
        });
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_sorted_by_their_size() {
        let sorted = ["12", "Lamp", "lamp 2", "Lamp 02b", "lamp 10", "lamp 10 left", "Well"];
        let mut names = sorted;
        names.reverse();
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, sorted);
        let huge = ["9".repeat(40), "1".repeat(41)];
        assert!(natural(&huge[0]) < natural(&huge[1]));
        assert_eq!(natural("007"), natural("7"));
        assert!(natural("").is_empty());
    }
}
