//! Notices as a table of CSV, or a workbook.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;

use super::Shown;
use crate::api::{
    Problem,
    tables::{Rows, or_empty},
};

/// The headings of the table.
pub(super) const HEADINGS: [&str; 14] = [
    "id",
    "kind",
    "state",
    "title",
    "text",
    "begin",
    "end",
    "groups",
    "useCases",
    "gateways",
    "leavesOut",
    "changedAt",
    "cancelledAt",
    "followUps",
];

/// The rows of a table of notices, one for each.
pub(super) fn rows(notices: impl Iterator<Item = Shown>) -> Result<Rows, Problem> {
    Rows::gather(notices.map(|shown| row(&shown)))
}

fn row(Shown { notice, state }: &Shown) -> Vec<String> {
    let words = notice.follow_ups.iter().map(|word| said(word.at, word.text.as_str()));
    vec![
        notice.id.to_string(),
        word(&notice.kind),
        word(state),
        notice.title.as_str().to_owned(),
        notice.text.as_str().to_owned(),
        notice.begin.to_string(),
        or_empty(notice.end),
        listed(&notice.scope.groups),
        listed(&notice.scope.use_cases),
        listed(&notice.scope.gateways),
        notice.leaves_out.to_string(),
        notice.changed_at.to_string(),
        or_empty(notice.cancelled_at),
        words.collect::<Vec<_>>().join("\n"),
    ]
}

fn said(at: Timestamp, text: &str) -> String {
    format!("{at}: {text}")
}

/// The names of a part of a scope in one cell.
fn listed<T: ToString>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    names.join(" ")
}

/// The word of a value of few, as the interface writes it.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Json::String(word)) => word,
        _ => String::new(),
    }
}
