//! The page of one schedule: its next moments with every payload, and what became of the last ones.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::Method,
    response::Response,
    routing::{get, post},
};
use jiff::{Timestamp, Zoned, fmt::temporal::Pieces, tz::TimeZone};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    LIST,
    list::next_moment,
    plan::{rule, whom},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{items, optional, path_part, text},
        layout::Page,
        partner::{
            commands::shown::with_json,
            frame::{confirmed_form, moment_or_dash, partner_page},
        },
        parts::{
            badge::badge,
            form::button_form,
            notice::{Tone, notice},
            table::Table,
        },
        submission::Submission,
        told::{self, Told},
        viewer::Viewer,
        written,
    },
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/partner/schedules/{id}", get(show))
        .route("/partner/schedules/{id}/pause", post(pause))
        .route("/partner/schedules/{id}/resume", post(resume))
        .route("/partner/schedules/{id}/remove", post(remove))
}

async fn show(viewer: Viewer, Path(id): Path<String>) -> Result<Page, Problem> {
    let path = format!("/v1/schedules/{}", path_part(&id));
    let schedule = viewer.get(&path).await?;
    let planned = viewer.get(&format!("{path}/next")).await;
    let content = html! {
        p { a href=(LIST) { (viewer.say("partner-schedules")) } }
        (facts(&viewer, &schedule))
        section {
            h2 { (viewer.say("schedule-next-moments")) }
            @match &planned {
                Ok(planned) => (moments(&viewer, planned)),
                Err(problem) => (notice(Tone::Warning, html! { p { (Told::of(problem).shown()) } })),
            }
        }
        section {
            h2 { (viewer.say("schedule-runs")) }
            (runs(&viewer, items(&schedule, "/runs")))
        }
        @if viewer.may(Scope::Commands) { (acts(&viewer, &schedule, &id)) }
    };
    Ok(partner_page(&viewer, &text(&schedule, "/plan/name"), content))
}

fn facts(viewer: &Viewer, schedule: &Json) -> Markup {
    html! {
        dl.facts.card {
            dt { (viewer.say("schedule-to")) }
            dd { (whom(schedule)) }
            dt { (viewer.say("schedule-rule")) }
            dd { (rule(viewer, schedule)) }
            dt { (viewer.say("command")) }
            dd { @if let Some(command) = schedule.pointer("/plan/command") { (with_json(command)) } }
            dt { (viewer.say("schedule-next")) }
            dd { (next_moment(viewer, schedule)) }
            dt { (viewer.say("command-by")) }
            dd { (text(schedule, "/madeBy")) }
        }
    }
}

fn moments(viewer: &Viewer, planned: &Json) -> Markup {
    let mut table = Table::new(viewer.say("schedule-next-moments"))
        .column(viewer.say("schedule-moment"))
        .numbers(viewer.say("schedule-devices"))
        .column("FPort")
        .column(viewer.say("schedule-payload"));
    for moment in items(planned, "/moments") {
        for payload in items(moment, "/payloads") {
            table.row(vec![
                local(viewer, moment),
                html! { (text(payload, "/devices")) },
                html! { (text(payload, "/fPort")) },
                payload_cell(viewer, payload),
            ]);
        }
    }
    html! {
        @if table.is_empty() { p { (viewer.say("schedule-no-moment")) } } @else { (table.shown()) }
    }
}

/// A moment by the clocks of its schedule, which need not be those of the territory.
fn local(viewer: &Viewer, moment: &Json) -> Markup {
    let said = text(moment, "/local");
    match zoned(&said) {
        Some(local) => written::moment(&local, viewer.language()),
        None => html! { (said) },
    }
}

/// A moment with the offset that it is written with.
fn zoned(said: &str) -> Option<Zoned> {
    let offset = Pieces::parse(said).ok()?.to_numeric_offset()?;
    Some(said.parse::<Timestamp>().ok()?.to_zoned(TimeZone::fixed(offset)))
}

fn payload_cell(viewer: &Viewer, payload: &Json) -> Markup {
    html! {
        @if let Some(bytes) = optional(payload, "/payload") { code { (bytes) } }
        @if payload.get("problem").is_some() { (told::problem(viewer.language(), payload, "/problem")) }
    }
}

fn runs(viewer: &Viewer, runs: &[Json]) -> Markup {
    let mut table = Table::new(viewer.say("schedule-runs"))
        .column(viewer.say("schedule-moment"))
        .column(viewer.say("command-state"))
        .numbers(viewer.say("schedule-queued"))
        .numbers(viewer.say("schedule-refused"))
        .column(viewer.say("reason"));
    for run in runs {
        table.row(vec![
            moment_or_dash(viewer, run, "/at"),
            outcome(viewer, run),
            html! { (text(run, "/queued")) },
            html! { (text(run, "/refused")) },
            reason(viewer, run),
        ]);
    }
    html! {
        @if table.is_empty() { p { (viewer.say("schedule-no-run")) } } @else { (table.shown()) }
    }
}

/// The reason for which not all of a moment could be sent.
fn reason(viewer: &Viewer, run: &Json) -> Markup {
    let (code, words) = (text(run, "/code"), text(run, "/problem"));
    Told::of_refusal(viewer.language(), &code, words).shown()
}

fn outcome(viewer: &Viewer, run: &Json) -> Markup {
    let state = text(run, "/state");
    let moments = run.get("moments").and_then(Json::as_u64).filter(|moments| *moments > 1);
    html! {
        (badge(tone(&state), &viewer.say_word("schedule-run", &state)))
        @if let Some(moments) = moments { " × " (moments) }
    }
}

fn tone(state: &str) -> Tone {
    match state {
        "sent" => Tone::Good,
        "refused" => Tone::Bad,
        "missed" => Tone::Warning,
        _ => Tone::Plain,
    }
}

fn acts(viewer: &Viewer, schedule: &Json, id: &str) -> Markup {
    let is_paused = schedule.pointer("/plan/paused").and_then(Json::as_bool).unwrap_or_default();
    let way = |act: &str| format!("{}/{act}", page_of(id));
    html! {
        div.actions {
            @if is_paused {
                (button_form(viewer, &way("resume"), &viewer.say("schedule-resume"), false))
            } @else {
                (button_form(viewer, &way("pause"), &viewer.say("schedule-pause"), false))
            }
        }
        (confirmed_form(viewer, &way("remove"), &viewer.say("schedule-remove"), &viewer.say("sure")))
    }
}

async fn pause(viewer: Viewer, Path(id): Path<String>, _: Submission) -> Result<Response, Problem> {
    set_paused(&viewer, &id, true).await?;
    Ok(viewer.done(&page_of(&id), "done-schedule-paused"))
}

async fn resume(
    viewer: Viewer,
    Path(id): Path<String>,
    _: Submission,
) -> Result<Response, Problem> {
    set_paused(&viewer, &id, false).await?;
    Ok(viewer.done(&page_of(&id), "done-schedule-resumed"))
}

async fn set_paused(viewer: &Viewer, id: &str, is_paused: bool) -> Result<(), Problem> {
    let path = format!("/v1/schedules/{}", path_part(id));
    let schedule = viewer.get(&path).await?;
    let mut plan = schedule.get("plan").cloned().unwrap_or_default();
    if let Some(members) = plan.as_object_mut() {
        members.insert("paused".to_owned(), json!(is_paused));
    }
    viewer.send(Method::PUT, &path, Some(&plan)).await.map(drop)
}

async fn remove(
    viewer: Viewer,
    Path(id): Path<String>,
    _: Submission,
) -> Result<Response, Problem> {
    viewer.send(Method::DELETE, &format!("/v1/schedules/{}", path_part(&id)), None).await?;
    Ok(viewer.done(LIST, "done-schedule-removed"))
}

fn page_of(id: &str) -> String {
    format!("{LIST}/{}", path_part(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_by_the_clocks_of_its_schedule() {
        let local = zoned("2026-07-01T22:00:00+02:00").expect("it is a moment");
        assert_eq!(
            (local.hour(), local.timestamp().to_string()),
            (22, "2026-07-01T20:00:00Z".into())
        );
        assert!(zoned("22:00").is_none());
    }

    #[test]
    fn a_moment_that_came_to_nothing_is_marked() {
        assert_eq!(tone("refused"), Tone::Bad);
        assert_eq!(tone("missed"), Tone::Warning);
        assert_eq!(tone("running"), Tone::Plain);
    }
}
