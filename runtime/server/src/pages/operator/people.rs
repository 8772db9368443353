//! All people with their grants, and a new one.

use axum::{
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{places, sections, values::part_of};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{items, next_of, text},
        layout::Page,
        parts::{
            badge::badge,
            empty::empty,
            form::{Fault, Field, Kind, form, submit},
            notice::Tone,
            pager::pager,
            table::Table,
        },
        submission::Submission,
        viewer::Viewer,
    },
};

/// The path of the list, to which the form is sent as well.
pub(super) const LIST: &str = "/operator/people";

/// The roles that are granted, the least first.
const ROLES: [&str; 6] = ["reader", "operator", "owner", "publisher", "auditor", "admin"];

pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    page(&viewer, &Submission::default(), &Fault::none()).await
}

async fn page(viewer: &Viewer, sent: &Submission, fault: &Fault) -> Result<Page, Problem> {
    let list = viewer.get(&part_of(viewer, "/v1/people", &[])).await?;
    let places = places::suggested(viewer).await;
    let content = html! {
        p.lead { (viewer.say("operator-people-lead")) }
        (table(viewer, &list))
        (pager(viewer, next_of(&list)))
        @if viewer.may(Scope::People) {
            (adding(viewer, (sent, fault), places))
        }
    };
    Ok(sections::page(viewer, &viewer.say("operator-people-title"), content))
}

fn table(viewer: &Viewer, list: &Json) -> Markup {
    let mut table = Table::new(viewer.say("operator-people-title"))
        .column(viewer.say("operator-people-person"))
        .column(viewer.say("operator-people-email"))
        .column(viewer.say("operator-people-home"))
        .column(viewer.say("operator-people-grants"))
        .column(viewer.say("operator-state"));
    for person in items(list, "/people") {
        table.row(vec![
            html! { a href={ (LIST) "/" (text(person, "/id")) } { (full_name(person)) } },
            html! { (text(person, "/email")) },
            html! { (viewer.place(&text(person, "/home"))) },
            html! {
                ul.tags {
                    @for grant in items(person, "/grants") { li { (granted(viewer, grant)) } }
                }
            },
            state(viewer, person),
        ]);
    }
    if table.is_empty() {
        return empty(
            &viewer.say("operator-people-none"),
            &viewer.say("operator-step-admin-how"),
            None,
        );
    }
    table.shown()
}

/// The first name and the name of a person.
pub(super) fn full_name(person: &Json) -> String {
    format!("{} {}", text(person, "/firstName"), text(person, "/name"))
}

/// A grant in words: the role and its scope.
pub(super) fn granted(viewer: &Viewer, grant: &Json) -> String {
    format!(
        "{} · {}",
        viewer.say_word("role", &text(grant, "/role")),
        viewer.place(&text(grant, "/scope"))
    )
}

/// Whether a person may do what the grants say.
pub(super) fn state(viewer: &Viewer, person: &Json) -> Markup {
    match person.get("suspendedAt") {
        Some(_) => badge(Tone::Bad, &viewer.say("operator-people-suspended")),
        None => badge(Tone::Good, &viewer.say("operator-people-active")),
    }
}

/// The fields of a grant: the role and its scope.
pub(super) fn grant_fields(
    viewer: &Viewer,
    (sent, fault): (&Submission, &Fault),
    places: Vec<(String, String)>,
) -> Markup {
    let roles = ROLES.map(|role| (role.to_owned(), viewer.say_word("role", role))).to_vec();
    html! {
        (Field::new("role", viewer.say("operator-people-role")).kind(Kind::Choice(roles))
            .value(sent.text("role")).fault(fault).shown())
        (Field::new("scope", viewer.say("operator-people-scope")).value(sent.text("scope"))
            .hint(viewer.say("operator-people-scope-hint")).suggesting(places).fault(fault).required().shown())
    }
}

fn adding(
    viewer: &Viewer,
    (sent, fault): (&Submission, &Fault),
    places: Vec<(String, String)>,
) -> Markup {
    let field = |name: &'static str, label: String, kind: Kind| {
        Field::new(name, label).kind(kind).value(sent.text(name)).fault(fault).required().shown()
    };
    let fields = html! {
        (field("firstName", viewer.say("operator-people-first-name"), Kind::Line("text")))
        (field("name", viewer.say("operator-name"), Kind::Line("text")))
        (field("email", viewer.say("operator-people-email"), Kind::Line("email")))
        (grant_fields(viewer, (sent, fault), places))
        (submit(&viewer.say("operator-people-add")))
    };
    html! {
        h2 { (viewer.say("operator-people-add")) }
        (form(viewer, LIST, fault, fields))
    }
}

pub(super) async fn add(viewer: Viewer, sent: Submission) -> Result<Response, Problem> {
    let body = json!({
        "name": sent.text("name"),
        "firstName": sent.text("firstName"),
        "email": sent.text("email"),
        "grants": [{ "role": sent.text("role"), "scope": sent.text("scope") }],
    });
    match viewer.send(Method::POST, "/v1/people", Some(&body)).await {
        Ok(added) => {
            let page = format!("{LIST}/{}", text(&added, "/id"));
            Ok(viewer.done(&page, "done-operator-person-added"))
        }
        Err(problem) => {
            let page = page(&viewer, &sent, &Fault::of(&problem)).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}
