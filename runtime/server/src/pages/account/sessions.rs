//! The sessions of a person: one that is not known any more is ended.

use std::sync::Arc;

use axum::{Router, extract::Path, http::Method, response::Response, routing::post};
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::{
    api::Problem,
    pages::{
        json::{items, path_part, text},
        partner::frame::moment_or_dash,
        parts::{badge::badge, form::button_form, notice::Tone, table::Table},
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/account/sessions/{id}/end", post(end))
}

/// Returns the list of sessions.
pub(super) fn table(viewer: &Viewer, sessions: &Json) -> Markup {
    let mut table = Table::new(viewer.say("account-sessions"))
        .column(viewer.say("session-begun"))
        .column(viewer.say("last-used"))
        .column(viewer.say("session-ends"))
        .column(viewer.say("grant-end"));
    for session in items(sessions, "/sessions") {
        table.row(vec![
            moment_or_dash(viewer, session, "/createdAt"),
            moment_or_dash(viewer, session, "/lastUsedAt"),
            moment_or_dash(viewer, session, "/endsAt"),
            way_out(viewer, session),
        ]);
    }
    html! { @if table.is_empty() { p { (viewer.say("sessions-none")) } } @else { (table.shown()) } }
}

fn way_out(viewer: &Viewer, session: &Json) -> Markup {
    if session.get("current") == Some(&Json::Bool(true)) {
        return badge(Tone::Good, &viewer.say("session-current"));
    }
    let action = format!("/account/sessions/{}/end", path_part(&text(session, "/id")));
    button_form(viewer, &action, &viewer.say("session-end"), true)
}

async fn end(viewer: Viewer, Path(id): Path<String>, _: Submission) -> Result<Response, Problem> {
    viewer.send(Method::DELETE, &format!("/v1/me/sessions/{}", path_part(&id)), None).await?;
    Ok(viewer.done("/account", "done-session-ended"))
}
