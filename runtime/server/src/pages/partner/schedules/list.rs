//! The list of schedules, and the form of a new one.

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::plan::{COMMAND, plan, rule, whom};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{address, items, path_part, text},
        layout::Page,
        partner::{
            frame::{moment_or_dash, partner_page},
            groups,
        },
        parts::{
            badge::badge,
            empty::empty,
            form::{Fault, Field, Kind, form, submit},
            notice::Tone,
            pager::pager,
            table::Table,
        },
        submission::Submission,
        tables,
        viewer::Viewer,
    },
    service::Service,
};

/// The rules of moments, as the form offers them.
const RULES: [&str; 4] = ["sunset", "sunrise", "cron", "at"];

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/partner/schedules", get(show).post(make))
}

async fn show(viewer: Viewer) -> Result<Page, Problem> {
    schedules_page(&viewer, &Submission::default(), &Fault::none()).await
}

async fn make(viewer: Viewer, submission: Submission) -> Result<Response, Problem> {
    let (status, fault) = match plan(&viewer, &submission) {
        Err(fault) => (StatusCode::BAD_REQUEST, fault),
        Ok(plan) => match viewer.send(Method::POST, "/v1/schedules", Some(&plan)).await {
            Ok(made) => {
                let path = format!("/partner/schedules/{}", path_part(&text(&made, "/id")));
                return Ok(viewer.done(&path, "done-schedule-made"));
            }
            Err(problem) => (problem.status(), Fault::of(&problem).renamed(field_of)),
        },
    };
    let page = schedules_page(&viewer, &submission, &fault).await?;
    Ok(page.with_status(status).into_response())
}

/// The field of the form that a member of the schedule is in.
fn field_of(path: &str) -> Option<String> {
    let field = match path.strip_prefix("when.").unwrap_or(path) {
        "when" => "rule",
        "offsetMinutes" => "offset",
        "timeZone" => "zone",
        "expiresInSeconds" => "minutes",
        "place.latitude" | "place" => "latitude",
        "place.longitude" => "longitude",
        exceptions if exceptions.starts_with("exceptions") => "except",
        same => same,
    };
    Some(field.to_owned())
}

async fn schedules_page(
    viewer: &Viewer,
    submission: &Submission,
    fault: &Fault,
) -> Result<Page, Problem> {
    let after = viewer.parameter("after").unwrap_or_default();
    let found =
        viewer.get(&address("/v1/schedules", &[("limit", "100"), ("after", &after)])).await?;
    let more = found.get("more").and_then(Json::as_bool).unwrap_or_default();
    let next = text(&found, "/next");
    let names = groups::names(viewer).await?;
    let content = html! {
        p.lead { (viewer.say("schedules-lead")) }
        (schedules_table(viewer, items(&found, "/schedules")))
        (pager(viewer, Some(next.as_str()).filter(|_| more)))
        p.actions { (tables::links("schedules", &[])) }
        @if viewer.may(Scope::Commands) {
            section.card {
                h2 { (viewer.say("schedule-add")) }
                (new_form(viewer, &names, submission, fault))
            }
        }
    };
    Ok(partner_page(viewer, &viewer.say("partner-schedules"), content))
}

fn schedules_table(viewer: &Viewer, schedules: &[Json]) -> Markup {
    let mut table = Table::new(viewer.say("partner-schedules"))
        .column(viewer.say("schedule-name"))
        .column(viewer.say("schedule-to"))
        .column(viewer.say("schedule-rule"))
        .column(viewer.say("schedule-next"));
    for schedule in schedules {
        let link = format!("/partner/schedules/{}", path_part(&text(schedule, "/id")));
        table.row(vec![
            html! { a href=(link) { (text(schedule, "/plan/name")) } },
            html! { (whom(schedule)) },
            rule(viewer, schedule),
            next_moment(viewer, schedule),
        ]);
    }
    html! {
        @if table.is_empty() {
            (empty(&viewer.say("schedules-none"), &viewer.say("schedules-none-advice"), None))
        } @else { (table.shown()) }
    }
}

/// The next moment of a schedule, or the word for why there is none.
pub(super) fn next_moment(viewer: &Viewer, schedule: &Json) -> Markup {
    let is_paused = schedule.pointer("/plan/paused").and_then(Json::as_bool).unwrap_or_default();
    if is_paused {
        return badge(Tone::Warning, &viewer.say("schedule-paused"));
    }
    moment_or_dash(viewer, schedule, "/next")
}

fn new_form(viewer: &Viewer, names: &[String], submission: &Submission, fault: &Fault) -> Markup {
    let line = |name: &'static str| {
        let label = viewer.say(&format!("schedule-{name}"));
        Field::new(name, label).value(submission.text(name)).fault(fault)
    };
    let hinted = |name: &'static str| line(name).hint(viewer.say(&format!("schedule-{name}-hint")));
    let groups = groups::choices_or(names, viewer.say("choose"));
    let rules = RULES.map(|word| (word.to_owned(), viewer.say_word("schedule-rule", word)));
    let tags = Field::new("tags", viewer.say("command-tags")).value(submission.text("tags"));
    let group = Field::new("group", viewer.say("group")).kind(Kind::Choice(groups));
    let command = Field::new(COMMAND, viewer.say("command-json")).kind(Kind::Lines(4));
    let make_up = if submission.is_ticked("makeUp") { "yes" } else { "" };
    form(
        viewer,
        "/partner/schedules",
        fault,
        html! {
            (hinted("name").required().shown())
            (group.value(submission.text("group")).fault(fault).shown())
            (tags.hint(viewer.say("command-tags-hint")).fault(fault).shown())
            (hinted("device").shown())
            (line("rule").kind(Kind::Choice(rules.to_vec())).shown())
            (hinted("offset").kind(Kind::Line("number")).shown())
            (hinted("latitude").shown())
            (line("longitude").shown())
            (hinted("cron").shown())
            (hinted("at").kind(Kind::Line("datetime-local")).shown())
            (hinted("zone").shown())
            (hinted("except").shown())
            (command.value(submission.text(COMMAND)).hint(viewer.say("command-json-hint")).fault(fault).required().shown())
            (hinted("minutes").kind(Kind::Line("number")).shown())
            (Field::new("makeUp", viewer.say("schedule-make-up")).kind(Kind::Tick).value(make_up).fault(fault).shown())
            (submit(&viewer.say("schedule-add")))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_stands_at_the_field_of_its_member() {
        for (path, field) in [
            ("when", "rule"),
            ("when.cron", "cron"),
            ("when.offsetMinutes", "offset"),
            ("when.exceptions[1]", "except"),
            ("expiresInSeconds", "minutes"),
            ("device", "device"),
        ] {
            assert_eq!(field_of(path).as_deref(), Some(field));
        }
    }
}
