//! The page of one route: its state, its last attempts, a test, and its changes.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    definition::{fault_of, patch},
    list::{kind, state},
    new::{content_of, recipient_of},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{address, items, moment, optional, path_part, text},
        layout::Page,
        partner::frame::{confirmed_form, dash, partner_page, shown_once},
        parts::{
            badge::badge,
            code::pretty,
            form::{Fault, Field, Kind, button_form, form, submit},
            notice::{Tone, notice},
            table::Table,
        },
        submission::Submission,
        told::Told,
        viewer::Viewer,
    },
    sentence::handovers,
    service::Service,
};

/// Attempts that are shown.
const ATTEMPTS: &str = "20";

/// The group and the name of a route.
type Key = (String, String);

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/partner/routes/{group}/{name}", get(show).post(change))
        .route("/partner/routes/{group}/{name}/test", post(test))
        .route("/partner/routes/{group}/{name}/pause", post(pause))
        .route("/partner/routes/{group}/{name}/resume", post(resume))
        .route("/partner/routes/{group}/{name}/rotate", post(rotate))
        .route("/partner/routes/{group}/{name}/remove", post(remove))
}

/// The path of a route in the interface, and of what is below it.
fn asked((group, name): &Key, below: &str, more: &[(&str, &str)]) -> String {
    let path = format!("/v1/routes/{}{below}", path_part(name));
    let pairs: Vec<(&str, &str)> =
        [("group", group.as_str())].into_iter().chain(more.iter().copied()).collect();
    address(&path, &pairs)
}

/// The path of the page of a route.
fn own((group, name): &Key) -> String {
    format!("/partner/routes/{}/{}", path_part(group), path_part(name))
}

async fn show(viewer: Viewer, Path(key): Path<Key>) -> Result<Page, Problem> {
    route_page(&viewer, &key, None, &Fault::none()).await
}

async fn change(
    viewer: Viewer,
    Path(key): Path<Key>,
    submission: Submission,
) -> Result<Response, Problem> {
    let changed =
        viewer.send(Method::PATCH, &asked(&key, "", &[]), Some(&patch(&submission))).await;
    match changed {
        Ok(_) => Ok(viewer.done(&own(&key), "done-route-changed")),
        Err(problem) => {
            let fault = fault_of(&problem);
            let page = route_page(&viewer, &key, Some(&submission), &fault).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

async fn test(
    viewer: Viewer,
    Path(key): Path<Key>,
    submission: Submission,
) -> Result<Page, Problem> {
    let latest = if submission.is_ticked("latest") { "latest" } else { "" };
    let path = asked(&key, "/test", &[("record", latest)]);
    let attempt = viewer.send(Method::POST, &path, None).await?;
    let content = html! {
        (tested(&viewer, &attempt))
        p.actions { a.button href=(own(&key)) { (viewer.say("route-go-on")) } }
    };
    Ok(partner_page(&viewer, &viewer.say("route-test"), content))
}

/// The outcome of a test of a route.
fn tested(viewer: &Viewer, attempt: &Json) -> Markup {
    let has_worked = text(attempt, "/outcome") == "taken";
    let (tone, key) = match has_worked {
        true => (Tone::Good, viewer.say("route-test-worked")),
        false => (Tone::Bad, viewer.say("route-test-failed")),
    };
    html! {
        (notice(tone, html! { p.title { (key) } p { (reason(viewer, attempt)) } }))
        dl.facts.card {
            dt { (viewer.say("attempt-outcome")) }
            dd { (viewer.say_word("outcome", &text(attempt, "/outcome"))) " " (text(attempt, "/status")) }
            dt { (viewer.say("attempt-time")) }
            dd { (text(attempt, "/milliseconds")) " ms" }
        }
    }
}

async fn pause(viewer: Viewer, Path(key): Path<Key>, _: Submission) -> Result<Response, Problem> {
    viewer.send(Method::POST, &asked(&key, "/pause", &[]), None).await?;
    Ok(viewer.done(&own(&key), "done-route-paused"))
}

async fn resume(viewer: Viewer, Path(key): Path<Key>, _: Submission) -> Result<Response, Problem> {
    viewer.send(Method::POST, &asked(&key, "/resume", &[]), None).await?;
    Ok(viewer.done(&own(&key), "done-route-resumed"))
}

async fn rotate(viewer: Viewer, Path(key): Path<Key>, _: Submission) -> Result<Page, Problem> {
    let path = asked(&key, "/secrets/rotate", &[]);
    let made = viewer.send(Method::POST, &path, Some(&json!({}))).await?;
    let secret = text(&made, "/signingSecret");
    let content = html! {
        (shown_once(&viewer, &viewer.say("route-secret"), &secret))
        p { (viewer.say("route-rotated")) }
        p.actions { a.button href=(own(&key)) { (viewer.say("route-go-on")) } }
    };
    Ok(partner_page(&viewer, &viewer.say("route-rotate"), content))
}

async fn remove(viewer: Viewer, Path(key): Path<Key>, _: Submission) -> Result<Response, Problem> {
    viewer.send(Method::DELETE, &asked(&key, "", &[]), None).await?;
    Ok(viewer.done("/partner/routes", "done-route-removed"))
}

async fn route_page(
    viewer: &Viewer,
    key: &Key,
    sent: Option<&Submission>,
    fault: &Fault,
) -> Result<Page, Problem> {
    let route = viewer.get(&asked(key, "", &[])).await?;
    let attempts = viewer.get(&asked(key, "/attempts", &[("limit", ATTEMPTS)])).await?;
    let own_fields = fields(&route);
    let filled = sent.unwrap_or(&own_fields);
    let content = html! {
        (figures(viewer, &route))
        @if viewer.may(Scope::Routes) { (actions(viewer, key, &route)) }
        section { h2 { (viewer.say("attempts-caption")) } (attempts_table(viewer, items(&attempts, "/attempts"))) }
        @if viewer.may(Scope::Routes) {
            section.card { h2 { (viewer.say("route-change")) } (change_form(viewer, key, &route, (filled, fault))) }
            section.card {
                h2 { (viewer.say("route-remove")) }
                p { (viewer.say("route-remove-advice")) }
                (confirmed_form(viewer, &format!("{}/remove", own(key)), &viewer.say("route-remove"), &viewer.say("sure")))
            }
        }
        details {
            summary { (viewer.say("route-definition")) }
            (pretty(&route))
        }
    };
    let (group, name) = key;
    Ok(partner_page(viewer, &format!("{group} › {name}"), content))
}

fn figures(viewer: &Viewer, route: &Json) -> Markup {
    let figure = |label: String, value: Markup| html! { div { dt { (label) } dd { (value) } } };
    let number = |pointer: &str| html! { (text(route, pointer)) };
    html! {
        p.lead { (state(viewer, route)) " " (viewer.say_word("route-kind", kind(route))) }
        @if optional(route, "/status/why").is_some() {
            @let told = Told::of_route(viewer, &route["status"]);
            (notice(Tone::Warning, html! { p { (told.shown()) } }))
        }
        dl.figures {
            (figure(viewer.say("route-waiting"), number("/status/waiting")))
            (figure(viewer.say("route-delivered"), number("/status/delivered")))
            (figure(viewer.say("route-expired"), number("/status/expired")))
            @if let Some(at) = moment(route, "/status/oldestWaiting") {
                (figure(viewer.say("route-oldest"), viewer.moment(at)))
            }
            @if let Some(at) = moment(route, "/status/nextFile") {
                (figure(viewer.say("route-next-file"), viewer.moment(at)))
            }
        }
    }
}

fn actions(viewer: &Viewer, key: &Key, route: &Json) -> Markup {
    let way = |below: &str| format!("{}/{below}", own(key));
    let is_paused = ["paused", "stopped"].contains(&text(route, "/status/state").as_str());
    let kind = kind(route);
    html! {
        div.actions {
            @if kind != "pull" {
                (button_form(viewer, &way("test"), &viewer.say("route-test"), false))
            }
            @if is_paused {
                (button_form(viewer, &way("resume"), &viewer.say("route-resume"), false))
            } @else {
                (button_form(viewer, &way("pause"), &viewer.say("route-pause"), false))
            }
            @if kind == "http" {
                (button_form(viewer, &way("rotate"), &viewer.say("route-rotate"), false))
            }
        }
    }
}

/// The reason for which an attempt failed.
fn reason(viewer: &Viewer, attempt: &Json) -> Markup {
    let sentence = handovers::of_attempt(attempt);
    Told::in_short(viewer.language(), sentence, text(attempt, "/message")).shown()
}

fn attempts_table(viewer: &Viewer, attempts: &[Json]) -> Markup {
    let mut table = Table::new(viewer.say("attempts-caption"))
        .column(viewer.say("attempt-at"))
        .column(viewer.say("attempt-outcome"))
        .numbers(viewer.say("attempt-count"))
        .numbers(viewer.say("attempt-time"))
        .column(viewer.say("reason"));
    for attempt in attempts {
        let outcome = text(attempt, "/outcome");
        let tone = if outcome == "taken" { Tone::Good } else { Tone::Bad };
        table.row(vec![
            moment(attempt, "/at").map_or_else(dash, |at| viewer.moment(at)),
            html! { (badge(tone, &viewer.say_word("outcome", &outcome))) " " (text(attempt, "/status")) },
            html! { (text(attempt, "/count")) },
            html! { (text(attempt, "/milliseconds")) " ms" },
            reason(viewer, attempt),
        ]);
    }
    html! { @if table.is_empty() { p { (viewer.say("attempts-none")) } } @else { (table.shown()) } }
}

fn change_form(
    viewer: &Viewer,
    key: &Key,
    route: &Json,
    (filled, fault): (&Submission, &Fault),
) -> Markup {
    let kind = kind(route);
    form(
        viewer,
        &own(key),
        fault,
        html! {
            @if ["mqtt", "postgres"].contains(&kind) {
                input type="hidden" name="kind" value=(kind);
                p.hint { (viewer.say("route-password-stays")) }
                (recipient_of(viewer, kind, filled, fault))
            }
            @if kind == "http" {
                (Field::new("url", viewer.say_word("route-field", "url")).kind(Kind::Line("url"))
                    .value(filled.text("url")).fault(fault).required().shown())
            }
            (content_of(viewer, filled, fault))
            (submit(&viewer.say("save")))
        },
    )
}

/// The fields of a route that its form can change.
fn fields(route: &Json) -> Submission {
    let list = |pointer: &str| {
        let words = items(route, pointer).iter().filter_map(Json::as_str);
        words.collect::<Vec<_>>().join(", ")
    };
    let kind = kind(route);
    let of_recipient = |name: &str| text(route, &format!("/to/{kind}/{name}"));
    let said = [
        ("kind", kind.to_owned()),
        ("url", of_recipient("url")),
        ("user", of_recipient("user")),
        ("topic", of_recipient("topic")),
        ("schema", of_recipient("schema")),
        ("batch", of_recipient("batch")),
        ("description", text(route, "/description")),
        ("shape", text(route, "/shape")),
        ("timeZone", text(route, "/timeZone")),
        ("subGroups", list("/filter/subGroups")),
        ("useCases", list("/filter/useCases")),
        ("expression", text(route, "/filter/expression")),
        ("onlyNew", text(route, "/onlyNew")),
    ];
    let said = said.into_iter().filter(|(_, value)| !value.is_empty());
    Submission::of_fields(said.map(|(name, value)| (name.to_owned(), value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_asked_for_by_its_group_and_name() {
        let key = ("water".to_owned(), "all".to_owned());
        assert_eq!(asked(&key, "/test", &[("record", "")]), "/v1/routes/all/test?group=water");
        assert_eq!(own(&key), "/partner/routes/water/all");
    }

    #[test]
    fn the_form_of_a_route_that_is_left_alone_changes_nothing() {
        let route = json!({
            "description": "all", "shape": "decoded", "filter": { "subGroups": ["north", "south"] },
            "to": { "http": { "url": "https://a.example/x" } }, "onlyNew": true,
        });
        let patch = patch(&fields(&route));
        assert_eq!(patch["filter"]["subGroups"], json!(["north", "south"]));
        assert_eq!(patch["to"]["http"]["url"], "https://a.example/x");
        assert_eq!((&patch["shape"], &patch["onlyNew"]), (&json!("decoded"), &json!(true)));
    }

    #[test]
    fn a_broker_and_a_database_that_are_left_alone_stay() {
        for to in [
            json!({ "mqtt": { "url": "mqtts://b.example", "topic": "city/{port}", "user": "ada" } }),
            json!({ "postgres": {
                "url": "postgres://db.example/town", "user": "ada", "schema": "sensors", "batch": 50,
            } }),
        ] {
            let route = json!({ "to": to });
            assert_eq!(patch(&fields(&route))["to"], to);
        }
    }
}
