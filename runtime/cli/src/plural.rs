//! Numbers of things, in words.

use std::fmt::Display;

/// The number of some things, whose name takes an `s` where they are none or several: `1 device`, `2 devices`.
pub(super) fn counted(count: impl Display, thing: &str) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {thing}{ending}")
}

/// The same as the subject of a sentence: `1 device is`, `2 devices are`.
pub(super) fn counted_is(count: impl Display, thing: &str) -> String {
    let is = agreeing(&count, "is", "are");
    format!("{} {is}", counted(count, thing))
}

/// The verb of so many things: `differs` of one, `differ` of none or several.
pub(super) fn agreeing<'verb>(
    count: impl Display,
    one: &'verb str,
    several: &'verb str,
) -> &'verb str {
    if count.to_string() == "1" { one } else { several }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_stands_alone() {
        let said = [0, 1, 2, 11].map(|count| counted(count, "device"));
        assert_eq!(said, ["0 devices", "1 device", "2 devices", "11 devices"]);
        assert_eq!([0, 1, 2].map(|count| agreeing(count, "was", "were")), ["were", "was", "were"]);
        assert_eq!([1, 11].map(|count| counted_is(count, "row")), ["1 row is", "11 rows are"]);
    }
}
