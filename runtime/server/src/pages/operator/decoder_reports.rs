//! Reports of candidates: what a shadow makes of the frames beside the stable version, and how a canary does.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::values::{facts, number_at};
use crate::pages::{
    json::{items, text},
    parts::table::Table,
    viewer::Viewer,
};

/// Differing places that are listed; the most frequent ones.
const PLACES: usize = 20;

/// The report of a shadow: how many frames agree, where they differ, and on which payloads.
pub(super) fn shadow(viewer: &Viewer, report: &Json) -> Markup {
    html! {
        section.card {
            h2 { (viewer.say("operator-decoders-report-shadow")) ": " (text(report, "/version")) }
            (facts([
                (viewer.say("operator-decoders-report-compared"), number_at(viewer, report, "/compared")),
                (viewer.say("operator-decoders-report-agreeing"), number_at(viewer, report, "/agreeing")),
                (viewer.say("operator-decoders-report-skipped"), number_at(viewer, report, "/skipped")),
                (viewer.say("operator-decoders-report-too-large"), number_at(viewer, report, "/tooLarge")),
            ]))
            (performances(viewer, report))
            (places(viewer, "operator-decoders-report-differing", &report["differing"]))
            (places(viewer, "operator-decoders-report-added", &report["added"]))
            (examples(viewer, items(report, "/examples")))
        }
    }
}

/// The report of a canary: whom it is for, and how many of its frames fail.
pub(super) fn canary(viewer: &Viewer, report: &Json) -> Markup {
    let percent = |pointer: &str| html! { (text(report, pointer)) "\u{a0}%" };
    html! {
        section.card {
            h2 { (viewer.say("operator-decoders-report-canary")) ": " (text(report, "/version")) }
            (facts([
                (viewer.say("operator-decoders-canary-share"), percent("/sharePercent")),
                (viewer.say("operator-decoders-canary-failures"), percent("/failurePercent")),
                (viewer.say("operator-decoders-report-decoded"), number_at(viewer, report, "/decoded")),
                (viewer.say("operator-decoders-report-failures"), number_at(viewer, report, "/failures")),
            ]))
        }
    }
}

fn performances(viewer: &Viewer, report: &Json) -> Markup {
    let mut table = Table::new(viewer.say("operator-decoders-report-shadow"))
        .column(viewer.say("operator-decoders-version"))
        .numbers(viewer.say("operator-decoders-report-failures"))
        .numbers(viewer.say("operator-decoders-report-fuel"));
    let compared = report["compared"].as_u64().unwrap_or_default();
    for version in ["stable", "candidate"] {
        let one = &report[version];
        table.row(vec![
            html! { (viewer.say_word("operator-decoders", version)) },
            number_at(viewer, one, "/failures"),
            html! { (viewer.language().whole(fuel_of_frame(one, compared))) },
        ]);
    }
    table.shown()
}

/// The fuel of one frame on average.
fn fuel_of_frame(performance: &Json, frames: u64) -> u64 {
    performance["fuel"].as_u64().unwrap_or_default().checked_div(frames).unwrap_or_default()
}

/// Places with the number of frames of each, the most frequent first.
fn places(viewer: &Viewer, key: &str, counts: &Json) -> Markup {
    let all = counts.as_object().into_iter().flatten();
    let mut all: Vec<(&String, u64)> =
        all.map(|(place, frames)| (place, frames.as_u64().unwrap_or_default())).collect();
    if all.is_empty() {
        return html! {};
    }
    all.sort_by_key(|(_, frames)| std::cmp::Reverse(*frames));
    let mut table = Table::new(viewer.say(key))
        .column(viewer.say("operator-decoders-report-place"))
        .numbers(viewer.say("operator-decoders-report-frames"));
    for (place, frames) in all.into_iter().take(PLACES) {
        table.row(vec![html! { code { (place) } }, html! { (viewer.language().whole(frames)) }]);
    }
    html! { h3 { (viewer.say(key)) } (table.shown()) }
}

fn examples(viewer: &Viewer, examples: &[Json]) -> Markup {
    let mut table = Table::new(viewer.say("operator-decoders-report-examples"))
        .column(viewer.say("operator-decoders-report-payload"))
        .column(viewer.say("operator-decoders-report-place"))
        .column(viewer.say("operator-decoders-report-stable-says"))
        .column(viewer.say("operator-decoders-report-candidate-says"));
    for example in examples {
        let port =
            viewer.say_with("operator-quarantine-port", [("port", text(example, "/fPort").into())]);
        let payload = html! { code { (text(example, "/payload")) } " (" (port) ")" };
        let differences = differences(example);
        if differences.is_empty() {
            let too_large = viewer.say("operator-decoders-report-too-large");
            table.row(vec![payload.clone(), html! { (too_large) }, html! { "–" }, html! { "–" }]);
        }
        for (place, [stable, candidate]) in differences {
            table.row(vec![
                payload.clone(),
                html! { code { (place) } },
                html! { code { (stable) } },
                html! { code { (candidate) } },
            ]);
        }
    }
    html! {
        h3 { (viewer.say("operator-decoders-report-examples")) }
        @if table.is_empty() {
            p { (viewer.say("operator-decoders-report-none")) }
        } @else {
            (table.shown())
        }
    }
}

/// The places of a frame on which both differ, with what each says.
fn differences(example: &Json) -> Vec<(&String, [String; 2])> {
    let said = |json: &Json| if json.is_null() { "–".to_owned() } else { json.to_string() };
    let all = example["differing"].as_object().into_iter().flatten();
    all.map(|(place, both)| (place, [said(&both[0]), said(&both[1])])).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_sides_of_a_difference_are_said() {
        let example = json!({ "differing": { "data.t": [21.5, null] } });
        let differences = differences(&example);
        assert_eq!(differences[0].0, "data.t");
        assert_eq!(differences[0].1, ["21.5".to_owned(), "–".to_owned()]);
        assert_eq!(fuel_of_frame(&json!({ "fuel": 900 }), 3), 300);
        assert_eq!(fuel_of_frame(&json!({ "fuel": 900 }), 0), 0);
    }
}
