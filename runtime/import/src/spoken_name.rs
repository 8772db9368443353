//! A field's name taken apart: what it is about, the unit that it ends with, and its number among several.
//!
//! Makers write `battery_mV`, `BatV`, `TempC1`, `ch0_pulse_count`, `Relative_Humidity_(%RH)`.

use champollion_registry::package::FieldType;

use super::known::{self, Suffix};

/// Keys of objects that say nothing of the fields in them.
const CONTAINERS: [&str; 12] = [
    "data",
    "decoded",
    "values",
    "measurements",
    "measures",
    "payload",
    "object",
    "readings",
    "uplink",
    "result",
    "telemetry",
    "sensors",
];

/// Keys under which an object holds its one value.
pub(super) const VALUE_KEYS: [&str; 5] = ["value", "Value", "val", "data", "current_value"];

/// Words before the number of an input.
const NUMBERED: [&str; 8] = ["ch", "chn", "channel", "sensor", "probe", "port", "input", "nr"];

/// A way to read a name.
pub(super) struct SpokenName {
    /// The words that are no unit and no number, in small letters and without anything between them.
    pub(super) stem: String,
    /// The unit that the name ends with.
    pub(super) suffix: Option<SpokenUnit>,
    /// The number among several alike inputs.
    pub(super) channel: Option<u16>,
}

/// The unit at the end of a name.
pub(super) struct SpokenUnit {
    /// The suffix as it stands there, with what separates it.
    pub(super) text: String,
    /// The UCUM codes that it may stand for, those that need no fitting quantity apart.
    pub(super) codes: Vec<(&'static str, Suffix)>,
}

/// A word of a key, with its place in it.
#[derive(Clone, Debug, PartialEq)]
struct Word<'key> {
    text: &'key str,
    at: usize,
}

impl SpokenName {
    /// Returns the ways to read the name at a path, the most certain first.
    pub(super) fn readings(path: &str) -> Vec<Self> {
        let (containers, key) = parts(path);
        let words = words(key);
        let mut prefix = String::new();
        for container in containers {
            if !CONTAINERS.contains(&container.trim_end_matches("[]").to_lowercase().as_str()) {
                container_words(container, &mut prefix);
            }
        }
        let mut variants = vec![(words.clone(), None)];
        variants.extend(without_number(&words).map(|(words, number)| (words, Some(number))));
        let mut readings = Vec::new();
        for (words, channel) in variants {
            for count in (0..=3_usize.min(words.len().saturating_sub(1))).rev() {
                let (about, unit) = words.split_at(words.len() - count);
                let suffix = match spoken_unit(key, unit) {
                    None if count > 0 => continue,
                    suffix => suffix,
                };
                let mut stem = prefix.clone();
                about.iter().for_each(|word| push(&mut stem, word.text));
                readings.push(Self { stem, suffix, channel });
            }
        }
        readings
    }
}

/// The keys before the last one that names the field, and that one.
fn parts(path: &str) -> (Vec<&str>, &str) {
    let mut keys: Vec<&str> = path.split('.').collect();
    let mut key = keys.pop().unwrap_or_default();
    if VALUE_KEYS.contains(&key)
        && let Some(owner) = keys.pop()
    {
        key = owner;
    }
    (keys, key.trim_end_matches("[]"))
}

/// The object that a field is told in: beside it stands what is told with it.
pub(super) fn scope(path: &str) -> &str {
    let parent = |path: &str| path.rfind('.').unwrap_or(0);
    let key = path.rsplit('.').next().unwrap_or_default();
    let owner = &path[..parent(path)];
    if VALUE_KEYS.contains(&key) { &owner[..parent(owner)] } else { owner }
}

fn container_words(container: &str, stem: &mut String) {
    words(container).iter().for_each(|word| push(stem, word.text));
}

/// Adds a word. Digits that follow digits are a fraction: `pm2_5` is not `pm25`, and `pm1_0` not `pm10`.
fn push(stem: &mut String, word: &str) {
    let ends_with_digit = stem.ends_with(|last: char| last.is_ascii_digit());
    if ends_with_digit && word.starts_with(|first: char| first.is_ascii_digit()) {
        stem.push('.');
    }
    stem.push_str(&word.to_lowercase());
}

fn spoken_unit(key: &str, words: &[Word<'_>]) -> Option<SpokenUnit> {
    let (first, last) = (words.first()?, words.last()?);
    let joined: String = words.iter().map(|word| word.text).collect();
    let codes: Vec<_> = known::of_suffix(&joined)
        .into_iter()
        .map(|spelling| (spelling.code, spelling.suffix))
        .collect();
    if codes.is_empty() {
        return None;
    }
    let before = key[..first.at].chars().next_back().filter(|before| !is_of_word(*before));
    let begin = first.at - before.map_or(0, char::len_utf8);
    Some(SpokenUnit { text: key[begin..last.at + last.text.len()].to_owned(), codes })
}

/// Takes the number of an input off the end or the beginning of a name.
fn without_number<'key>(words: &[Word<'key>]) -> Option<(Vec<Word<'key>>, u16)> {
    let is_numbered = |text: &str| NUMBERED.contains(&text.to_lowercase().as_str());
    let digits_of = |text: &'key str| {
        let letters = text.trim_end_matches(|character: char| character.is_ascii_digit());
        Some((letters, text[letters.len()..].parse::<u16>().ok()?))
    };
    let (first, last) = (words.first()?, words.last()?);
    if let Some((letters, number)) = digits_of(last.text) {
        let mut rest = words[..words.len() - 1].to_vec();
        if letters.is_empty() {
            if rest.len() > 1 && rest.last().is_some_and(|word| is_numbered(word.text)) {
                rest.pop();
            }
        } else if !is_numbered(letters) || rest.is_empty() {
            rest.push(Word { text: letters, at: last.at });
        }
        return (!rest.is_empty()).then_some((rest, number));
    }
    let (letters, number) = digits_of(first.text)?;
    let rest = words[1..].to_vec();
    (is_numbered(letters) && !rest.is_empty()).then_some((rest, number))
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '%' | '°' | 'µ' | '³')
}

/// The words of a key: parts between separators, and within them from each capital letter after a small one or
/// a digit on, and before the last capital of several that a small letter follows.
fn words(key: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let characters: Vec<(usize, char)> = key.char_indices().collect();
    let mut begin: Option<usize> = None;
    for (index, (at, character)) in characters.iter().copied().enumerate() {
        if !is_of_word(character) {
            if let Some(begin) = begin.take() {
                words.push(Word { text: &key[begin..at], at: begin });
            }
            continue;
        }
        let before = index.checked_sub(1).map(|before| characters[before].1);
        let after = characters.get(index + 1).map(|(_, after)| *after);
        let is_new = character.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && after.is_some_and(char::is_lowercase))
            });
        match begin {
            Some(first) if is_new && first < at => {
                words.push(Word { text: &key[first..at], at: first });
                begin = Some(at);
            }
            None => begin = Some(at),
            Some(_) => {}
        }
    }
    if let Some(begin) = begin {
        words.push(Word { text: &key[begin..], at: begin });
    }
    words
}

/// Whether values of a type are numbers.
pub(super) fn is_number(kind: FieldType) -> bool {
    matches!(kind, FieldType::Integer | FieldType::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(path: &str) -> Vec<(String, Option<String>, Option<u16>)> {
        let readings = SpokenName::readings(path).into_iter();
        readings
            .map(|name| (name.stem, name.suffix.map(|suffix| suffix.text), name.channel))
            .collect()
    }

    #[track_caller]
    fn says(path: &str, stem: &str, suffix: Option<&str>, channel: Option<u16>) {
        let expected = (stem.to_owned(), suffix.map(str::to_owned), channel);
        let found = spoken(path);
        assert!(found.contains(&expected), "{path}: {found:?}");
    }

    #[test]
    fn names_are_taken_apart_as_makers_write_them() {
        says("distance_mm", "distance", Some("_mm"), None);
        says("TempC", "temp", Some("C"), None);
        says("battery_mV", "battery", Some("_mV"), None);
        says("BatV", "bat", Some("V"), None);
        says("BAT_V", "bat", Some("_V"), None);
        says("temperature_celsius", "temperature", Some("_celsius"), None);
        says("co2_ppm", "co2", Some("_ppm"), None);
        says("energyKWh", "energy", Some("KWh"), None);
        says("Relative_Humidity_(%RH)", "relativehumidity", Some("(%RH"), None);
        says("humidity", "humidity", None, None);
    }

    #[test]
    fn numbers_are_channels_and_fractions() {
        says("temperature1", "temperature", None, Some(1));
        says("temperature_chn2", "temperature", None, Some(2));
        says("TempC1", "temp", Some("C"), Some(1));
        says("ch0_pulse_count", "pulsecount", None, Some(0));
        says("pm2_5", "pm2.5", None, None);
        says("pm1_0", "pm1.0", None, None);
        says("pm10", "pm10", None, None);
    }

    #[test]
    fn the_objects_around_a_field_belong_to_its_name() {
        says("air_temperature.value", "airtemperature", None, None);
        says("decoded.air.temperature", "airtemperature", None, None);
        says("alarm.temperature", "alarmtemperature", None, None);
        assert_eq!(scope("a.b.value"), "a");
        assert_eq!(scope("air_temperature.value"), "");
        assert_eq!(scope("a.temperature"), "a");
        assert_eq!(scope("temperature"), "");
    }

    #[test]
    fn a_name_that_is_a_unit_alone_has_no_suffix() {
        assert!(spoken("lux").iter().all(|(_, suffix, _)| suffix.is_none()));
        assert!(spoken("timestamp.minutes").iter().all(|(_, suffix, _)| suffix.is_none()));
        assert_eq!(spoken("").len(), 1);
        assert_eq!(spoken("température_°C")[0].1.as_deref(), Some("_°C"));
    }
}
