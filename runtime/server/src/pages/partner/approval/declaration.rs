//! The declaration of a partner, as the six headings of a form: written from it, and read back into it.

use serde_json::{Map, Value as Json, json};

use crate::pages::{
    partner::entered::{number, put},
    submission::Submission,
};

/// Steps of the number of objects that the form has room for.
pub(super) const STAGES: usize = 5;

/// The kinds of places in which objects must be heard.
pub(super) const COVERAGES: [&str; 3] = ["outdoor", "indoor", "deep-indoor"];

/// The directions of messages.
pub(super) const DIRECTIONS: [&str; 3] = ["up", "down", "both"];

/// The times in which messages are counted.
pub(super) const TIMES: [&str; 4] = ["hour", "day", "week", "month"];

/// The declaration that a form makes.
pub(super) fn declaration(entered: &Submission) -> Json {
    let mut period = Map::new();
    put(&mut period, "from", entered.filled("periodFrom"));
    put(&mut period, "until", entered.filled("periodUntil"));
    put(&mut period, "calendar", entered.filled("calendar"));
    let coverage: Vec<&str> = entered.all("coverage").iter().map(String::as_str).collect();
    json!({
        "mission": entered.text("mission"),
        "period": period,
        "coverage": coverage,
        "objects": stages(entered),
        "direction": entered.text("direction"),
        "frequency": frequency(entered),
    })
}

/// The steps of which anything is said.
fn stages(entered: &Submission) -> Vec<Json> {
    let stage = |at: usize| {
        let said = |part: &str| entered.filled(&stage_field(at, part)).map(str::to_owned);
        let (from, many, places) = (said("from"), said("number"), said("places"));
        if from.is_none() && many.is_none() && places.is_none() {
            return None;
        }
        let many = number(many.as_deref().unwrap_or_default());
        let (from, places) = (from.unwrap_or_default(), places.unwrap_or_default());
        Some(json!({ "from": from, "number": many, "places": places }))
    };
    (0..STAGES).filter_map(stage).collect()
}

/// The rates of the directions that are chosen: one that is not chosen has none.
fn frequency(entered: &Submission) -> Json {
    let direction = entered.text("direction");
    let mut frequency = Map::new();
    for (name, other) in [("up", "down"), ("down", "up")] {
        let messages = entered.filled(&format!("{name}Messages"));
        if let Some(messages) = messages.filter(|_| direction != other) {
            let per = entered.text(&format!("{name}Per"));
            frequency.insert(name.to_owned(), json!({ "messages": number(messages), "per": per }));
        }
    }
    Json::Object(frequency)
}

/// The name of a field of a step, counted from 0.
pub(super) fn stage_field(at: usize, part: &str) -> String {
    format!("stage{at}-{part}")
}

/// The form of a declaration that there is, to be changed.
pub(super) fn entered(declaration: &Json) -> Submission {
    let text = |pointer: &str| match declaration.pointer(pointer) {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let mut fields: Vec<(String, String)> = [
        ("mission", "/mission"),
        ("periodFrom", "/period/from"),
        ("periodUntil", "/period/until"),
        ("calendar", "/period/calendar"),
        ("direction", "/direction"),
        ("upMessages", "/frequency/up/messages"),
        ("upPer", "/frequency/up/per"),
        ("downMessages", "/frequency/down/messages"),
        ("downPer", "/frequency/down/per"),
    ]
    .map(|(name, pointer)| (name.to_owned(), text(pointer)))
    .to_vec();
    let coverages = declaration.get("coverage").and_then(Json::as_array).into_iter().flatten();
    let coverages = coverages.filter_map(Json::as_str);
    fields.extend(coverages.map(|word| ("coverage".to_owned(), word.to_owned())));
    for at in 0..STAGES {
        for part in ["from", "number", "places"] {
            fields.push((stage_field(at, part), text(&format!("/objects/{at}/{part}"))));
        }
    }
    Submission::of_fields(fields)
}

/// The field of the form that a problem is about, by the path that the problem names or by the beginning of its words.
pub(super) fn field_of(path: &str) -> Option<String> {
    let path = path.strip_prefix("declaration.").unwrap_or(path);
    if let Some(rest) = path.strip_prefix("objects") {
        let at = rest.trim_start_matches('[').split(']').next().and_then(|at| at.parse().ok());
        let part = rest.rsplit('.').next().filter(|part| ["number", "places"].contains(part));
        return Some(stage_field(at.unwrap_or(0), part.unwrap_or("from")));
    }
    let fields = [
        ("mission", "mission"),
        ("period.until", "periodUntil"),
        ("period.calendar", "calendar"),
        ("period", "periodFrom"),
        ("coverage", "coverage"),
        ("direction", "direction"),
        ("frequency.down", "downMessages"),
        ("frequency: down", "downMessages"),
        ("frequency", "upMessages"),
    ];
    let found = fields.into_iter().find(|(start, _)| path.starts_with(start));
    found.map(|(_, field)| field.to_owned())
}

#[cfg(test)]
mod tests {
    use champollion_fleet::requests::Declaration;

    use super::*;

    fn whole() -> Json {
        json!({
            "mission": "Light the streets",
            "period": { "from": "2026-01-01", "until": "2030-12-31" },
            "coverage": ["deep-indoor", "outdoor"],
            "objects": [
                { "from": "2026-01-01", "number": 100, "places": "the old town" },
                { "from": "2027-01-01", "number": 2000, "places": "all" },
            ],
            "direction": "both",
            "frequency": { "up": { "messages": 4, "per": "day" }, "down": { "messages": 1, "per": "week" } },
        })
    }

    #[test]
    fn a_declaration_goes_through_its_form_and_back() {
        let again = declaration(&entered(&whole()));
        let read: Declaration = serde_json::from_value(again.clone()).unwrap();
        assert!(read.check().is_ok());
        assert_eq!(read, serde_json::from_value(whole()).unwrap(), "{again}");
    }

    #[test]
    fn a_direction_that_is_not_chosen_has_no_rate() {
        let mut up = whole();
        up["direction"] = json!("up");
        assert_eq!(
            declaration(&entered(&up))["frequency"],
            json!({ "up": { "messages": 4, "per": "day" } })
        );
    }

    #[test]
    fn a_problem_stands_at_its_field() {
        for (path, field) in [
            ("declaration.period.until", "periodUntil"),
            ("declaration.objects[1].number", "stage1-number"),
            ("objects[2]: it begins on 2026-01-01", "stage2-from"),
            ("frequency: down is missing", "downMessages"),
            ("declaration.mission", "mission"),
        ] {
            assert_eq!(field_of(path).as_deref(), Some(field), "{path}");
        }
        assert_eq!(field_of("name"), None);
    }
}
