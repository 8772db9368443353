//! The account of the person who looks at it: sessions, tokens, mails of notices, the password and the second factor.

mod notices;
mod password;
mod second_factor;
mod sessions;
mod tokens;

use std::sync::Arc;

use axum::{Router, routing::get};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    json::{items, optional, text},
    layout::Page,
    partner::frame::get_if_any,
    viewer::Viewer,
};
use crate::{api::Problem, service::Service};

/// Returns the pages of a person's own account.
pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/account", get(show))
        .merge(notices::routes())
        .merge(password::routes())
        .merge(second_factor::routes())
        .merge(sessions::routes())
        .merge(tokens::routes())
}

async fn show(viewer: Viewer) -> Result<Page, Problem> {
    let me = viewer.get("/v1/me").await?;
    let is_person = me.get("person").is_some();
    // A machine has no account, and what is said of its token is all.
    let sessions = if is_person { get_if_any(&viewer, "/v1/me/sessions").await? } else { None };
    let tokens = if is_person { get_if_any(&viewer, "/v1/me/tokens").await? } else { None };
    let reader = if is_person { get_if_any(&viewer, "/v1/me/notices").await? } else { None };
    let content = html! {
        h1 { (viewer.say("account-title")) }
        (who(&viewer, &me))
        @if is_person {
            div.halves {
                (password::section(&viewer))
                (second_factor::section(&viewer))
            }
            @if let Some(reader) = &reader { (notices::section(&viewer, reader)) }
            section {
                h2 { (viewer.say("account-sessions")) }
                (sessions::table(&viewer, &sessions.unwrap_or_default()))
            }
            (tokens::section(&viewer, &tokens.unwrap_or_default()))
        }
    };
    Ok(viewer.page(viewer.say("account-title"), content))
}

/// The person and what the person may do.
fn who(viewer: &Viewer, me: &Json) -> Markup {
    html! {
        dl.facts.card {
            dt { (viewer.say("person")) }
            dd { (text(me, "/name")) }
            @if let Some(email) = optional(me, "/person/email") {
                dt { (viewer.say("person-email")) }
                dd { (email) }
            }
            dt { (viewer.say("person-grants")) }
            dd {
                ul.tags {
                    @for grant in items(me, "/grants") {
                        li { (viewer.say_word("role", &text(grant, "/role"))) " · " (viewer.place(&text(grant, "/scope"))) }
                    }
                }
            }
            dt { (viewer.say("choice-language")) }
            dd {
                a href="/preferences?language=en&back=/account" lang="en" { "English" } " · "
                a href="/preferences?language=fr&back=/account" lang="fr" { "Français" }
            }
        }
    }
}
