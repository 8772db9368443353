//! The page of one person: the account, the roles, and what can be done with them.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use super::list::{fault_of, grant_fields, invited, standing};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{items, optional, path_part, text},
        layout::Page,
        partner::{
            entered::put,
            frame::{confirmed_form, moment_or_dash, partner_page},
            groups,
        },
        parts::{
            form::{Fault, Field, Kind, button_form, form, submit},
            table::Table,
        },
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

/// The forms of the page, of which one may have a fault.
struct Sent<'of> {
    account: (&'of Submission, &'of Fault),
    grant: (&'of Submission, &'of Fault),
}

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/partner/people/{id}", get(show).post(change))
        .route("/partner/people/{id}/grant", post(grant))
        .route("/partner/people/{id}/revoke/{grant}", post(revoke))
        .route("/partner/people/{id}/invite", post(invite))
        .route("/partner/people/{id}/suspend", post(suspend))
        .route("/partner/people/{id}/resume", post(resume))
        .route("/partner/people/{id}/second-factor", post(remove_second_factor))
}

fn asked(id: &str, below: &str) -> String {
    format!("/v1/people/{}{below}", path_part(id))
}

fn own(id: &str) -> String {
    format!("/partner/people/{}", path_part(id))
}

async fn show(viewer: Viewer, Path(id): Path<String>) -> Result<Page, Problem> {
    let (empty, none) = (Submission::default(), Fault::none());
    person_page(&viewer, &id, Sent { account: (&empty, &none), grant: (&empty, &none) }).await
}

async fn change(
    viewer: Viewer,
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, Problem> {
    let mut changes = Map::new();
    for name in ["firstName", "name", "email"] {
        put(&mut changes, name, submission.filled(name));
    }
    match viewer.send(Method::PATCH, &asked(&id, ""), Some(&Json::Object(changes))).await {
        Ok(_) => Ok(viewer.done(&own(&id), "done-person-changed")),
        Err(problem) => {
            let (empty, none, fault) = (Submission::default(), Fault::none(), fault_of(&problem));
            let sent = Sent { account: (&submission, &fault), grant: (&empty, &none) };
            let page = person_page(&viewer, &id, sent).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

async fn grant(
    viewer: Viewer,
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, Problem> {
    let wanted = json!({ "scope": submission.text("scope"), "role": submission.text("role") });
    match viewer.send(Method::POST, &asked(&id, "/grants"), Some(&wanted)).await {
        Ok(_) => Ok(viewer.done(&own(&id), "done-role-granted")),
        Err(problem) => {
            let (empty, none, fault) = (Submission::default(), Fault::none(), fault_of(&problem));
            let sent = Sent { account: (&empty, &none), grant: (&submission, &fault) };
            let page = person_page(&viewer, &id, sent).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

async fn revoke(
    viewer: Viewer,
    Path((id, grant)): Path<(String, String)>,
    _: Submission,
) -> Result<Response, Problem> {
    let path = asked(&id, &format!("/grants/{}", path_part(&grant)));
    viewer.send(Method::DELETE, &path, None).await?;
    Ok(viewer.done(&own(&id), "done-role-revoked"))
}

async fn invite(viewer: Viewer, Path(id): Path<String>, _: Submission) -> Result<Page, Problem> {
    invited(&viewer, &path_part(&id)).await
}

async fn suspend(
    viewer: Viewer,
    Path(id): Path<String>,
    _: Submission,
) -> Result<Response, Problem> {
    viewer.send(Method::POST, &asked(&id, "/suspend"), None).await?;
    Ok(viewer.done(&own(&id), "done-person-suspended"))
}

async fn resume(
    viewer: Viewer,
    Path(id): Path<String>,
    _: Submission,
) -> Result<Response, Problem> {
    viewer.send(Method::POST, &asked(&id, "/resume"), None).await?;
    Ok(viewer.done(&own(&id), "done-person-resumed"))
}

async fn remove_second_factor(
    viewer: Viewer,
    Path(id): Path<String>,
    _: Submission,
) -> Result<Response, Problem> {
    viewer.send(Method::DELETE, &asked(&id, "/second-factor"), None).await?;
    Ok(viewer.done(&own(&id), "done-second-factor-removed"))
}

async fn person_page(viewer: &Viewer, id: &str, sent: Sent<'_>) -> Result<Page, Problem> {
    let person = viewer.get(&asked(id, "")).await?;
    let places = groups::places(viewer).await?;
    let name = format!("{} {}", text(&person, "/firstName"), text(&person, "/name"));
    let may = viewer.may(Scope::People);
    let content = html! {
        p { a href="/partner/people" { (viewer.say("partner-people")) } }
        p.lead { (standing(viewer, &person)) " " (text(&person, "/email")) }
        section { h2 { (viewer.say("person-grants")) } (grants(viewer, id, &person, may)) }
        @if may {
            div.halves {
                section.card {
                    h2 { (viewer.say("grant-add")) }
                    (form(viewer, &format!("{}/grant", own(id)), sent.grant.1, html! {
                        (grant_fields(viewer, &places, sent.grant.0, sent.grant.1))
                        (submit(&viewer.say("grant-add")))
                    }))
                }
                section.card {
                    h2 { (viewer.say("person-correct")) }
                    (account_form(viewer, id, &person, sent.account))
                }
            }
            (acts(viewer, id, &person))
        }
    };
    Ok(partner_page(viewer, &name, content))
}

fn grants(viewer: &Viewer, id: &str, person: &Json, may: bool) -> Markup {
    let mut table = Table::new(viewer.say("person-grants"))
        .column(viewer.say("grant-role"))
        .column(viewer.say("grant-scope"))
        .column(viewer.say("grant-at"))
        .column(viewer.say("last-used"))
        .column(viewer.say("grant-end"));
    for grant in items(person, "/grants") {
        let action = format!("{}/revoke/{}", own(id), text(grant, "/id"));
        table.row(vec![
            html! { (viewer.say_word("role", &text(grant, "/role"))) },
            html! { (viewer.place(&text(grant, "/scope"))) },
            html! { (moment_or_dash(viewer, grant, "/grantedAt")) br; span.soft.small { (text(grant, "/grantedBy")) } },
            moment_or_dash(viewer, grant, "/lastUsedAt"),
            html! { @if may { (button_form(viewer, &action, &viewer.say("grant-revoke"), true)) } },
        ]);
    }
    html! { @if table.is_empty() { p { (viewer.say("grants-none")) } } @else { (table.shown()) } }
}

fn account_form(
    viewer: &Viewer,
    id: &str,
    person: &Json,
    (submission, fault): (&Submission, &Fault),
) -> Markup {
    let value = |name: &str| match submission.field(name) {
        Some(entered) => entered.to_owned(),
        None => text(person, &format!("/{name}")),
    };
    form(
        viewer,
        &own(id),
        fault,
        html! {
            (Field::new("firstName", viewer.say("person-first-name")).value(value("firstName")).fault(fault).shown())
            (Field::new("name", viewer.say("person-name")).value(value("name")).fault(fault).shown())
            (Field::new("email", viewer.say("person-email")).kind(Kind::Line("email")).value(value("email"))
                .fault(fault).shown())
            (submit(&viewer.say("save")))
        },
    )
}

/// The acts that an account lets one do: invited anew, suspended or resumed.
fn acts(viewer: &Viewer, id: &str, person: &Json) -> Markup {
    let way = |below: &str| format!("{}/{below}", own(id));
    let is_suspended = optional(person, "/suspendedAt").is_some();
    html! {
        section.card {
            h2 { (viewer.say("person-account")) }
            p { (viewer.say("person-account-advice")) }
            div.actions {
                // No link is made for somebody who is suspended.
                @if !is_suspended {
                    (button_form(viewer, &way("invite"), &viewer.say("person-invite-again"), false))
                }
                (button_form(viewer, &way("second-factor"), &viewer.say("second-factor-remove"), true))
            }
            @if is_suspended {
                (button_form(viewer, &way("resume"), &viewer.say("person-resume"), false))
            } @else {
                (confirmed_form(viewer, &way("suspend"), &viewer.say("person-suspend"), &viewer.say("sure")))
            }
        }
    }
}
