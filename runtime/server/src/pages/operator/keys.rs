//! Publishers: the keys that may sign packages, each with its vendors, and the registry's own key.

use axum::{
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    sections,
    values::{facts, names, part_of, words_at},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{items, next_of, optional, path_part, text},
        layout::Page,
        parts::{
            badge::badge,
            empty::empty,
            form::{Fault, Field, button_form, form, submit},
            notice::Tone,
            pager::pager,
            table::Table,
        },
        submission::Submission,
        viewer::Viewer,
    },
};

/// The path of the list, to which the form is sent as well.
const LIST: &str = "/operator/keys";

pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    page(&viewer, &Submission::default(), &Fault::none()).await
}

async fn page(viewer: &Viewer, sent: &Submission, fault: &Fault) -> Result<Page, Problem> {
    let list = viewer.get(&part_of(viewer, "/v1/registry/keys", &[])).await?;
    let head = viewer.get("/v1/registry/head").await?;
    let may_change = viewer.may(Scope::Registry);
    let content = html! {
        p.lead { (viewer.say("operator-keys-lead")) }
        (table(viewer, &list))
        (pager(viewer, next_of(&list)))
        @if may_change { (adding(viewer, sent, fault)) }
        h2 { (viewer.say("operator-keys-own")) }
        p { (viewer.say("operator-keys-own-lead")) }
        (facts([(viewer.say("operator-keys-key"), html! { code { (text(&head, "/key")) } })]))
        @if may_change {
            (button_form(viewer, "/operator/keys/rotate", &viewer.say("operator-keys-rotate"), true))
        }
    };
    Ok(sections::page(viewer, &viewer.say("operator-keys-title"), content))
}

fn table(viewer: &Viewer, list: &Json) -> Markup {
    let mut table = Table::new(viewer.say("operator-keys-title"))
        .column(viewer.say("operator-keys-key"))
        .column(viewer.say("operator-keys-owner"))
        .column(viewer.say("operator-keys-namespaces"))
        .column(viewer.say("operator-state"))
        .column(viewer.say("operator-actions"));
    for key in items(list, "/keys") {
        table.row(row(viewer, key));
    }
    if table.is_empty() {
        return empty(
            &viewer.say("operator-keys-none"),
            &viewer.say("operator-step-publisher-how"),
            None,
        );
    }
    table.shown()
}

fn row(viewer: &Viewer, key: &Json) -> Vec<Markup> {
    let (public, revoked) = (text(key, "/key"), optional(key, "/revoked"));
    let state = match revoked {
        Some(reason) => {
            let reason = viewer.say_with("operator-keys-revoked", [("reason", reason.into())]);
            badge(Tone::Bad, &reason)
        }
        None => badge(Tone::Good, &viewer.say("operator-keys-in-force")),
    };
    let revoking = if revoked.is_none() && viewer.may(Scope::Registry) {
        revoking(viewer, &public)
    } else {
        html! {}
    };
    vec![
        html! { code { (public) } },
        html! { (text(key, "/name")) },
        words_at(viewer, key, "/namespaces"),
        state,
        revoking,
    ]
}

/// The form that revokes a key, with a reason for the audit.
fn revoking(viewer: &Viewer, key: &str) -> Markup {
    let action = format!("{LIST}/{}/revoke", path_part(key));
    let fields = html! {
        (Field::new("reason", viewer.say("operator-reason")).of_form(key).shown())
        p.actions { button.danger type="submit" { (viewer.say("operator-keys-revoke")) } }
    };
    html! {
        details {
            summary { (viewer.say("operator-keys-revoke")) }
            (form(viewer, &action, &Fault::none(), fields))
        }
    }
}

fn adding(viewer: &Viewer, sent: &Submission, fault: &Fault) -> Markup {
    let field = |name: &'static str, label: String| {
        Field::new(name, label).value(sent.text(name)).fault(fault).required()
    };
    let fields = html! {
        (field("key", viewer.say("operator-keys-key")).hint("ed25519:…").shown())
        (field("name", viewer.say("operator-keys-owner")).shown())
        (field("namespaces", viewer.say("operator-keys-namespaces"))
            .hint(viewer.say("operator-keys-namespaces-hint")).shown())
        (submit(&viewer.say("operator-keys-add")))
    };
    html! {
        h2 { (viewer.say("operator-keys-add")) }
        (form(viewer, LIST, fault, fields))
    }
}

pub(super) async fn add(viewer: Viewer, sent: Submission) -> Result<Response, Problem> {
    let body = json!({
        "key": sent.text("key"),
        "name": sent.text("name"),
        "namespaces": names(sent.text("namespaces")),
    });
    match viewer.send(Method::POST, "/v1/registry/keys", Some(&body)).await {
        Ok(_) => Ok(viewer.done(LIST, "done-operator-key-added")),
        Err(problem) => {
            let page = page(&viewer, &sent, &Fault::of(&problem)).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

pub(super) async fn revoke(
    viewer: Viewer,
    Path(key): Path<String>,
    sent: Submission,
) -> Result<Response, Problem> {
    let path = format!("/v1/registry/keys/{}/revoke", path_part(&key));
    viewer.send(Method::POST, &path, Some(&json!({ "reason": sent.text("reason") }))).await?;
    Ok(viewer.done(LIST, "done-operator-key-revoked"))
}

pub(super) async fn rotate(viewer: Viewer, _: Submission) -> Result<Response, Problem> {
    viewer.send(Method::POST, "/v1/registry/keys/rotate", None).await?;
    Ok(viewer.done(LIST, "done-operator-key-rotated"))
}
