//! The page of one command: its state, its moments, and the way to take it back.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::Method,
    response::Response,
    routing::{get, post},
};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::shown::{state, with_json};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{items, moment, optional, path_part, text},
        layout::Page,
        partner::frame::partner_page,
        parts::{
            form::button_form,
            live::live,
            notice::{Tone, notice},
        },
        submission::Submission,
        told::Told,
        viewer::Viewer,
    },
    sentence::commands,
    service::Service,
};

/// The moments of a command, in the order in which they come.
const MOMENTS: [&str; 9] = [
    "queuedAt",
    "offeredAt",
    "handedOverAt",
    "sentAt",
    "acknowledgedAt",
    "failedAt",
    "expiredAt",
    "cancelledAt",
    "expiresAt",
];

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/partner/commands/{id}", get(show))
        .route("/partner/commands/{id}/cancel", post(cancel))
}

async fn show(viewer: Viewer, Path(id): Path<String>) -> Result<Page, Problem> {
    let command = viewer.get(&format!("/v1/downlinks/{}", path_part(&id))).await?;
    let dev_eui = text(&command, "/devEui");
    let is_open = ["queued", "unknown"].contains(&text(&command, "/state").as_str());
    let content = html! {
        p { a href=(format!("/partner/objects/{dev_eui}/commands")) { (viewer.say("command-of")) " " (dev_eui) } }
        (live(&viewer, (&viewer.address_with(&[]), "command"), progress(&viewer, &command)))
        noscript {
            p.actions {
                a.button.quiet href=(format!("/partner/commands/{}", path_part(&id))) {
                    (viewer.say("look-again"))
                }
            }
        }
        @if is_open && viewer.may(Scope::Commands) {
            (button_form(&viewer, &format!("/partner/commands/{}/cancel", path_part(&id)), &viewer.say("command-cancel"), true))
        }
    };
    Ok(partner_page(&viewer, &viewer.say("command"), content))
}

/// The state of a command, what came of its last attempt, what it waits for, and when all that was.
fn progress(viewer: &Viewer, command: &Json) -> Markup {
    html! {
        p.lead { (state(viewer, command)) }
        @if let Some(problem) = optional(command, "/problem") {
            (notice(Tone::Warning, html! {
                p.title { (viewer.say("command-attempt")) }
                p { (attempt(viewer, command, problem).shown()) }
            }))
        }
        @if let Some(reason) = optional(command, "/waitingFor") {
            (notice(Tone::Plain, html! {
                p.title { (viewer.say_word("command-waits", &text(command, "/state"))) }
                p { (waits_for(viewer, command, reason).shown()) }
            }))
        }
        (facts(viewer, command))
    }
}

/// The words about the last attempt of a command.
fn attempt(viewer: &Viewer, command: &Json, problem: &str) -> Told {
    let sentence = commands::of_attempt(command);
    Told::in_short(viewer.language(), sentence, problem.to_owned())
}

/// The words about what a command waits for.
fn waits_for(viewer: &Viewer, command: &Json, reason: &str) -> Told {
    Told::in_short(viewer.language(), commands::of_waiting(command), reason.to_owned())
}

fn facts(viewer: &Viewer, command: &Json) -> Markup {
    html! {
        dl.facts.card {
            dt { (viewer.say("command")) }
            dd { @if let Some(command) = command.get("command") { (with_json(command)) } }
            dt { "FPort" }
            dd { (text(command, "/fPort")) " " code { (text(command, "/payload")) } }
            dt { (viewer.say("command-by")) }
            dd { (text(command, "/requestedBy")) }
            dt { (viewer.say("command-priority")) }
            dd { (viewer.say_word("priority", &text(command, "/priority"))) }
            @for name in MOMENTS {
                @if let Some(at) = moment(command, &format!("/{name}")) {
                    dt { (viewer.say_word("command", name)) }
                    dd { (viewer.moment(at)) }
                }
            }
            @for warning in items(command, "/warnings") {
                dt { (viewer.say("warning")) }
                dd lang="en" { (warning.as_str().unwrap_or_default()) }
            }
        }
    }
}

async fn cancel(
    viewer: Viewer,
    Path(id): Path<String>,
    _: Submission,
) -> Result<Response, Problem> {
    viewer.send(Method::DELETE, &format!("/v1/downlinks/{}", path_part(&id)), None).await?;
    Ok(viewer.done(&format!("/partner/commands/{}", path_part(&id)), "done-command-cancelled"))
}
