//! Rhythms by the five fields of cron, which few people know by heart: offered where a form asks for them, and said in
//! words.

use std::collections::BTreeSet;

use fluent_bundle::FluentValue;

use crate::pages::{language::Language, viewer::Viewer};

/// The end of the five fields of what comes on each day.
const EACH_DAY: [&str; 3] = ["*", "*", "*"];

/// The rhythms of files, each with the end of the key of its text.
pub(super) const OF_FILES: [(&str, &str); 4] = [
    ("0 * * * *", "hourly"),
    ("0 6 * * *", "morning"),
    ("0 6 * * 1", "monday"),
    ("0 6 1 * *", "month"),
];

/// The rhythms of commands.
pub(super) const OF_COMMANDS: [(&str, &str); 4] = [
    ("0 22 * * *", "evening"),
    ("0 6 * * *", "morning"),
    ("0 22 * * 1-5", "weekday-evening"),
    ("0 6 * * 1-5", "weekday-morning"),
];

/// Returns the rhythms as words to choose from, each with its text.
pub(super) fn offered(viewer: &Viewer, rhythms: &[(&str, &str)]) -> Vec<(String, String)> {
    let offered = rhythms.iter();
    offered.map(|(cron, word)| ((*cron).to_owned(), viewer.say_word("rhythm", word))).collect()
}

/// Returns five fields of cron in words, where what they say is plain: so many minutes apart, or hours on some days. Of
/// others people read the fields themselves.
pub(super) fn in_words(language: Language, cron: &str) -> Option<String> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields[..] else { return None };
    if (hour, [day, month, weekday]) == ("*", EACH_DAY) {
        return match minute.strip_prefix("*/") {
            Some(step) => {
                // Of others the last gap of an hour is a shorter one.
                let step = number(step, 1, 59).filter(|step| 60 % *step == 0)?;
                Some(language.say_with("rhythm-minutes", [("minutes", step.into())]))
            }
            None => {
                let minute = number(minute, 0, 59)?;
                Some(language.say_with("rhythm-each-hour", [("minute", minute.into())]))
            }
        };
    }
    let minute = number(minute, 0, 59)?;
    let hours = hour.split(',').map(|hour| number(hour, 0, 23));
    let times = hours.map(|hour| hour.map(|hour| format!("{hour:02}:{minute:02}")));
    let times = joined(language, &times.collect::<Option<Vec<String>>>()?);
    let (key, days) = match [day, month, weekday] {
        EACH_DAY => ("rhythm-each-day", FluentValue::None),
        ["*", "*", "1-5"] => ("rhythm-weekdays", FluentValue::None),
        ["*", "*", weekdays] => ("rhythm-on-days", names_of(language, weekdays)?.into()),
        [day, "*", "*"] => ("rhythm-each-month", number(day, 1, 31)?.into()),
        _ => return None,
    };
    Some(language.say_with(key, [("times", times.into()), ("days", days)]))
}

/// The names of weekdays that are told by their numbers, of which Sunday has two; a week begins with Monday.
fn names_of(language: Language, weekdays: &str) -> Option<String> {
    let days = weekdays.split(',').map(|day| number(day, 0, 7).map(|day| (day + 6) % 7));
    let days: BTreeSet<u32> = days.collect::<Option<_>>()?;
    let name = |day: u32| language.say(&format!("weekday-{}", (day + 1) % 7));
    Some(joined(language, &days.into_iter().map(name).collect::<Vec<_>>()))
}

/// Words as people list them.
fn joined(language: Language, words: &[String]) -> String {
    match words {
        [before @ .., last] if !before.is_empty() => {
            let values = [("before", before.join(", ").into()), ("last", last.as_str().into())];
            language.say_with("listed", values)
        }
        _ => words.concat(),
    }
}

fn number(text: &str, least: u32, most: u32) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && (least..=most).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_rhythms_are_said_in_words() {
        for (cron, english, french) in [
            ("*/15 * * * *", "Every 15 min", "Toutes les 15 min"),
            ("0 * * * *", "Each hour", "Chaque heure"),
            ("20 * * * *", "Each hour, 20 min past", "Chaque heure, à la minute 20"),
            ("0 22 * * *", "Each day at 22:00", "Chaque jour à 22:00"),
            ("30 6,18 * * *", "Each day at 06:30 and 18:30", "Chaque jour à 06:30 et 18:30"),
            ("5 6 * * 1-5", "From Monday to Friday at 06:05", "Du lundi au vendredi à 06:05"),
            (
                "0 8 * * 0,6",
                "Each Saturday and Sunday at 08:00",
                "Chaque samedi et dimanche à 08:00",
            ),
            (
                "0 8 * * 5,1,3",
                "Each Monday, Wednesday and Friday at 08:00",
                "Chaque lundi, mercredi et vendredi à 08:00",
            ),
            ("0 8 * * 0,7", "Each Sunday at 08:00", "Chaque dimanche à 08:00"),
            ("0 6 1 * *", "On day 1 of each month at 06:00", "Le premier de chaque mois à 06:00"),
            ("0 6 15 * *", "On day 15 of each month at 06:00", "Le 15 de chaque mois à 06:00"),
        ] {
            assert_eq!(in_words(Language::English, cron).as_deref(), Some(english), "{cron}");
            assert_eq!(in_words(Language::French, cron).as_deref(), Some(french), "{cron}");
        }
        for other in [
            "*/7 * * * *",
            "0 8 * 3 *",
            "0 8 13 * 5",
            "0-30 8 * * *",
            "0 8 * * L",
            "0 8 * *",
            "+5 8 * * *",
            "0 25 * * *",
        ] {
            assert_eq!(in_words(Language::English, other), None, "{other}");
        }
    }
}
