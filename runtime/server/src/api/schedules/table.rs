//! Schedules as a table of CSV, or a workbook.

use serde_json::{Value as Json, json};

use super::ShownSchedule;
use crate::api::{
    Problem,
    tables::{Rows, or_empty},
};

/// The headings of the table.
pub(super) const HEADINGS: [&str; 12] = [
    "id",
    "name",
    "group",
    "device",
    "tags",
    "when",
    "command",
    "paused",
    "madeBy",
    "changedAt",
    "next",
    "problem",
];

/// The rows of a table of schedules, one for each.
pub(super) fn rows(schedules: impl Iterator<Item = ShownSchedule>) -> Result<Rows, Problem> {
    Rows::gather(schedules.map(|shown| row(&shown)))
}

fn row(shown: &ShownSchedule) -> Vec<String> {
    let plan = &shown.plan;
    let tags = plan.tags.iter().map(|(name, value)| format!("{name}={value}"));
    vec![
        shown.id.to_string(),
        plan.name.clone(),
        shown.group.to_string(),
        or_empty(plan.device),
        tags.collect::<Vec<_>>().join(" "),
        json!(plan.when).to_string(),
        Json::Object(plan.command.clone()).to_string(),
        plan.paused.to_string(),
        shown.made_by.clone(),
        shown.changed_at.to_string(),
        or_empty(shown.next),
        or_empty(shown.problem.as_ref()),
    ]
}
