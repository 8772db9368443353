//! The list of people, and the form by which one more is invited.

use std::sync::Arc;

use axum::{
    Router,
    http::Method,
    response::{IntoResponse, Response},
    routing::get,
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{address, items, optional, text},
        layout::Page,
        partner::{
            frame::{partner_page, shown_once},
            groups,
        },
        parts::{
            badge::badge,
            empty::empty,
            form::{Fault, Field, Kind, form, submit},
            notice::{Tone, notice},
            pager::pager,
            table::Table,
        },
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

/// The roles that people of a partner have.
pub(super) const ROLES: [&str; 3] = ["reader", "operator", "owner"];

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/partner/people", get(list).post(add))
}

async fn list(viewer: Viewer) -> Result<Page, Problem> {
    people_page(&viewer, &Submission::default(), &Fault::none()).await
}

async fn add(viewer: Viewer, submission: Submission) -> Result<Response, Problem> {
    let wanted = json!({
        "name": submission.text("name"),
        "firstName": submission.text("firstName"),
        "email": submission.text("email"),
        "grants": [{ "scope": submission.text("scope"), "role": submission.text("role") }],
    });
    match viewer.send(Method::POST, "/v1/people", Some(&wanted)).await {
        Ok(person) => Ok(invited(&viewer, &text(&person, "/id")).await?.into_response()),
        Err(problem) => {
            let fault = fault_of(&problem);
            let page = people_page(&viewer, &submission, &fault).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

/// The fault of a form about a person, at the field that the problem is about.
pub(super) fn fault_of(problem: &Problem) -> Fault {
    let field = match problem.code() {
        "email-taken" => Some("email"),
        "invalid-role" => Some("role"),
        "outside-home" | "already-granted" | "unknown-partner" => Some("scope"),
        _ => None,
    };
    match field {
        Some(field) => Fault::at_field(problem, field),
        None => Fault::of(problem).renamed(|path| {
            let of_grant = path.rsplit_once('.').filter(|_| path.starts_with("grants"));
            of_grant.map(|(_, member)| member.to_owned())
        }),
    }
}

/// Makes a link by which a person chooses a password, and gives the page that shows it or says that it was mailed.
pub(super) async fn invited(viewer: &Viewer, person: &str) -> Result<Page, Problem> {
    let path = format!("/v1/people/{person}/invitation");
    let invitation = viewer.send(Method::POST, &path, None).await?;
    let content = html! {
        @match (optional(&invitation, "/mailedTo"), optional(&invitation, "/link")) {
            (Some(email), _) => (notice(Tone::Good, html! {
                p { (viewer.say_with("invitation-mailed", [("email", email.into())])) }
            })),
            (None, link) => (shown_once(viewer, &viewer.say("invitation-link"), link.unwrap_or_default())),
        }
        p.actions { a.button href=(format!("/partner/people/{person}")) { (viewer.say("person-go-on")) } }
    };
    Ok(partner_page(viewer, &viewer.say("invitation-title"), content))
}

async fn people_page(
    viewer: &Viewer,
    submission: &Submission,
    fault: &Fault,
) -> Result<Page, Problem> {
    let after = viewer.parameter("after").unwrap_or_default();
    let found = viewer.get(&address("/v1/people", &[("limit", "100"), ("after", &after)])).await?;
    let more = found.get("more").and_then(Json::as_bool).unwrap_or_default();
    let next = text(&found, "/next");
    let mut table = Table::new(viewer.say("partner-people"))
        .column(viewer.say("person"))
        .column(viewer.say("person-email"))
        .column(viewer.say("person-grants"))
        .column(viewer.say("person-state"));
    for person in items(&found, "/people") {
        table.row(row(viewer, person));
    }
    let places = groups::places(viewer).await?;
    let content = html! {
        @if table.is_empty() {
            (empty(&viewer.say("people-empty"), &viewer.say("people-empty-advice"), None))
        } @else {
            (table.shown())
            (pager(viewer, Some(next.as_str()).filter(|_| more)))
        }
        @if viewer.may(Scope::People) {
            section.card {
                h2 { (viewer.say("person-invite")) }
                (invite_form(viewer, &places, submission, fault))
            }
        }
    };
    Ok(partner_page(viewer, &viewer.say("partner-people"), content))
}

fn row(viewer: &Viewer, person: &Json) -> Vec<Markup> {
    let link = format!("/partner/people/{}", text(person, "/id"));
    let name = format!("{} {}", text(person, "/firstName"), text(person, "/name"));
    vec![
        html! { a href=(link) { (name) } },
        html! { (text(person, "/email")) },
        html! {
            ul.tags {
                @for grant in items(person, "/grants") {
                    li { (viewer.say_word("role", &text(grant, "/role"))) " · " (viewer.place(&text(grant, "/scope"))) }
                }
            }
        },
        standing(viewer, person),
    ]
}

/// The badge of a person: suspended or not.
pub(super) fn standing(viewer: &Viewer, person: &Json) -> Markup {
    match optional(person, "/suspendedAt") {
        Some(_) => badge(Tone::Bad, &viewer.say("person-suspended")),
        None => badge(Tone::Good, &viewer.say("person-active")),
    }
}

fn invite_form(
    viewer: &Viewer,
    places: &[String],
    submission: &Submission,
    fault: &Fault,
) -> Markup {
    form(
        viewer,
        "/partner/people",
        fault,
        html! {
            (Field::new("firstName", viewer.say("person-first-name")).value(submission.text("firstName"))
                .fault(fault).required().shown())
            (Field::new("name", viewer.say("person-name")).value(submission.text("name")).fault(fault).required().shown())
            (Field::new("email", viewer.say("person-email")).kind(Kind::Line("email"))
                .value(submission.text("email")).fault(fault).required().shown())
            (grant_fields(viewer, places, submission, fault))
            (submit(&viewer.say("person-invite")))
        },
    )
}

/// The fields of a role and its place.
pub(super) fn grant_fields(
    viewer: &Viewer,
    places: &[String],
    submission: &Submission,
    fault: &Fault,
) -> Markup {
    let roles = ROLES.map(|role| (role.to_owned(), viewer.say_word("role", role)));
    html! {
        (Field::new("role", viewer.say("grant-role")).kind(Kind::Choice(roles.to_vec()))
            .value(submission.text("role")).fault(fault).shown())
        (Field::new("scope", viewer.say("grant-scope")).kind(Kind::Choice(groups::choices_of_places(viewer, places)))
            .value(submission.text("scope")).hint(viewer.say("grant-scope-hint")).fault(fault).shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::told::Told;

    #[test]
    fn a_problem_about_a_person_stands_at_its_field() {
        let taken = Problem::conflict("email-taken", "it is taken");
        assert_eq!(fault_of(&taken).at("email"), Some(&Told::of(&taken)));
        let scope = Problem::bad_request("invalid-body", "no").with("path", "grants[0].scope");
        assert_eq!(fault_of(&scope).at("scope"), Some(&Told::of(&scope)));
        let name = Problem::bad_request("invalid-body", "no").with("path", "firstName");
        assert_eq!(fault_of(&name).at("firstName"), Some(&Told::of(&name)));
    }
}
