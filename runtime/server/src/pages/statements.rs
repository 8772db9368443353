//! Statements of a day, as a page that is printed and signed.

use std::sync::Arc;

use axum::{
    Router,
    http::Method,
    response::Response,
    routing::{get, post},
};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    clocks::Clocks,
    json::{address, items, moment, optional, path_part, text},
    layout::Page,
    parts::{
        badge::badge,
        empty::empty,
        form::{Field, Kind, button_form},
        notice::{Tone, notice},
        table::Table,
    },
    submission::Submission,
    tables,
    viewer::Viewer,
};
use crate::{api::Problem, auth::Scope, service::Service};

/// The path of the page.
const PATH: &str = "/statements";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route(PATH, get(show)).route("/statements/issue", post(issue))
}

async fn show(viewer: Viewer) -> Result<Page, Problem> {
    let date = viewer.parameter("date").unwrap_or_else(|| first_of_year(&viewer));
    let found = viewer.get(&address("/v1/statements", &[("date", &date)])).await?;
    let statements = items(&found, "/statements");
    let title = viewer.say_with("statements-title", [("date", viewer.day(&date).into())]);
    let content = html! {
        h1 { (title) }
        (choosing(&viewer, &date))
        @if found["isExact"] == false { (inexact(&viewer, &found)) }
        @if statements.is_empty() {
            (empty(&viewer.say("statements-none"), &viewer.say("statements-none-text"), None))
        }
        @for statement in statements { (one(&viewer, &date, statement)) }
        @if statements.len() > 1 { p.actions { (tables::links("statements", &[("date", &date)])) } }
    };
    Ok(viewer.page(title, content))
}

/// The first day of the year, on which objects are declared.
fn first_of_year(viewer: &Viewer) -> String {
    Clocks::of(viewer).today().first_of_year().to_string()
}

/// The choice of a day, and the way to issue; neither is printed.
fn choosing(viewer: &Viewer, date: &str) -> Markup {
    html! {
        form.narrowing.filters method="get" action=(PATH) {
            (Field::new("date", viewer.say("statements-date")).kind(Kind::Line("date"))
                .value(date).required().shown())
            p.actions { button.quiet type="submit" { (viewer.say("statements-show")) } }
        }
        @if viewer.may(Scope::Administer) {
            div.actions {
                (button_form(
                    viewer,
                    &address("/statements/issue", &[("date", date)]),
                    &viewer.say("statements-issue"),
                    true,
                ))
            }
        }
    }
}

fn inexact(viewer: &Viewer, found: &Json) -> Markup {
    let since = moment(found, "/exactSince");
    notice(
        Tone::Plain,
        html! {
            p {
                (viewer.say("statements-inexact")) " "
                @if let Some(since) = since { (viewer.moment(since)) "." }
            }
        },
    )
}

fn one(viewer: &Viewer, date: &str, statement: &Json) -> Markup {
    let partner = text(statement, "/partner");
    let list = format!("/v1/statements/{}/{}/objects", path_part(date), path_part(&partner));
    let file = |form: &str| address(&list, &[("format", form)]);
    let layout = tables::layout_of(viewer).as_str();
    let csv = address(&list, &[("format", "csv"), ("layout", layout)]);
    html! {
        section.card {
            h2 { (name_of(statement)) }
            p.soft.small { code { (partner) } }
            (lines(viewer, statement))
            p {
                strong { (viewer.say("statements-total")) " " (viewer.amount(&text(statement, "/total"))) " "
                    (text(statement, "/currency")) }
                " " (agreement(viewer, statement))
            }
            p.soft.small { (viewer.say("statements-digest")) " " code { (text(statement, "/digest")) } }
            p.actions {
                a.button.quiet href=(csv) { "CSV" }
                a.button.quiet href=(file("xlsx")) { "XLSX" }
                a.button.quiet href=(file("text")) { (viewer.say("statements-text")) }
            }
        }
    }
}

fn lines(viewer: &Viewer, statement: &Json) -> Markup {
    let mut table = Table::new(name_of(statement))
        .column(viewer.say("statements-use-case"))
        .numbers(viewer.say("statements-number"))
        .column(viewer.say("statements-tariff"))
        .numbers(viewer.say("statements-price"))
        .numbers(viewer.say("statements-amount"));
    let none = viewer.say("statements-no-tariff");
    let no_use = viewer.say("statements-no-use-case");
    let cell = |text: &str| html! { (text) };
    for line in items(statement, "/lines") {
        table.row(vec![
            cell(optional(line, "/useCase").unwrap_or(&no_use)),
            cell(&viewer.amount(&text(line, "/objects"))),
            cell(optional(line, "/tariff").unwrap_or(&none)),
            cell(&viewer.amount(&text(line, "/price"))),
            cell(&viewer.amount(&text(line, "/amount"))),
        ]);
    }
    if let Some(line) = statement.get("subscription") {
        let inhabitants = match optional(line, "/inhabitantsFrom") {
            None => viewer.say("statements-inhabitants"),
            Some(from) => {
                viewer.say_with("statements-inhabitants-from", [("date", viewer.day(from).into())])
            }
        };
        table.row(vec![
            cell(&inhabitants),
            cell(&viewer.amount(&text(line, "/counted"))),
            cell(&text(line, "/name")),
            cell(&viewer.amount(&text(line, "/perInhabitant"))),
            cell(&viewer.amount(&text(line, "/amount"))),
        ]);
    }
    table.shown()
}

/// The name of the partner for people.
fn name_of(statement: &Json) -> String {
    optional(statement, "/partnerName").map_or_else(|| text(statement, "/partner"), str::to_owned)
}

/// Whether the statement is the one that was issued.
fn agreement(viewer: &Viewer, statement: &Json) -> Markup {
    match statement.get("agrees").and_then(Json::as_bool) {
        None => badge(Tone::Plain, &viewer.say("statements-not-issued")),
        Some(true) => badge(Tone::Good, &viewer.say("statements-agrees")),
        Some(false) => badge(Tone::Bad, &viewer.say("statements-differs")),
    }
}

async fn issue(viewer: Viewer, _: Submission) -> Result<Response, Problem> {
    let date = viewer.parameter("date").unwrap_or_default();
    viewer.send(Method::POST, &format!("/v1/statements/{}", path_part(&date)), None).await?;
    Ok(viewer.done(&address(PATH, &[("date", &date)]), "done-statements-issued"))
}
