//! Names of files: a pattern with parts that are filled in.

use std::fmt;

use jiff::Zoned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::{formats::Format, names::RouteKey};

/// Longest name in bytes, with the ending that a file has while it is not whole: file systems take 255.
const BYTES: usize = 200;

/// Longest pattern in bytes.
const PATTERN_BYTES: usize = 200;

/// The format of moments in names, by ISO 8601: names sort by it, and it has no character that some systems refuse. With
/// its offset no two hours are alike, also when clocks are put back.
const MOMENT: &str = "%Y%m%dT%H%M%S%z";

/// Digits of the number of a file; a larger number has more.
const DIGITS: usize = 6;

/// The pattern where a route says none.
const USUAL: &str = "{group}-{route}-{from}-{to}-{sequence}.{extension}";

/// The names of a route's files, such as `{group}-{route}-{from}-{to}-{sequence}.csv`.
///
/// Its parts are `{group}`, `{route}`, `{from}` and `{to}` (when the time began and ended of which a file
/// is, by the clocks of the rhythm, with the offset of its zone), `{sequence}` (the number of the file, which never comes again) and
/// `{extension}` (of the format).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Group,
    Route,
    From,
    To,
    Sequence,
    Extension,
}

/// A fault of a pattern for names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name {text:?} cannot be used: {reason}")]
pub struct NamePatternError {
    text: String,
    reason: &'static str,
}

/// The facts that a file's name is made of.
pub(crate) struct Naming<'naming> {
    pub(crate) route: &'naming RouteKey,
    pub(crate) format: Format,
    pub(crate) from: Zoned,
    pub(crate) to: Zoned,
    pub(crate) sequence: u64,
}

impl NamePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Names of it could lead elsewhere, or could be alike.
    pub fn new(text: &str) -> Result<Self, NamePatternError> {
        let refused = |reason| NamePatternError { text: text.to_owned(), reason };
        if text.len() > PATTERN_BYTES {
            return Err(refused("it is longer than 200 bytes"));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (before, after) = rest.split_once('{').unwrap_or((rest, ""));
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            if before.len() == rest.len() {
                break;
            }
            let (name, after) =
                after.split_once('}').ok_or_else(|| refused("a { has no } after it"))?;
            pieces.push(match name {
                "group" => Piece::Group,
                "route" => Piece::Route,
                "from" => Piece::From,
                "to" => Piece::To,
                "sequence" => Piece::Sequence,
                "extension" => Piece::Extension,
                _ => {
                    return Err(refused(
                        "between { and } there may be group, route, from, to, sequence, extension",
                    ));
                }
            });
            rest = after;
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_allowed = |piece: &Piece| match piece {
            Piece::Text(text) => text.bytes().all(allowed),
            _ => true,
        };
        if !pieces.iter().all(is_allowed) {
            return Err(refused("beside its parts it may hold letters, digits and ._- alone"));
        }
        if !pieces.contains(&Piece::Sequence) {
            return Err(refused("without {sequence} a file could take the place of another"));
        }
        if matches!(pieces.first(), Some(Piece::Text(text)) if text.starts_with(['.', '-'])) {
            return Err(refused("it begins with a dot or a hyphen"));
        }
        Ok(Self { text: text.to_owned(), pieces })
    }

    /// The name of a file.
    pub(crate) fn name(&self, naming: &Naming<'_>) -> String {
        let filled = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Group => naming.route.group.to_string(),
            Piece::Route => naming.route.name.to_string(),
            Piece::From => naming.from.strftime(MOMENT).to_string(),
            Piece::To => naming.to.strftime(MOMENT).to_string(),
            Piece::Sequence => format!("{:0DIGITS$}", naming.sequence),
            Piece::Extension => naming.format.extension().to_owned(),
        };
        self.pieces.iter().map(filled).collect()
    }

    /// The longest that a name of a route can become.
    pub(crate) fn check_length(&self, route: &RouteKey) -> Result<(), NamePatternError> {
        let far = jiff::civil::date(9999, 1, 1).to_zoned(jiff::tz::TimeZone::UTC);
        let far = far.unwrap_or_default();
        let naming = Naming {
            route,
            format: Format::Ndjson,
            from: far.clone(),
            to: far,
            sequence: u64::MAX,
        };
        if self.name(&naming).len() > BYTES {
            let reason = "with the names of the group and the route it is longer than 200 bytes";
            return Err(NamePatternError { text: self.text.clone(), reason });
        }
        Ok(())
    }
}

impl Default for NamePattern {
    fn default() -> Self {
        Self {
            text: USUAL.to_owned(),
            pieces: vec![
                Piece::Group,
                Piece::Text("-".to_owned()),
                Piece::Route,
                Piece::Text("-".to_owned()),
                Piece::From,
                Piece::Text("-".to_owned()),
                Piece::To,
                Piece::Text("-".to_owned()),
                Piece::Sequence,
                Piece::Text(".".to_owned()),
                Piece::Extension,
            ],
        }
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl PartialSchema for NamePattern {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "The pattern of the names of files, with placeholders such as `{group}`, `{from}` \
                 and `{sequence}`.",
            ))
            .into()
    }
}

impl ToSchema for NamePattern {}

impl Serialize for NamePattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for NamePattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::files::Rhythm;

    fn name(pattern: &NamePattern, sequence: u64) -> String {
        let rhythm = Rhythm::new("0 6 * * *", "Europe/Paris").unwrap();
        let clock = |text: &str| rhythm.clock(text.parse().unwrap());
        let route = RouteKey { group: "water".parse().unwrap(), name: "daily".parse().unwrap() };
        pattern.name(&Naming {
            route: &route,
            format: Format::CsvRows,
            from: clock("2026-11-24T05:00:00Z"),
            to: clock("2026-11-25T05:00:00Z"),
            sequence,
        })
    }

    #[test]
    fn parts_are_filled_in() {
        assert_eq!(NamePattern::new(USUAL).unwrap(), NamePattern::default());
        assert_eq!(
            name(&NamePattern::default(), 7),
            "water-daily-20261124T060000+0100-20261125T060000+0100-000007.csv"
        );
        let own = NamePattern::new("Index_{to}.{sequence}.txt").unwrap();
        assert_eq!(name(&own, 12_345_678), "Index_20261125T060000+0100.12345678.txt");
    }

    #[test]
    fn a_name_that_leads_elsewhere_or_comes_again_is_refused() {
        for (text, says) in [
            ("", "sequence"),
            ("{from}.csv", "sequence"),
            ("../{sequence}", "letters"),
            ("a/{sequence}", "letters"),
            ("a\\{sequence}", "letters"),
            ("a\n{sequence}", "letters"),
            (".{sequence}", "dot"),
            ("-{sequence}", "hyphen"),
            ("{sequence", "no }"),
            ("{device}{sequence}", "between"),
            ("é{sequence}", "letters"),
        ] {
            let refused = NamePattern::new(text).unwrap_err().to_string();
            assert!(refused.contains(says), "{text}: {refused}");
        }
        let long = NamePattern::new(&format!("{}{{sequence}}", "a".repeat(185))).unwrap();
        let route = RouteKey { group: "g".parse().unwrap(), name: "r".parse().unwrap() };
        assert!(long.check_length(&route).is_err());
        assert!(NamePattern::default().check_length(&route).is_ok());
    }

    proptest! {
        /// Whatever pattern is taken: its names stay in their folder, and are never alike.
        #[test]
        fn names_stay_where_they_belong(text in "([-./a-z{}]|\\{sequence\\}|\\{to\\}|\\.\\.){0,8}") {
            if let Ok(pattern) = NamePattern::new(&text) {
                let first = name(&pattern, 1);
                prop_assert!(!first.contains(['/', '\\']) && !first.starts_with('.'));
                prop_assert_ne!(first, name(&pattern, 2));
            }
        }
    }
}
