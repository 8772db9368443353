//! Moments, sizes, units and codes, written for people.

pub(super) use champollion_service::alerts::sign as unit;
use jiff::{Zoned, civil::Date};
use maud::{Markup, html};

use super::language::Language;

/// A moment to the minute. The title has its seconds and its zone, which tell apart the hours that clocks show twice.
pub(super) fn moment(moment: &Zoned, language: Language) -> Markup {
    let exact = moment.strftime("%Y-%m-%d %H:%M:%S %Z").to_string();
    html! { time datetime=(moment.timestamp()) title=(exact) { (minute(moment, language)) } }
}

/// A moment to the minute as a text.
pub(super) fn minute(moment: &Zoned, language: Language) -> String {
    let month = match language {
        Language::English => moment.strftime("%b").to_string(),
        Language::French => FRENCH_SHORT_MONTHS[index_of_month(moment.date())].to_owned(),
    };
    format!("{} {month} {}, {}", moment.day(), moment.year(), moment.strftime("%H:%M"))
}

/// The months in French where there is little room.
const FRENCH_SHORT_MONTHS: [&str; 12] = [
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
    "déc.",
];

/// The months in French, as they stand in dates.
const FRENCH_MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// A day with the name of its month.
pub(super) fn day(day: Date, language: Language) -> String {
    match language {
        Language::English => day.strftime("%-d %B %Y").to_string(),
        Language::French => french_day(day),
    }
}

/// Whether a text is a day as the interface writes days: `2026-03-01`.
pub(super) fn is_day(text: &str) -> bool {
    // Digits alone are a day too in ISO 8601, and a number to people.
    text.len() == 10 && text.as_bytes()[4] == b'-' && text.parse::<Date>().is_ok()
}

/// A day in French, in which the first of a month alone is an ordinal.
fn french_day(day: Date) -> String {
    let ordinal = if day.day() == 1 { "er" } else { "" };
    let month = FRENCH_MONTHS[index_of_month(day)];
    format!("{}{ordinal} {month} {}", day.day(), day.year())
}

/// The place of the month of a day among the months of a year.
fn index_of_month(day: Date) -> usize {
    usize::from(day.month().unsigned_abs()) - 1
}

/// The units of sizes, the greatest first, each with its name in English and in French.
const UNITS: [(u64, &str, &str); 5] = [
    (1_000_000_000_000, "TB", "To"),
    (1_000_000_000, "GB", "Go"),
    (1_000_000, "MB", "Mo"),
    (1_000, "kB", "ko"),
    (1, "B", "o"),
];

/// A size in bytes, rounded up: to whole kilobytes, and to tenths of greater units.
pub(super) fn size(bytes: u64, language: Language) -> String {
    let found = UNITS.into_iter().find(|(unit, ..)| bytes >= *unit);
    let (unit, english, french) = found.unwrap_or(UNITS[4]);
    let number = match unit {
        0..1_000_000 => language.whole(bytes.div_ceil(unit)),
        _ => language.number(bytes.div_ceil(unit / 10) as f64 / 10.0),
    };
    let name = match language {
        Language::English => english,
        Language::French => french,
    };
    format!("{number}\u{a0}{name}")
}

/// The beginning of a text of so many characters, with a sign that more follows where it does.
pub(super) fn shortened(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// A name of programs as words: `dimming level` of `dimmingLevel` and of `dimming_level`.
pub(super) fn spaced(name: &str) -> String {
    let mut words = String::new();
    let mut signs = name.chars().peekable();
    let mut before: Option<char> = None;
    while let Some(sign) = signs.next() {
        let ends_word = |before: char| before.is_alphanumeric() && !before.is_uppercase();
        match sign {
            '_' | '-' => words.push(' '),
            _ if sign.is_uppercase() && before.is_some_and(ends_word) => {
                words.push(' ');
                // Of an abbreviation such as `networkID` the signs stay large.
                if signs.peek().is_some_and(|next| next.is_lowercase()) {
                    words.extend(sign.to_lowercase());
                } else {
                    words.push(sign);
                }
            }
            _ => words.push(sign),
        }
        before = Some(sign);
    }
    words
}

/// Bytes as pairs of hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXUPPER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_by_their_own_clocks() {
        let said = |time: &str, language| moment(&time.parse().unwrap(), language).into_string();
        let winter = "2026-03-04T06:06:07+01:00[Europe/Paris]";
        assert_eq!(
            said(winter, Language::English),
            "<time datetime=\"2026-03-04T05:06:07Z\" title=\"2026-03-04 06:06:07 CET\">4 Mar 2026, 06:06</time>"
        );
        // The hour that comes twice.
        let [first, second] = ["+02:00", "+01:00"].map(|offset| {
            said(&format!("2026-10-25T02:30:00{offset}[Europe/Paris]"), Language::French)
        });
        assert!(first.contains("02:30:00 CEST\">25 oct. 2026, 02:30<"), "{first}");
        assert!(second.contains("02:30:00 CET\">25 oct. 2026, 02:30<"), "{second}");
    }

    #[test]
    fn days_have_the_names_of_their_months() {
        let said = |text: &str, language| day(text.parse().unwrap(), language);
        assert_eq!(said("2026-03-01", Language::French), "1er mars 2026");
        assert_eq!(said("2026-11-30", Language::French), "30 novembre 2026");
        assert_eq!(said("2026-11-30", Language::English), "30 November 2026");
    }

    #[test]
    fn a_day_is_known_by_its_hyphens() {
        assert!(is_day("2026-03-01"));
        for other in ["20260301", "2026-13-01", "2026-03-01T00:00:00Z", "sixty-four", ""] {
            assert!(!is_day(other), "{other}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shortened(&"é".repeat(200), 160).chars().count(), 161);
        assert_eq!(shortened("one two", 4), "one…");
        assert_eq!(shortened("short", 5), "short");
    }

    #[test]
    fn names_of_programs_are_taken_apart_into_words() {
        for (name, words) in [
            ("dimmingLevel", "dimming level"),
            ("factory_reset", "factory reset"),
            ("thresholdA", "threshold A"),
            ("networkID", "network ID"),
            ("LED", "LED"),
            ("a/b", "a/b"),
        ] {
            assert_eq!(spaced(name), words);
        }
    }

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!(size(0, Language::English), "0\u{a0}B");
        assert_eq!(size(12, Language::English), "12\u{a0}B");
        assert_eq!(size(12_001, Language::French), "13\u{a0}ko");
        assert_eq!(size(25_654_195_000, Language::French), "25,7\u{a0}Go");
        assert_eq!(size(1_073_741_824, Language::English), "1.1\u{a0}GB");
    }
}
