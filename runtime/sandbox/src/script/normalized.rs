//! Measurements in the terms of the vocabulary, made of the output of `normalizeUplink`, which has the terms
//! of The Things Stack's schema of payloads.

use serde_json::{Map, Value as Json};

use super::{
    fields::{Findings, moment},
    place::Place,
    units::Conversion,
};
use crate::vocabulary;

/// Terms of the schema, the quantities that they are, and their units where those differ. What the
/// vocabulary has no quantity for stays in `data` alone.
const TERMS: &[(&str, &str, Option<&str>)] = &[
    ("battery", "battery.voltage", None),
    ("soil.moisture", "soil.moisture", None),
    ("soil.temperature", "soil.temperature", None),
    ("soil.ec", "soil.conductivity", None),
    ("soil.pH", "soil.ph", None),
    ("soil.n", "soil.nitrogen", None),
    ("soil.p", "soil.phosphorus", None),
    ("soil.k", "soil.potassium", None),
    ("air.temperature", "air.temperature", None),
    ("air.relativeHumidity", "air.humidity", None),
    ("air.pressure", "air.pressure", None),
    ("air.co2", "air.co2", None),
    ("air.lightIntensity", "light.illuminance", None),
    ("wind.speed", "wind.speed", None),
    ("wind.direction", "wind.direction", None),
    ("rain.intensity", "rain.intensity", None),
    ("rain.cumulative", "rain.total", None),
    ("water.leak", "alarm.leak", None),
    ("water.temperature", "water.temperature", None),
    ("water.temperature.current", "water.temperature", None),
    ("metering.water.total", "water.volume", Some("L")),
    ("action.motion.detected", "occupancy.present", None),
    ("action.motion.count", "motion.count", None),
    ("position.latitude", "location.latitude", None),
    ("position.longitude", "location.longitude", None),
];

/// A door's contact: the schema has words for it.
const CONTACT: &str = "action.contactState";

impl Findings {
    /// Reads what was normalized: one measurement, or a list of them.
    pub(crate) fn read_normalized(&mut self, normalized: &Json) {
        let root = Place::root("normalized");
        match normalized {
            Json::Array(items) if items.len() > 1 => {
                for (index, item) in items.iter().enumerate() {
                    self.read_terms(item, &root.item(index));
                }
            }
            Json::Array(items) => items.iter().for_each(|item| self.read_terms(item, &root)),
            one => self.read_terms(one, &root),
        }
    }

    fn read_terms(&mut self, item: &Json, place: &Place<'_>) {
        let Json::Object(members) = item else { return };
        let mut place = place.clone();
        place.measured_at = moment(members);
        self.read_members(members, "", &place);
    }

    fn read_members(&mut self, members: &Map<String, Json>, prefix: &str, place: &Place<'_>) {
        for (key, value) in members {
            let term = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            let place = place.member(key);
            match value {
                Json::Object(inner) => self.read_members(inner, &term, &place),
                Json::Null => {}
                value => self.read_term(&term, value, &place),
            }
        }
    }

    fn read_term(&mut self, term: &str, value: &Json, place: &Place<'_>) {
        if term == CONTACT {
            return self.read_contact(value, place);
        }
        let Some((_, name, unit)) = TERMS.iter().find(|(known, ..)| *known == term) else { return };
        let Some(quantity) = vocabulary::quantity(name) else { return };
        let conversion =
            unit.map_or(Some(Conversion::NONE), |unit| Conversion::between(unit, quantity.unit));
        if let Some(conversion) = conversion {
            self.take(quantity, conversion, value, place);
        }
    }

    fn read_contact(&mut self, value: &Json, place: &Place<'_>) {
        let closed = match value.as_str() {
            Some("closed") => Json::Bool(true),
            Some("open") => Json::Bool(false),
            _ => value.clone(),
        };
        if let Some(quantity) = vocabulary::quantity("switch.closed") {
            self.take(quantity, Conversion::NONE, &closed, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Value;

    #[test]
    fn every_term_has_its_quantity_and_unit() {
        for (term, name, unit) in TERMS {
            let quantity = vocabulary::quantity(name);
            let quantity = quantity.unwrap_or_else(|| panic!("{term} is no {name}"));
            assert!(unit.is_none_or(|unit| Conversion::between(unit, quantity.unit).is_some()));
        }
        assert!(vocabulary::quantity("switch.closed").is_some());
    }

    #[test]
    fn terms_become_measurements() {
        let mut findings = Findings::default();
        findings.read_normalized(&json!([{
            "time": "2026-01-31T12:00:00Z",
            "air": { "temperature": 21.5, "relativeHumidity": 40, "location": "indoor" },
            "metering": { "water": { "total": 1500 } },
            "action": { "contactState": "open" },
            "soil": { "moisture": "wet" },
        }]));
        let found: Vec<_> = findings
            .measurements
            .iter()
            .map(|found| (found.quantity.name, found.value.clone(), found.channel))
            .collect();
        assert_eq!(
            found,
            [
                ("air.temperature", Value::Number(21.5), 0),
                ("air.humidity", Value::Number(40.0), 0),
                ("water.volume", Value::Number(1.5), 0),
                ("switch.closed", Value::Boolean(false), 0),
            ]
        );
        assert!(findings.measurements.iter().all(|found| found.measured_at.is_some()));
        assert_eq!(
            findings.warnings,
            ["normalized.soil.moisture is \"wet\", and soil.moisture is a number"]
        );
    }

    #[test]
    fn items_without_a_moment_are_told_apart_by_their_place() {
        let mut findings = Findings::default();
        findings.read_normalized(&json!([{"battery": 3.6}, {"battery": 3.5}]));
        let channels: Vec<u16> = findings.measurements.iter().map(|found| found.channel).collect();
        assert_eq!(channels, [1, 2]);
    }
}
