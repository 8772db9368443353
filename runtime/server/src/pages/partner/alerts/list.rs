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
        partner::{
            frame::{moment_or_dash, partner_page},
            groups,
        },
        parts::{badge::badge, empty::empty, form::button_form, notice::Tone, table::Table},
        submission::Submission,
        tables,
        told::Told,
        viewer::Viewer,
    },
    service::Service,
};

/// The address of the page with all alerts that are kept.
const ALL: &str = "/partner/alerts?state=all";

/// Most groups whose alerts are on the page; an operator of more asks for one.
const MOST_GROUPS: usize = 20;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(PATH, get(list))
        .route("/partner/alerts/{group}/{id}/acknowledge", post(acknowledge))
}

/// The rules of a group, of all pages: one has a few hundred at most.
async fn rules_of(viewer: &Viewer, group: &str) -> Result<Vec<Json>, Problem> {
    let (mut rules, mut after) = (Vec::new(), String::new());
    loop {
        let asked = [("group", group), ("after", after.as_str())];
        let page = viewer.get(&address("/v1/alerts/rules", &asked)).await?;
        rules.extend_from_slice(items(&page, "/rules"));
        match next_of(&page) {
            Some(next) => after = next.to_owned(),
            None => return Ok(rules),
        }
    }
}

async fn list(viewer: Viewer) -> Result<Page, Problem> {
    let is_all = viewer.parameter("state").as_deref() == Some("all");
    let state = if is_all { "all" } else { "open" };
    let (mut alerts, mut rules) = (alerts_table(&viewer), rules_table(&viewer));
    let groups = groups::names(&viewer).await?;
    for group in groups.iter().take(MOST_GROUPS) {
        let pairs = [("group", group.as_str()), ("state", state), ("limit", "100")];
        let found = viewer.get(&address("/v1/alerts", &pairs)).await?;
        let armed = rules_of(&viewer, group).await?;
        for alert in items(&found, "/alerts") {
            alerts.row(alert_row(&viewer, alert));
        }
        armed.iter().for_each(|rule| rules.row(rule_row(&viewer, rule)));
    }
    let (other, key) = if is_all { (PATH, "alerts-open") } else { (ALL, "alerts-all") };
    let content = html! {
        p.actions { a href=(other) { (viewer.say(key)) } }
        @if alerts.is_empty() {
            (empty(&viewer.say("alerts-empty"), &viewer.say("alerts-empty-advice"), None))
        } @else {
            (alerts.shown())
            @for group in groups.iter().take(MOST_GROUPS) {
                p.actions {
                    span.small { (group) }
                    (tables::links("alerts", &[("group", group), ("state", state)]))
                }
            }
        }
        h2 { (viewer.say("alert-rules")) }
        @if viewer.may(Scope::Routes) {
            p.actions { a.button href="/partner/alerts/new" { (viewer.say("alert-rule-new")) } }
        }
        @if rules.is_empty() { p { (viewer.say("alert-rules-empty")) } } @else { (rules.shown()) }
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
