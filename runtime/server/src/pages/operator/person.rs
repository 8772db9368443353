//! One person: the grants with their last use, the invitation, and the suspension of the account.

use axum::{
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    grants::grant_buttons,
    invitation::invitation,
    people::{LIST, full_name, grant_fields, granted, state},
    places, sections,
    values::{by, facts, moment_at},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{items, path_part, text},
        layout::Page,
        parts::{
            form::{Fault, button_form, form, submit},
            notice::{Tone, notice},
            table::Table,
        },
        submission::Submission,
        viewer::Viewer,
    },
};

/// The parts of a person's page that the interface does not say: a form that was sent, and the outcome of an act.
struct Shown<'of> {
    sent: &'of Submission,
    fault: Fault,
    outcome: Markup,
}

pub(super) async fn show(viewer: Viewer, Path(id): Path<String>) -> Result<Page, Problem> {
    let nothing = Submission::default();
    let shown = Shown { sent: &nothing, fault: Fault::none(), outcome: html! {} };
    page(&viewer, &id, shown).await
}

fn path_of(id: &str) -> String {
    format!("/v1/people/{}", path_part(id))
}

fn page_of(id: &str) -> String {
    format!("{LIST}/{}", path_part(id))
}

async fn page(viewer: &Viewer, id: &str, shown: Shown<'_>) -> Result<Page, Problem> {
    let person = viewer.get(&path_of(id)).await?;
    let may_change = viewer.may(Scope::People);
    let places = places::suggested(viewer).await;
    let content = html! {
        (shown.outcome)
        (facts([
            (viewer.say("operator-people-email"), html! { (text(&person, "/email")) }),
            (viewer.say("operator-people-home"), html! { (viewer.place(&text(&person, "/home"))) }),
            (viewer.say("operator-state"), state(viewer, &person)),
            (viewer.say("operator-tokens-made"), moment_at(viewer, &person, "/createdAt")),
        ]))
        @if may_change { (acts(viewer, id, &person)) }
        h2 { (viewer.say("operator-people-grants")) }
        (grants(viewer, id, &person))
        @if may_change {
            h2 { (viewer.say("operator-people-grant")) }
            (form(viewer, &format!("{}/grants", page_of(id)), &shown.fault, html! {
                (grant_fields(viewer, (shown.sent, &shown.fault), places))
                (submit(&viewer.say("operator-people-grant")))
            }))
        }
    };
    Ok(sections::page(viewer, &full_name(&person), content))
}

fn acts(viewer: &Viewer, id: &str, person: &Json) -> Markup {
    let act = |word: &str| format!("{}/{word}", page_of(id));
    html! {
        p { (viewer.say("operator-people-suspend-advice")) }
        div.actions {
            @if person.get("suspendedAt").is_some() {
                (button_form(viewer, &act("resume"), &viewer.say("operator-people-resume"), false))
            } @else {
                (button_form(viewer, &act("invite"), &viewer.say("operator-people-invite"), false))
                (button_form(viewer, &act("suspend"), &viewer.say("operator-people-suspend"), true))
            }
            (button_form(viewer, &act("second-factor"), &viewer.say("operator-people-second-factor"), true))
        }
    }
}

fn grants(viewer: &Viewer, id: &str, person: &Json) -> Markup {
    let mut table = Table::new(viewer.say("operator-people-grants"))
        .column(viewer.say("operator-people-role"))
        .column(viewer.say("operator-grants-granted"))
        .column(viewer.say("operator-grants-last-used"))
        .column(viewer.say("operator-grants-confirmed"))
        .column(viewer.say("operator-actions"));
    for grant in items(person, "/grants") {
        table.row(vec![
            html! { (granted(viewer, grant)) },
            html! { (moment_at(viewer, grant, "/grantedAt")) (by(viewer, &text(grant, "/grantedBy"))) },
            moment_at(viewer, grant, "/lastUsedAt"),
            moment_at(viewer, grant, "/confirmedAt"),
            grant_buttons(viewer, id, grant),
        ]);
    }
    html! {
        @if table.is_empty() {
            p { (viewer.say("operator-none")) }
        } @else {
            (table.shown())
        }
    }
}

/// Makes an invitation, and shows its link where it was not mailed.
pub(super) async fn invite(
    viewer: Viewer,
    Path(id): Path<String>,
    sent: Submission,
) -> Result<Page, Problem> {
    let made = viewer.send(Method::POST, &format!("{}/invitation", path_of(&id)), None).await?;
    let outcome = notice(Tone::Good, invitation(&viewer, &made));
    page(&viewer, &id, Shown { sent: &sent, fault: Fault::none(), outcome }).await
}

pub(super) async fn grant(
    viewer: Viewer,
    Path(id): Path<String>,
    sent: Submission,
) -> Result<Response, Problem> {
    let body = json!({ "role": sent.text("role"), "scope": sent.text("scope") });
    let path = format!("{}/grants", path_of(&id));
    match viewer.send(Method::POST, &path, Some(&body)).await {
        Ok(_) => Ok(viewer.done(&page_of(&id), "done-operator-granted")),
        Err(problem) => {
            let shown = Shown { sent: &sent, fault: Fault::of(&problem), outcome: html! {} };
            let page = page(&viewer, &id, shown).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

/// Suspends a person, puts the grants in force again, or removes the second factor.
pub(super) async fn act(
    viewer: Viewer,
    Path((id, act)): Path<(String, String)>,
    _: Submission,
) -> Result<Response, Problem> {
    let (method, done) = match act.as_str() {
        "suspend" => (Method::POST, "done-operator-suspended"),
        "resume" => (Method::POST, "done-operator-resumed"),
        "second-factor" => (Method::DELETE, "done-operator-second-factor"),
        _ => {
            let detail = format!("a person can be suspended or resumed, and not: {act}");
            return Err(Problem::not_found("no-such-path", detail));
        }
    };
    viewer.send(method, &format!("{}/{act}", path_of(&id)), None).await?;
    Ok(viewer.done(&page_of(&id), done))
}
