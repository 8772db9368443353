//! A schedule as a form says it, and as a page shows it.

use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use crate::pages::{
    clocks::Clocks,
    json::{items, moment, optional, text},
    partner::{
        entered::{number, put},
        rhythms,
    },
    submission::Submission,
    viewer::Viewer,
};

/// The rules of moments, in the words of the form.
pub(super) const RULES: [&str; 4] = ["sunset", "sunrise", "cron", "at"];

/// The rule that a form says; the first where it says none.
pub(super) fn rule_of(submission: &Submission) -> &'static str {
    let said = submission.text("rule");
    RULES.into_iter().find(|rule| *rule == said).unwrap_or(RULES[0])
}

/// The fields that the rule of a schedule has of its own, in the order of the form.
pub(super) fn fields_of(rule: &str) -> &'static [&'static str] {
    match rule {
        "cron" => &["cron", "zone", "except"],
        "at" => &["at"],
        _ => &["offset", "latitude", "longitude", "zone", "except"],
    }
}

/// Returns the schedule of a command that a form says.
pub(super) fn plan(submission: &Submission, command: Json, clocks: &Clocks) -> Json {
    let mut plan = Map::new();
    for name in ["name", "device", "group"] {
        put(&mut plan, name, submission.filled(name).map(str::trim));
    }
    let tags: Map<String, Json> = listed(submission.text("tags"))
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.trim().to_owned(), Json::from(value.trim())))
        .collect();
    if !tags.is_empty() {
        plan.insert("tags".to_owned(), Json::Object(tags));
    }
    plan.insert("when".to_owned(), Json::Object(when(submission, clocks)));
    plan.insert("command".to_owned(), command);
    if let Some(minutes) = submission.filled("minutes") {
        let seconds = minutes.parse::<u64>().map(|minutes| json!(minutes.saturating_mul(60)));
        let seconds = seconds.unwrap_or_else(|_| number(minutes));
        plan.insert("expiresInSeconds".to_owned(), seconds);
    }
    if submission.is_ticked("makeUp") {
        put(&mut plan, "missed", Some("make-up"));
    }
    Json::Object(plan)
}

/// The moments that a form says: the fields of the rule that is chosen, whatever others it sends.
fn when(submission: &Submission, clocks: &Clocks) -> Map<String, Json> {
    let (mut when, rule) = (Map::new(), rule_of(submission));
    let filled = |name| submission.filled(name).filter(|_| fields_of(rule).contains(&name));
    match rule {
        "cron" => put(&mut when, "cron", Some(submission.text("cron"))),
        "at" => put(&mut when, "at", Some(&clocks.sent(submission.text("at")))),
        sun => {
            put(&mut when, "sun", Some(sun));
            if let Some(minutes) = filled("offset") {
                let minutes =
                    minutes.parse::<i32>().map_or_else(|_| Json::from(minutes), Json::from);
                when.insert("offsetMinutes".to_owned(), minutes);
            }
            if let Some(place) = place(submission) {
                when.insert("place".to_owned(), place);
            }
        }
    }
    put(&mut when, "timeZone", filled("zone"));
    let days = listed(filled("except").unwrap_or_default());
    let days: Vec<Json> = days.map(Json::from).collect();
    if !days.is_empty() {
        when.insert("exceptions".to_owned(), Json::Array(days));
    }
    when
}

fn place(submission: &Submission) -> Option<Json> {
    let degrees = |name: &str| {
        let text = submission.filled(name)?;
        Some(text.parse::<f64>().map_or_else(|_| Json::from(text), Json::from))
    };
    let (latitude, longitude) = (degrees("latitude"), degrees("longitude"));
    if latitude.is_none() && longitude.is_none() {
        return None;
    }
    Some(json!({ "latitude": latitude, "longitude": longitude }))
}

/// The words between commas.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// The devices that a schedule commands, in the words of the interface.
pub(super) fn whom(schedule: &Json) -> String {
    if let Some(device) = optional(schedule, "/plan/device") {
        return device.to_owned();
    }
    let tags = schedule.pointer("/plan/tags").and_then(Json::as_object);
    let tags = tags.into_iter().flatten();
    let tags = tags.map(|(name, value)| format!(" {name}={}", value.as_str().unwrap_or_default()));
    format!("{}{}", text(schedule, "/group"), tags.collect::<String>())
}

/// The rule of a schedule in few words.
pub(super) fn rule(viewer: &Viewer, schedule: &Json) -> Markup {
    let minutes = text(schedule, "/plan/when/offsetMinutes");
    let exceptions = items(schedule, "/plan/when/exceptions").len();
    html! {
        @if let Some(cron) = optional(schedule, "/plan/when/cron") {
            @match rhythms::in_words(viewer.language(), cron) {
                Some(words) => span title=(cron) { (words) },
                None => code { (cron) },
            }
        }
        @if let Some(sun) = optional(schedule, "/plan/when/sun") {
            (viewer.say_word("schedule-rule", sun))
        }
        @if !minutes.is_empty() {
            " " (viewer.say_with("schedule-offset-said", [("minutes", minutes.into())]))
        }
        @if let Some(at) = moment(schedule, "/plan/when/at") { (viewer.moment(at)) }
        @if let Some(zone) = optional(schedule, "/plan/when/timeZone") { " · " (zone) }
        @if exceptions > 0 {
            " · " (viewer.say_with("schedule-except-said", [("days", exceptions.into())]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(fields: &[(&str, &str)]) -> Json {
        let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let clocks = Clocks::named("Europe/Paris");
        plan(&Submission::of_fields(fields), json!({ "on": true }), &clocks)
    }

    #[test]
    fn the_fields_of_the_rule_that_is_chosen_count() {
        let of_all = [("name", "Evening"), ("group", "light"), ("cron", "0 1 * * *")];
        let sun = [
            ("rule", "sunset"),
            ("offset", "-10"),
            ("latitude", "48.5"),
            ("longitude", "2.5"),
            ("tags", "street = Rue X, side=left"),
            ("except", "2026-12-25, 2026-12-26"),
            ("minutes", "90"),
            ("makeUp", "yes"),
        ];
        let evening = made(&[&of_all[..], &sun].concat());
        let place = json!({ "latitude": 48.5, "longitude": 2.5 });
        assert_eq!(
            evening["when"],
            json!({
                "sun": "sunset", "offsetMinutes": -10, "place": place,
                "exceptions": ["2026-12-25", "2026-12-26"],
            })
        );
        assert_eq!(evening["tags"], json!({ "street": "Rue X", "side": "left" }));
        assert_eq!(
            (&evening["expiresInSeconds"], &evening["missed"]),
            (&json!(5_400), &json!("make-up"))
        );
        let nightly = made(&[&of_all[..], &[("rule", "cron")]].concat());
        assert_eq!(nightly["when"], json!({ "cron": "0 1 * * *" }));
        let once = [("rule", "at"), ("at", "2030-01-01T00:00"), ("zone", "Europe/Rome")];
        let once = made(&[&of_all[..], &once].concat());
        assert_eq!(once["when"], json!({ "at": "2029-12-31T23:00:00Z" }));
        assert_eq!(
            whom(&json!({ "group": "light", "plan": evening })),
            "light street=Rue X side=left"
        );
    }
}
