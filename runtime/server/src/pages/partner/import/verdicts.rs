//! The report of a sheet: the numbers of its rows by their verdicts, and the rows that tell something.

use maud::{Markup, html};
use serde_json::Value as Json;

use crate::pages::{
    json::{items, text},
    language::Language,
    parts::{badge::badge, notice::Tone, table::Table},
    told::Told,
    viewer::Viewer,
};

/// Rows that are shown: those that are refused first.
const MOST_ROWS: usize = 500;

/// The verdicts, in the order in which people should look at them.
const ORDER: [(&str, Tone); 4] = [
    ("refused", Tone::Bad),
    ("changed", Tone::Warning),
    ("created", Tone::Good),
    ("unchanged", Tone::Plain),
];

/// Returns the report of a sheet.
pub(super) fn report(viewer: &Viewer, report: &Json) -> Markup {
    let verdicts = items(report, "/verdicts");
    let mut table = Table::new(viewer.say("import-rows"))
        .numbers(viewer.say("import-row"))
        .column("DevEUI")
        .column(viewer.say("import-verdict"))
        .column(viewer.say("import-told"));
    let ordered = ORDER.into_iter().flat_map(|(word, tone)| {
        let own = verdicts.iter().filter(move |row| text(row, "/verdict") == word);
        own.map(move |row| (row, (word, tone)))
    });
    for (row, verdict) in ordered.take(MOST_ROWS) {
        table.row(cells(viewer, row, verdict));
    }
    html! {
        dl.figures {
            @for (word, _) in ORDER {
                div {
                    dt { (viewer.say_word("verdict", word)) }
                    dd { (text(report, &format!("/{word}"))) }
                }
            }
        }
        @for note in notes(viewer.language(), report) { p { (note.shown()) } }
        @if verdicts.len() > MOST_ROWS {
            p.hint { (viewer.say_with("import-rows-shown", [("count", MOST_ROWS.into())])) }
        }
        (table.shown())
    }
}

fn cells(viewer: &Viewer, row: &Json, (word, tone): (&str, Tone)) -> Vec<Markup> {
    vec![
        html! { (text(row, "/row")) },
        html! { code { (text(row, "/devEui")) } },
        badge(tone, &viewer.say_word("verdict", word)),
        told(viewer.language(), row),
    ]
}

/// The words about a row: its refusals, its changes and its notes.
fn told(language: Language, row: &Json) -> Markup {
    html! {
        @for refusal in items(row, "/refusals") {
            @let reason = Told::of_answer(language, &refusal["fault"], text(refusal, "/reason"));
            div { strong { (text(refusal, "/cell")) " " (text(refusal, "/column")) } " " (reason.shown()) }
        }
        @for change in items(row, "/changes") {
            div { (text(change, "/field")) ": " (member(change, "before")) " → " (member(change, "after")) }
        }
        @for note in notes(language, row) { div.soft { (note.shown()) } }
    }
}

/// The remarks about a sheet, or about a row.
fn notes(language: Language, of: &Json) -> impl Iterator<Item = Told> {
    let words = items(of, "/notes").iter().map(|words| words.as_str().unwrap_or_default());
    words.enumerate().map(move |(index, words)| {
        let value = items(of, "/noted").get(index).cloned().unwrap_or_default();
        Told::of_answer(language, &value, words.to_owned())
    })
}

/// A value of a change: a text as it is, anything else as JSON.
fn member(change: &Json, name: &str) -> String {
    match change.get(name) {
        None => "–".to_owned(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_tells_its_refusals_and_changes_as_text() {
        let row = json!({
            "refusals": [
                { "cell": "C2", "column": "Latitude", "reason": "<b>no</b>" },
                { "cell": "D2", "column": "Name", "reason": "it is none", "fault": { "code": "cell-formula" } },
            ],
            "changes": [{ "field": "name", "after": "Meter" }],
            "notes": ["it was completed", "<i>of another release</i>"],
            "noted": [{ "code": "note-completed", "values": { "what": "DevEUI", "digits": "0011" } }],
        });
        let told = told(Language::French, &row).into_string();
        assert!(told.contains("C2 Latitude") && told.contains("&lt;b&gt;no&lt;/b&gt;"), "{told}");
        assert!(told.contains("name: – → Meter"), "{told}");
        assert!(told.contains("formule") && !told.contains("it is none"), "{told}");
        assert!(told.contains("0011") && !told.contains("it was completed"), "{told}");
        assert!(told.contains("<span lang=\"en\">&lt;i&gt;of another release"), "{told}");
    }
}
