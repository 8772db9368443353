//! The single values of a reading by their places, so that the readings of two payloads can be held against each other.

use std::{collections::BTreeMap, fmt};

use serde_json::Value as Json;

/// The single values of a reading. An empty list or object has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(BTreeMap<String, Json>);

/// A value that stands in two readings, and is another one in the second.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeUp {
    /// The place of the value in `data`, or of the measurement.
    pub path: String,
    /// The value in the first reading.
    pub whole: Json,
    /// The value in the second.
    pub made_up: Json,
}

impl fmt::Display for MadeUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, whole, made_up } = self;
        write!(formatter, "reads {path} as {made_up} instead of {whole}")
    }
}

impl Values {
    /// The values of the data of a reading.
    #[must_use]
    pub fn of(data: &Json) -> Self {
        let mut values = Self::default();
        values.collect(String::new(), data);
        values
    }

    /// Adds a measurement by its own name, so that those of two lists that differ in length are not held against each
    /// other.
    pub fn add_measurement(&mut self, quantity: &str, channel: u16, moment: &str, value: Json) {
        let name = format!("{quantity}[{channel}]");
        let number = (0..).find(|number| {
            let before = format!("{name}[{number}]");
            !self
                .0
                .range(before.clone()..)
                .next()
                .is_some_and(|(path, _)| path.starts_with(&before))
        });
        self.0.insert(format!("{name}[{}]{moment}", number.unwrap_or(0)), value);
    }

    /// The first value that is there in both, and is another one in the second.
    #[must_use]
    pub fn made_up(&self, cut: &Self) -> Option<MadeUp> {
        cut.0.iter().find_map(|(path, value)| {
            let whole = self.0.get(path)?;
            (whole != value).then(|| MadeUp {
                path: path.clone(),
                whole: whole.clone(),
                made_up: value.clone(),
            })
        })
    }

    /// The first place that the second reading has, and the first has not.
    #[must_use]
    pub fn place_of_its_own(&self, cut: &Self) -> Option<String> {
        cut.0.keys().find(|path| !self.0.contains_key(*path)).cloned()
    }

    fn collect(&mut self, path: String, value: &Json) {
        match value {
            Json::Object(members) => {
                for (key, value) in members {
                    let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    self.collect(inner, value);
                }
            }
            Json::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    self.collect(format!("{path}[{index}]"), value);
                }
            }
            _ => {
                self.0.insert(path, value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_that_is_gone_is_not_made_up() {
        let whole = Values::of(&json!({"temperature": 21.5, "humidity": 40, "history": [1, 2, 3]}));
        let cut = Values::of(&json!({"temperature": 21.5, "history": [1]}));
        assert_eq!(whole.made_up(&cut), None);
        assert_eq!(whole.place_of_its_own(&cut), None);
        let other = Values::of(&json!({"error": "short"}));
        assert_eq!(whole.made_up(&other), None);
        assert_eq!(whole.place_of_its_own(&other).as_deref(), Some("error"));
    }

    #[test]
    fn a_value_that_is_another_one_is_made_up() {
        let whole = Values::of(&json!({"temperature": 21.5, "rooms": [{"co2": 400}]}));
        let cut = Values::of(&json!({"temperature": 25, "rooms": [{"co2": 400}]}));
        let told = whole.made_up(&cut).map(|one| one.to_string());
        assert_eq!(told.as_deref(), Some("reads temperature as 25 instead of 21.5"));
        let cut = Values::of(&json!({"rooms": [{"co2": null}]}));
        let found = whole.made_up(&cut).map(|one| (one.path, one.made_up));
        assert_eq!(found, Some(("rooms[0].co2".to_owned(), json!(null))));
    }

    #[test]
    fn measurements_alike_are_told_apart_by_channel_number_and_moment() {
        let of = |list: &[(u16, &str, f64)]| {
            let mut values = Values::default();
            for (channel, moment, value) in list {
                values.add_measurement("water.volume", *channel, moment, json!(value));
            }
            values
        };
        let whole = of(&[(0, "", 1.0), (0, "", 2.0), (1, "", 3.0), (0, "10:00", 4.0)]);
        assert_eq!(whole.0.len(), 4);
        assert_eq!(whole.made_up(&of(&[(0, "", 1.0), (1, "", 3.0)])), None);
        assert!(whole.made_up(&of(&[(0, "", 2.0)])).is_some());
    }
}
