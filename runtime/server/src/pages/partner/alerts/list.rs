//! The alerts of a partner: what is open, by which rules, and the way to say that somebody looks after it.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::Method,
    response::Response,
    routing::{get, post},
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    PATH,
    place::place,
    rule::own,
    words::{in_words, what_and_limit},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{address, items, next_of, optional, path_part, text},
        layout::Page,
        partner::frame::{get_if_any, moment_or_dash, partner_page},
        parts::{
            badge::badge, empty::empty, form::button_form, notice::Tone, pager::pager_of,
            table::Table,
        },
        submission::Submission,
        tables,
        told::Told,
        viewer::Viewer,
    },
    service::Service,
};

/// The address of the page with all alerts that are kept.
const ALL: &str = "/partner/alerts?state=all";

/// The most alerts or rules on a page: an operator sees those of all groups.
const PART: &str = "100";

/// The parameter that says where the rules of the page before ended.
const RULES_AFTER: &str = "rules-after";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(PATH, get(list))
        .route("/partner/alerts/{group}/{id}/acknowledge", post(acknowledge))
}

/// A part of a list of all groups that the viewer sees, beginning after the place that a parameter says.
async fn part_of(
    viewer: &Viewer,
    path: &str,
    (parameter, state): (&str, &str),
) -> Result<Json, Problem> {
    let after = viewer.parameter(parameter).unwrap_or_default();
    let pairs = [("state", state), ("limit", PART), ("after", &after)];
    // Who has parts of groups alone sees none.
    Ok(get_if_any(viewer, &address(path, &pairs)).await?.unwrap_or_default())
}

async fn list(viewer: Viewer) -> Result<Page, Problem> {
    let is_all = viewer.parameter("state").as_deref() == Some("all");
    let state = if is_all { "all" } else { "open" };
    let raised = part_of(&viewer, "/v1/alerts", ("after", state)).await?;
    let armed = part_of(&viewer, "/v1/alerts/rules", (RULES_AFTER, "")).await?;
    let (mut alerts, mut rules) = (alerts_table(&viewer), rules_table(&viewer));
    items(&raised, "/alerts").iter().for_each(|alert| alerts.row(alert_row(&viewer, alert)));
    items(&armed, "/rules").iter().for_each(|rule| rules.row(rule_row(&viewer, rule)));
    let (other, key) = if is_all { (PATH, "alerts-open") } else { (ALL, "alerts-all") };
    let content = html! {
        p.actions { a href=(other) { (viewer.say(key)) } }
        @if alerts.is_empty() {
            (empty(&viewer.say("alerts-empty"), &viewer.say("alerts-empty-advice"), None))
        } @else {
            (alerts.shown())
            (pager_of(&viewer, ("after", &viewer.say("partner-alerts")), next_of(&raised)))
            p.actions { (tables::links("alerts", &[("state", state)])) }
        }
        h2 { (viewer.say("alert-rules")) }
        @if viewer.may(Scope::Routes) {
            p.actions { a.button href="/partner/alerts/new" { (viewer.say("alert-rule-new")) } }
        }
        @if rules.is_empty() { p { (viewer.say("alert-rules-empty")) } } @else {
            (rules.shown())
            (pager_of(&viewer, (RULES_AFTER, &viewer.say("alert-rules")), next_of(&armed)))
        }
    };
    Ok(partner_page(&viewer, &viewer.say("partner-alerts"), content))
}

fn alerts_table(viewer: &Viewer) -> Table {
    Table::new(viewer.say("partner-alerts"))
        .column(viewer.say("alert-rule"))
        .column(viewer.say("alert-where"))
        .column(viewer.say("alert-what"))
        .column(viewer.say("alert-limit"))
        .column(viewer.say("alert-since"))
        .column(viewer.say("alert-state"))
}

fn rules_table(viewer: &Viewer) -> Table {
    Table::new(viewer.say("alert-rules"))
        .column(viewer.say("alert-rule"))
        .column(viewer.say("alert-when"))
        .column(viewer.say("alert-state"))
}

fn alert_row(viewer: &Viewer, alert: &Json) -> Vec<Markup> {
    let group = text(alert, "/group");
    let (what, limit) = what_and_limit(viewer, alert);
    vec![
        html! { (text(alert, "/rule")) br; span.small { (group) } },
        place(alert),
        html! { (what) },
        html! { (limit) },
        moment_or_dash(viewer, alert, "/since"),
        state(viewer, alert),
    ]
}

/// The state of an alert: over, looked after by somebody, or the way to say so.
fn state(viewer: &Viewer, alert: &Json) -> Markup {
    let by = optional(alert, "/acknowledged/by");
    let (group, id) = (text(alert, "/group"), text(alert, "/id"));
    let action = format!("{PATH}/{}/{}/acknowledge", path_part(&group), path_part(&id));
    html! {
        @if optional(alert, "/endedAt").is_some() {
            (badge(Tone::Good, &viewer.say("alert-over")))
            " " (moment_or_dash(viewer, alert, "/endedAt"))
        } @else {
            (badge(Tone::Bad, &viewer.say("alert-open")))
        }
        @if let Some(by) = by {
            br; span.small { (viewer.say("alert-looked-after")) " " (by) }
        } @else if optional(alert, "/endedAt").is_none() && viewer.may(Scope::Routes) {
            " " (button_form(viewer, &action, &viewer.say("alert-acknowledge"), false))
        }
        (commanded(viewer, alert))
    }
}

/// The end of the command that an alert has ordered: the way to it, or why none was sent.
fn commanded(viewer: &Viewer, alert: &Json) -> Markup {
    let Some(device) = optional(alert, "/commanded/device") else { return html! {} };
    html! {
        div.small {
            @match optional(alert, "/commanded/command") {
                Some(id) => {
                    a href=(format!("/partner/commands/{}", path_part(id))) { (viewer.say("alert-commanded")) }
                }
                None => {
                    (badge(Tone::Warning, &viewer.say("alert-not-commanded")))
                    " " (not_commanded(viewer, alert).shown())
                }
            }
            " " a href=(format!("/partner/objects/{device}")) { code { (device) } }
        }
    }
}

/// The words about why the command of an alert was not sent.
fn not_commanded(viewer: &Viewer, alert: &Json) -> Told {
    let (code, words) = (text(alert, "/commanded/code"), text(alert, "/commanded/problem"));
    Told::of_refusal(viewer.language(), &code, words)
}

fn rule_row(viewer: &Viewer, rule: &Json) -> Vec<Markup> {
    let is_paused = rule.get("paused").and_then(Json::as_bool).unwrap_or_default();
    let (tone, key) = match is_paused {
        true => (Tone::Plain, "alert-rule-paused"),
        false => (Tone::Good, "alert-rule-armed"),
    };
    let (group, name) = (text(rule, "/group"), text(rule, "/name"));
    vec![
        html! { a href=(own(&group, &name)) { (name) } br; span.small { (group) } },
        html! { (in_words(viewer, &rule["when"])) },
        badge(tone, &viewer.say(key)),
    ]
}

async fn acknowledge(
    viewer: Viewer,
    Path((group, id)): Path<(String, String)>,
    _: Submission,
) -> Result<Response, Problem> {
    let path = format!("/v1/alerts/{}/acknowledge", path_part(&id));
    let path = address(&path, &[("group", &group)]);
    viewer.send(Method::POST, &path, Some(&json!({}))).await?;
    Ok(viewer.done(PATH, "done-alert-acknowledged"))
}
