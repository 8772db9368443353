//! The condition of a rule, as a form says it and as a form shows it.

use serde_json::{Map, Value as Json, json};

use crate::pages::{
    json::{optional, text},
    partner::entered::number,
    submission::Submission,
};

/// The conditions of rules, in the words of the interface.
pub(super) const CONDITIONS: [&str; 10] = [
    "above",
    "below",
    "outside",
    "equals",
    "changed",
    "silent",
    "battery",
    "alarm",
    "decoderFailures",
    "route",
];

/// The units of times, the shortest that people think in first, with their seconds.
pub(super) const UNITS: [(&str, u64); 4] =
    [("minutes", 60), ("hours", 3_600), ("days", 86_400), ("seconds", 1)];

/// The condition that is chosen; the first where none is.
pub(super) fn chosen(word: &str) -> &'static str {
    CONDITIONS.into_iter().find(|condition| *condition == word).unwrap_or(CONDITIONS[0])
}

/// The fields of a condition, in the order of the form.
pub(super) fn fields_of(condition: &str) -> &'static [&'static str] {
    match condition {
        "above" | "below" => &["quantity", "channel", "limit", "back", "unit", "time", "frames"],
        "outside" => {
            &["quantity", "channel", "low", "high", "backLow", "backHigh", "unit", "time", "frames"]
        }
        "equals" => &["quantity", "channel", "value", "time", "frames"],
        "changed" => &["quantity", "channel"],
        "battery" => &["percent", "back"],
        "alarm" => &["alarm"],
        "decoderFailures" => &["frames"],
        "route" => &["route", "time"],
        _ => &["time"],
    }
}

/// Whether a condition is none without a field.
pub(super) fn is_required(condition: &str, field: &str) -> bool {
    let is_wait = ["silent", "route"].contains(&condition) && field == "time";
    is_wait || ["quantity", "limit", "low", "high", "value"].contains(&field)
}

/// Whether a field says what most rules of a condition leave as it is.
pub(super) fn is_fine(condition: &str, field: &str) -> bool {
    ["channel", "unit"].contains(&field) || (field == "frames" && has_hold(condition))
}

/// Whether the time and the number of frames of a condition are those for which it must hold.
fn has_hold(condition: &str) -> bool {
    ["above", "below", "outside", "equals"].contains(&condition)
}

/// The condition that a form says.
pub(super) fn condition(entered: &Submission) -> Json {
    let word = chosen(entered.text("when"));
    let (mut members, mut hold) = (Map::new(), Map::new());
    for field in fields_of(word) {
        let Some(value) = value(entered, field) else {
            // The interface says of an empty member what it must be.
            if is_required(word, field) {
                members.insert(member(field).to_owned(), Json::from(""));
            }
            continue;
        };
        let is_held = has_hold(word) && ["time", "frames"].contains(field);
        let place = if is_held { &mut hold } else { &mut members };
        place.insert(member(field).to_owned(), value);
    }
    if !hold.is_empty() {
        members.insert("for".to_owned(), Json::Object(hold));
    }
    json!({ word: members })
}

/// The member of a condition that a field is for.
fn member(field: &str) -> &str {
    match field {
        "alarm" => "quantity",
        "time" => "seconds",
        same => same,
    }
}

fn value(entered: &Submission, field: &str) -> Option<Json> {
    let text = entered.filled(field)?;
    Some(match field {
        "quantity" | "alarm" | "unit" | "route" => Json::from(text),
        "channel" | "frames" => number(text),
        "time" => seconds(text, entered.text("timeUnit")),
        "value" => worth(text),
        _ => decimal(text),
    })
}

/// A number as people write it, with a point or a comma, and else the text.
fn decimal(text: &str) -> Json {
    text.replace(',', ".").parse::<f64>().map_or_else(|_| Json::from(text), Json::from)
}

/// A value of a quantity: a truth value, a number, or a text.
fn worth(text: &str) -> Json {
    match text {
        "true" => Json::Bool(true),
        "false" => Json::Bool(false),
        other => decimal(other),
    }
}

fn seconds(text: &str, unit: &str) -> Json {
    let unit = UNITS.iter().find(|(word, _)| *word == unit).map_or(UNITS[0].1, |(_, unit)| *unit);
    let time = text.parse::<u64>().map(|time| time.saturating_mul(unit));
    time.map_or_else(|_| Json::from(text), Json::from)
}

/// A number of seconds in the longest unit that needs no fraction.
pub(super) fn in_unit(seconds: u64) -> (u64, &'static str) {
    let fits = |(_, unit): &(&str, u64)| seconds > 0 && seconds.is_multiple_of(*unit);
    let longest = UNITS.into_iter().filter(fits).max_by_key(|(_, unit)| *unit);
    let (word, unit) = longest.unwrap_or(UNITS[0]);
    (seconds / unit, word)
}

/// The word of a condition of the interface, and its members.
pub(super) fn parts(when: &Json) -> Option<(&str, &Json)> {
    let (word, members) = when.as_object()?.iter().next()?;
    Some((word, members))
}

/// The fields of a form that shows a condition.
pub(super) fn shown(when: &Json) -> Vec<(&'static str, String)> {
    let Some((word, members)) = parts(when) else { return Vec::new() };
    let mut shown = vec![("when", word.to_owned())];
    for field in fields_of(word) {
        let path = if has_hold(word) && ["time", "frames"].contains(field) { "/for/" } else { "/" };
        let pointer = format!("{path}{}", member(field));
        match *field {
            "time" => {
                let seconds = members.pointer(&pointer).and_then(Json::as_u64).unwrap_or_default();
                let (time, unit) = in_unit(seconds);
                shown.push(("time", if time > 0 { time.to_string() } else { String::new() }));
                shown.push(("timeUnit", unit.to_owned()));
            }
            field => shown.push((field, written(members, &pointer))),
        }
    }
    shown
}

/// A member as a person writes it: `100` of the number 100.0.
fn written(members: &Json, pointer: &str) -> String {
    match members.pointer(pointer).filter(|value| value.is_number()).and_then(Json::as_f64) {
        Some(number) => number.to_string(),
        None => optional(members, pointer).map_or_else(|| text(members, pointer), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use champollion_service::alerts::Condition;

    use super::*;

    fn entered(fields: &[(&'static str, String)]) -> Submission {
        Submission::of_fields(fields.iter().map(|(name, text)| ((*name).to_owned(), text.clone())))
    }

    #[test]
    fn every_condition_comes_back_from_its_form_as_it_was() {
        for when in [
            json!({ "above": { "quantity": "air.co2", "channel": 1, "limit": 1000.5, "back": 900.0,
                "unit": "[ppm]", "for": { "seconds": 600, "frames": 2 } } }),
            json!({ "below": { "quantity": "air.temperature", "limit": -3.0 } }),
            json!({ "outside": { "quantity": "air.temperature", "low": 1.0, "high": 5.5,
                "backLow": 2.0, "backHigh": 4.0, "for": { "seconds": 90 } } }),
            json!({ "equals": { "quantity": "alarm.leak", "value": true } }),
            json!({ "equals": { "quantity": "device.status", "value": "open" } }),
            json!({ "changed": { "quantity": "water.volume", "channel": 2 } }),
            json!({ "silent": { "seconds": 172_800 } }),
            json!({ "battery": { "percent": 15.0 } }),
            json!({ "alarm": {} }),
            json!({ "alarm": { "quantity": "alarm.leak" } }),
            json!({ "decoderFailures": { "frames": 3 } }),
            json!({ "route": { "route": "push", "seconds": 3_600 } }),
        ] {
            let made = condition(&entered(&shown(&when)));
            assert_eq!(made, when);
            let known: Result<Condition, _> = serde_json::from_value(made);
            assert!(known.is_ok(), "{when}: {known:?}");
        }
    }

    #[test]
    fn what_people_write_is_read_and_what_is_wrong_stays_for_the_interface_to_say() {
        let fields = |limit: &str, time: &str| {
            let fields =
                [("when", "below"), ("quantity", "air.co2"), ("limit", limit), ("time", time)];
            let unit = [("timeUnit", "hours")];
            let all = fields.into_iter().chain(unit);
            entered(&all.map(|(name, text)| (name, text.to_owned())).collect::<Vec<_>>())
        };
        let made = condition(&fields("0,5", "2"));
        let hold = json!({ "seconds": 7_200 });
        let limit = json!({ "quantity": "air.co2", "limit": 0.5, "for": hold });
        assert_eq!(made, json!({ "below": limit }));
        let wrong = condition(&fields("", "two"));
        assert_eq!(
            (&wrong["below"]["limit"], &wrong["below"]["for"]["seconds"]),
            (&json!(""), &json!("two"))
        );
    }

    #[test]
    fn a_time_is_shown_in_the_longest_unit_that_needs_no_fraction() {
        assert_eq!(in_unit(172_800), (2, "days"));
        assert_eq!(in_unit(5_400), (90, "minutes"));
        assert_eq!(in_unit(61), (61, "seconds"));
        assert_eq!(in_unit(0), (0, "minutes"));
    }
}
