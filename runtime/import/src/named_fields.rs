//! Infers unit and quantity of fields from their names, by the tables of the product, where type and values bear
//! them out.

use std::collections::{BTreeMap, BTreeSet};

use champollion_registry::package::FieldType;
use champollion_sandbox::{Conversion, Quantity};
use serde_json::Value as Json;

use super::{
    answered::{Answered, values_at},
    known::{self, KnownField, KnownType, Suffix},
    spoken_name::{SpokenName, SpokenUnit, is_number, scope},
    told_units::{Beside, ToldUnits},
};

/// Keys under which an object tells when it was measured.
const MOMENTS: [&str; 3] = ["time", "timestamp", "measuredAt"];

/// Unit and quantity of a field by its name.
pub(super) struct Named {
    /// The quantity, where type and values leave no doubt.
    pub(super) quantity: Option<&'static Quantity>,
    /// The unit in data as a UCUM code.
    pub(super) unit: Option<&'static str>,
    /// The number among several alike inputs.
    pub(super) channel: Option<u16>,
    /// The values that stand for true and false.
    pub(super) words: BTreeMap<String, bool>,
    /// The reason in words: `suffix _mm`.
    pub(super) from: String,
    /// The place of the name in the table.
    rank: usize,
}

/// The fields of a codec, and all that was seen of them.
struct Seen<'of> {
    answers: &'of [Answered],
    kinds: &'of BTreeMap<String, FieldType>,
    told: &'of ToldUnits,
    /// The quantities of fields by the objects that they are told in.
    beside: BTreeSet<(&'of str, &'static str)>,
}

/// Returns what the names of fields say, by their paths.
pub(super) fn named(
    answers: &[Answered],
    kinds: &BTreeMap<String, FieldType>,
    told: &ToldUnits,
) -> BTreeMap<String, Named> {
    let mut seen = Seen { answers, kinds, told, beside: BTreeSet::new() };
    // What needs another quantity beside it is looked at once those are known that do not.
    let alone = seen.all();
    seen.beside = kinds
        .keys()
        .filter_map(|path| Some((scope(path), alone.get(path)?.quantity?.name)))
        .collect();
    let mut all = seen.all();
    leave_one_of_each(&mut all, answers);
    all
}

impl Seen<'_> {
    fn all(&self) -> BTreeMap<String, Named> {
        let paths = self.kinds.iter().filter(|(path, _)| !self.told.folded.contains(*path));
        let named = paths.filter_map(|(path, kind)| Some((path.clone(), self.named(path, *kind)?)));
        named.collect()
    }

    fn named(&self, path: &str, kind: FieldType) -> Option<Named> {
        let beside = self.told.of_fields.get(path);
        let readings = SpokenName::readings(path);
        if self.may_be_measured(path) {
            let values = Values::of(self.answers, path);
            for name in &readings {
                let known = known::fields_of(&name.stem).iter().find_map(|known| {
                    let unit = self.unit_of(path, kind, known, name, beside, &values)?;
                    Some((known, unit))
                });
                if let Some((known, unit)) = known {
                    return Some(of_known(known, unit, name, beside));
                }
            }
        }
        let unit = match beside {
            Some(beside) => Some((beside.code, told_text(beside))),
            None if is_number(kind) => readings.iter().find_map(|name| {
                let suffix = name.suffix.as_ref()?;
                Some((suffix.sure()?, format!("suffix {}", suffix.text)))
            }),
            None => None,
        };
        let (unit, from) = unit?;
        let words = BTreeMap::new();
        Some(Named { quantity: None, unit: Some(unit), channel: None, words, from, rank: 0 })
    }

    /// Items of a list without a moment are values of nobody knows when.
    fn may_be_measured(&self, path: &str) -> bool {
        let Some(end) = path.rfind("[]") else { return true };
        let item = &path[..end + "[]".len()];
        MOMENTS.iter().any(|key| {
            self.kinds.get(&format!("{item}.{key}")).is_some_and(|kind| *kind == FieldType::Text)
        })
    }

    /// Returns the unit in data of a field that is one of the table: nothing where the field is none.
    fn unit_of(
        &self,
        path: &str,
        kind: FieldType,
        known: &KnownField,
        name: &SpokenName,
        beside: Option<&Beside>,
        values: &Values<'_>,
    ) -> Option<Option<&'static str>> {
        if let Some(quantity) = known.beside
            && !self.beside.contains(&(scope(path), quantity))
        {
            return None;
        }
        if matches!(known.kind, KnownType::Boolean | KnownType::Text) {
            let is_plain = name.suffix.is_none() && beside.is_none();
            return (is_plain && values.are_words(known, kind)).then_some(None);
        }
        let is_of_type = match known.kind {
            KnownType::Fraction => kind == FieldType::Number,
            KnownType::Integer => kind == FieldType::Integer,
            _ => is_number(kind),
        };
        if !is_of_type {
            return None;
        }
        let into = known.quantity.unit;
        let unit = match (beside, &name.suffix) {
            (Some(beside), _) => beside.code,
            (None, Some(suffix)) => suffix.fitting(into)?,
            (None, None) => known.unit?,
        };
        let conversion = Conversion::between(unit, into)?;
        values.are_within(known, conversion).then_some(Some(unit))
    }
}

fn of_known(
    known: &KnownField,
    unit: Option<&'static str>,
    name: &SpokenName,
    beside: Option<&Beside>,
) -> Named {
    let mut from = match (beside, &name.suffix) {
        (Some(beside), _) => format!("{}, name {}", told_text(beside), name.stem),
        (None, Some(suffix)) => format!("suffix {}, name {}", suffix.text, name.stem),
        (None, None) => format!("name {}", name.stem),
    };
    if let Some(quantity) = known.beside {
        from.push_str(&format!(" beside {quantity}"));
    }
    let words = known.words.iter().map(|(text, value)| ((*text).to_owned(), *value)).collect();
    Named {
        quantity: Some(known.quantity),
        unit,
        channel: name.channel.filter(|channel| *channel > 0),
        words,
        from,
        rank: known.rank,
    }
}

fn told_text(beside: &Beside) -> String {
    format!("{} {:?} beside it", beside.told.member, beside.told.text)
}

impl SpokenUnit {
    /// The unit that measures a quantity of this unit, where it is one.
    fn fitting(&self, into: &str) -> Option<&'static str> {
        let fitting = |code: &&'static str| Conversion::between(code, into).is_some();
        only(self.codes.iter().map(|(code, _)| *code).filter(fitting))
    }

    /// The unit that a name is in whatever it is about.
    fn sure(&self) -> Option<&'static str> {
        let sure = self.codes.iter().filter(|(_, suffix)| *suffix == Suffix::Always);
        only(sure.map(|(code, _)| *code))
    }
}

fn only(codes: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let codes: BTreeSet<&str> = codes.collect();
    if codes.len() == 1 { codes.into_iter().next() } else { None }
}

/// The values of a field in all answers.
struct Values<'of>(Vec<&'of Json>);

impl<'of> Values<'of> {
    fn of(answers: &'of [Answered], path: &str) -> Self {
        let values = answers.iter().flat_map(|answer| values_at(&answer.reading["data"], path));
        Self(values.filter(|value| !value.is_null()).collect())
    }

    fn are_within(&self, known: &KnownField, conversion: Conversion) -> bool {
        let numbers: Option<Vec<f64>> = self
            .0
            .iter()
            .map(|value| value.as_f64().map(|value| conversion.apply(value)))
            .collect();
        let Some(numbers) = numbers else { return false };
        let largest = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        numbers.iter().all(|number| (known.least..=known.most).contains(number))
            && known.peak.is_none_or(|peak| largest >= peak)
    }

    /// Whether each value is true or false, or a word that the line knows.
    fn are_words(&self, known: &KnownField, kind: FieldType) -> bool {
        let is_word = |text: &str| known.words.iter().any(|(word, _)| *word == text);
        match (known.kind, kind) {
            (KnownType::Text, FieldType::Text) => {
                self.0.iter().all(|value| value.as_str().is_some_and(is_word))
            }
            (KnownType::Boolean, FieldType::Boolean) => true,
            (KnownType::Boolean, FieldType::Integer) => {
                self.0.iter().all(|value| matches!(value.as_f64(), Some(0.0 | 1.0)))
            }
            _ => false,
        }
    }
}

/// Of several fields that would be one measurement, leaves the one whose name stands first in the table, or none
/// where one name is as good as the other. Fields that are never told together are never in each other's way.
fn leave_one_of_each(all: &mut BTreeMap<String, Named>, answers: &[Answered]) {
    let mut groups: BTreeMap<(&str, u16), Vec<(usize, String)>> = BTreeMap::new();
    for (path, named) in all.iter() {
        if let Some(quantity) = named.quantity {
            let group = groups.entry((quantity.name, named.channel.unwrap_or(0))).or_default();
            group.push((named.rank, path.clone()));
        }
    }
    let is_told =
        |answer: &Answered, path: &str| !values_at(&answer.reading["data"], path).is_empty();
    let together = |one: &str, other: &str| {
        answers.iter().any(|answer| is_told(answer, one) && is_told(answer, other))
    };
    let mut lost = Vec::new();
    for group in groups.into_values() {
        for (rank, path) in &group {
            let is_in_the_way = |(other_rank, other): &(usize, String)| {
                other != path && other_rank <= rank && together(path, other)
            };
            if group.iter().any(is_in_the_way) {
                lost.push(path.clone());
            }
        }
    }
    for path in lost {
        if let Some(named) = all.get_mut(&path) {
            named.quantity = None;
            named.channel = None;
            named.words.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fields::kinds;

    /// The quantity, unit and reason of the field at a path.
    fn found(
        readings: &[Json],
        path: &str,
    ) -> (Option<&'static str>, Option<&'static str>, String) {
        let answer =
            |data: &Json| Answered { reading: json!({ "data": data }), points: Vec::new() };
        let answers: Vec<Answered> = readings.iter().map(answer).collect();
        let kinds = kinds(&answers);
        let told = ToldUnits::of(&answers, &kinds);
        let mut all = named(&answers, &kinds, &told);
        all.remove(path).map_or((None, None, String::new()), |named| {
            (named.quantity.map(|quantity| quantity.name), named.unit, named.from)
        })
    }

    #[track_caller]
    fn says(data: Json, path: &str, (quantity, unit, from): (Option<&str>, Option<&str>, &str)) {
        assert_eq!(found(&[data], path), (quantity, unit, from.to_owned()), "{path}");
    }

    #[test]
    fn a_suffix_gives_the_unit_and_its_stem_the_quantity() {
        says(
            json!({"battery_mV": 3600}),
            "battery_mV",
            (Some("battery.voltage"), Some("mV"), "suffix _mV, name battery"),
        );
        says(
            json!({"TempC": 21.5, "Hum": 40}),
            "TempC",
            (Some("air.temperature"), Some("Cel"), "suffix C, name temp beside air.humidity"),
        );
        says(
            json!({"temperature_celsius": 300}),
            "temperature_celsius",
            (Some("sensor.temperature"), Some("Cel"), "suffix _celsius, name temperature"),
        );
        says(
            json!({"co2_ppm": 612}),
            "co2_ppm",
            (Some("air.co2"), Some("[ppm]"), "suffix _ppm, name co2"),
        );
        says(json!({"gap_mm": 12}), "gap_mm", (None, Some("mm"), "suffix _mm"));
        says(
            json!({"wind_speed_ms": 4.5}),
            "wind_speed_ms",
            (Some("wind.speed"), Some("m/s"), "suffix _ms, name windspeed"),
        );
        says(json!({"delay_ms": 45}), "delay_ms", (None, Some("ms"), "suffix _ms"));
    }

    #[test]
    fn a_name_alone_gives_a_quantity_where_its_values_bear_it_out() {
        says(
            json!({"humidity": 40}),
            "humidity",
            (Some("air.humidity"), Some("%"), "name humidity"),
        );
        says(json!({"humidity": 140}), "humidity", (None, None, ""));
        says(
            json!({"batteryVoltage": 3.6}),
            "batteryVoltage",
            (Some("battery.voltage"), Some("V"), "name batteryvoltage"),
        );
        says(
            json!({"batteryVoltage": 3600}),
            "batteryVoltage",
            (Some("battery.voltage"), Some("mV"), "name batteryvoltage"),
        );
        says(json!({"battery": 92}), "battery", (Some("battery.level"), Some("%"), "name battery"));
        says(json!({"battery": 3}), "battery", (None, None, ""));
        says(json!({"pressure": 1013}), "pressure", (None, None, ""));
        says(
            json!({"pressure": 1013, "humidity": 40}),
            "pressure",
            (Some("air.pressure"), Some("hPa"), "name pressure beside air.humidity"),
        );
    }

    #[test]
    fn words_that_are_no_units_and_limits_are_left_alone() {
        for (data, path) in [
            (json!({"temperature_min": 3}), "temperature_min"),
            (json!({"sensor_a": 3}), "sensor_a"),
            (json!({"alarm": {"temperature": 30}}), "alarm.temperature"),
            (json!({"temperatureThreshold": 30}), "temperatureThreshold"),
            (json!({"timestamp": {"day": 3}}), "timestamp.day"),
            (json!({"temperature": "21"}), "temperature"),
        ] {
            says(data, path, (None, None, ""));
        }
    }

    #[test]
    fn a_unit_beside_the_value_comes_before_the_name() {
        let data = json!({"air_temperature": {
            "displayName": "Air temperature", "value": 21.5, "unit": "°C",
        }});
        says(
            data,
            "air_temperature.value",
            (Some("air.temperature"), Some("Cel"), "unit \"°C\" beside it, name airtemperature"),
        );
        let level = json!({"level": {"value": 4232, "unit": "mm"}});
        says(level, "level.value", (None, Some("mm"), "unit \"mm\" beside it"));
        let sibling = json!({"distance": 4232, "distance_unit": "mm"});
        says(
            sibling,
            "distance",
            (Some("sensor.distance"), Some("mm"), "distance_unit \"mm\" beside it, name distance"),
        );
        let changing =
            [json!({"d": {"value": 1, "unit": "mm"}}), json!({"d": {"value": 1, "unit": "cm"}})];
        assert_eq!(found(&changing, "d.value"), (None, None, String::new()));
    }

    #[test]
    fn several_inputs_have_channels_and_one_measurement_has_one_field() {
        let two = json!({"temperature1": 20.0, "temperature2": 21.0});
        says(
            two.clone(),
            "temperature1",
            (Some("sensor.temperature"), Some("Cel"), "name temperature"),
        );
        says(two, "temperature2", (Some("sensor.temperature"), Some("Cel"), "name temperature"));
        let both = json!({"temperature": 20.0, "temp": 20.5});
        assert_eq!(found(std::slice::from_ref(&both), "temperature").0, Some("sensor.temperature"));
        assert_eq!(found(&[both], "temp").0, None, "the other name stands before it");
        let apart = [json!({"temperature": 20.0}), json!({"temp": 20.5})];
        assert_eq!(found(&apart, "temp").0, Some("sensor.temperature"), "never told together");
        let alike = json!({"battery_mV": 3600, "battery_volt": 3.6});
        assert_eq!(
            found(&[alike], "battery_mV"),
            (None, Some("mV"), "suffix _mV, name battery".into())
        );
    }

    #[test]
    fn items_of_a_list_need_a_moment() {
        let without = json!({"h": [{"temperature": 20.5}, {"temperature": 21.5}]});
        assert_eq!(found(&[without], "h[].temperature").0, None);
        let timed = json!({"h": [{"time": "2026-01-01T00:00:00Z", "humidity": 40}]});
        assert_eq!(found(&[timed], "h[].humidity").0, None, "the list is part of the name");
    }

    #[test]
    fn words_of_states_are_true_and_false() {
        says(json!({"door": "open"}), "door", (Some("switch.closed"), None, "name door"));
        says(json!({"door": "ajar"}), "door", (None, None, ""));
        says(json!({"tamper": 1}), "tamper", (Some("alarm.tamper"), None, "name tamper"));
        says(json!({"tamper": 3}), "tamper", (None, None, ""));
        says(json!({"isOpen": true}), "isOpen", (Some("switch.closed"), None, "name isopen"));
    }
}
