//! The outcome of a trial: how often a rule would have been raised on the records that are kept, when and where.

use champollion_service::alerts::{Condition, Value};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value as Json;

use super::place::place;
use crate::pages::{
    json::{items, text},
    partner::frame::moment_or_dash,
    parts::{
        notice::{Tone, notice},
        table::Table,
    },
    viewer::Viewer,
};

/// Returns the outcome of a trial.
pub(super) fn outcome(viewer: &Viewer, trial: &Json) -> Markup {
    let count = |pointer: &str| trial.pointer(pointer).and_then(Json::as_u64).unwrap_or_default();
    let raised = viewer.say_with("alert-trial-raised", [("count", count("/raised").into())]);
    let of = [("frames", count("/frames").into()), ("devices", count("/devices").into())];
    let alerts = items(trial, "/alerts");
    html! {
        (notice(Tone::Plain, html! {
            p.title { (raised) }
            p { (viewer.say_with("alert-trial-of", of)) }
        }))
        @if !alerts.is_empty() { (table(viewer, &trial["when"], alerts)) }
    }
}

fn table(viewer: &Viewer, when: &Json, alerts: &[Json]) -> Markup {
    let when = Condition::deserialize(when).ok();
    let mut table = Table::new(viewer.say("alert-trial"))
        .column(viewer.say("alert-where"))
        .column(viewer.say("alert-since"))
        .column(viewer.say("alert-raised-at"))
        .column(viewer.say("alert-what"))
        .column(viewer.say("alert-over"));
    for alert in alerts {
        table.row(vec![
            place(alert),
            moment_or_dash(viewer, alert, "/since"),
            moment_or_dash(viewer, alert, "/raisedAt"),
            html! { (what(viewer, when.as_ref(), alert)) },
            moment_or_dash(viewer, alert, "/endedAt"),
        ]);
    }
    table.shown()
}

/// The thing that would have been wrong, in the language of the viewer.
fn what(viewer: &Viewer, when: Option<&Condition>, alert: &Json) -> String {
    let value = alert.get("value").and_then(|value| Value::deserialize(value).ok());
    let said = when.map(|when| viewer.alert_words().broken(when, value.as_ref()));
    said.unwrap_or_else(|| text(alert, "/what"))
}
