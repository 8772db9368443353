//! The approvals of the partners that a viewer looks after, their requests, and the form by which another approval is
//! asked for.

use std::sync::Arc;

use axum::{
    Router,
    http::Method,
    response::{IntoResponse, Response},
    routing::get,
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    declaration::{declaration, entered},
    heading_fields::{fault_of, headings},
    request::request,
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{items, moment, path_part, text},
        layout::Page,
        partner::frame::{get_if_any, partner_page},
        parts::{
            badge::badge,
            empty::empty,
            form::{Fault, form, submit},
            notice::{Tone, notice},
        },
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

/// Partners that are shown; an operator has a page of its own for all.
const MOST_PARTNERS: usize = 10;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/partner/approval", get(show).post(ask_again))
}

async fn show(viewer: Viewer) -> Result<Page, Problem> {
    approval_page(&viewer, None, &Fault::none()).await
}

async fn ask_again(viewer: Viewer, submission: Submission) -> Result<Response, Problem> {
    let path = format!("/v1/partners/{}/approval", path_part(submission.text("partner")));
    let asked = json!({ "declaration": declaration(&submission) });
    match viewer.send(Method::POST, &path, Some(&asked)).await {
        Ok(_) => Ok(viewer.done("/partner/approval", "done-approval-asked")),
        Err(problem) => {
            let page = approval_page(&viewer, Some(&submission), &fault_of(&problem)).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

async fn approval_page(
    viewer: &Viewer,
    sent: Option<&Submission>,
    fault: &Fault,
) -> Result<Page, Problem> {
    let partners = viewer.get("/v1/partners?limit=11").await?;
    let partners: Vec<&Json> = items(&partners, "/partners").iter().take(MOST_PARTNERS).collect();
    let requests = get_if_any(viewer, "/v1/approvals").await?.unwrap_or_default();
    let requests = items(&requests, "/requests");
    let mut shown = Vec::new();
    for partner in &partners {
        let path = format!("/v1/partners/{}/approval", text(partner, "/id"));
        let approval = viewer.get(&path).await?;
        shown.push(of_partner(viewer, partner, &approval, requests));
    }
    let content = html! {
        @if partners.is_empty() {
            (empty(&viewer.say("approval-none"), &viewer.say("approval-none-advice"), None))
        }
        @for partner in &shown { (partner) }
        @if let Some(partner) = partners.first().filter(|_| viewer.may(Scope::People)) {
            (another(viewer, partner, requests, (sent, fault)))
        }
    };
    Ok(partner_page(viewer, &viewer.say("partner-approval"), content))
}

/// The approval of a partner with its requests.
fn of_partner(viewer: &Viewer, partner: &Json, approval: &Json, requests: &[Json]) -> Markup {
    let id = text(partner, "/id");
    let own = requests.iter().filter(|request| text(request, "/partner") == id);
    let state = text(approval, "/state");
    let tone = if state == "in-force" { Tone::Good } else { Tone::Warning };
    html! {
        section {
            h2 { (text(partner, "/name")) " " (badge(tone, &viewer.say_word("approval-state", &state))) }
            @if let Some(at) = moment(approval, "/approval/notice/endsAt") {
                (notice(Tone::Warning, html! {
                    p { (viewer.say("approval-notice")) " " (viewer.moment(at)) }
                    p { (text(approval, "/approval/notice/letter")) }
                }))
            }
            @if approval.pointer("/approval/ofExistingGroup") == Some(&Json::Bool(true)) {
                p { (viewer.say("approval-of-existing-group")) }
            }
            (facts(viewer, approval))
            @for one in own { (request(viewer, one)) }
        }
    }
}

fn facts(viewer: &Viewer, approval: &Json) -> Markup {
    let facts = [
        (viewer.say("approval-objects"), text(approval, "/objects")),
        (viewer.say("approval-declared"), text(approval, "/declared")),
        (viewer.say("approval-most"), text(approval, "/most")),
        (viewer.say("approval-from"), text(approval, "/approval/from")),
        (viewer.say("approval-until"), text(approval, "/approval/until")),
    ];
    html! {
        dl.facts.card {
            @for (label, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
                dt { (label) }
                dd { (value) }
            }
        }
    }
}

/// The form by which another approval is asked for, with the last declaration in it.
fn another(
    viewer: &Viewer,
    partner: &Json,
    requests: &[Json],
    (sent, fault): (Option<&Submission>, &Fault),
) -> Markup {
    let id = text(partner, "/id");
    let own = requests.iter().filter(|request| text(request, "/partner") == id);
    let last = own.filter_map(|request| request.pointer("/matter/declaration")).next_back();
    let before = last.map(entered).unwrap_or_default();
    let filled = sent.unwrap_or(&before);
    html! {
        details.card open[sent.is_some()] {
            summary { (viewer.say("approval-again")) }
            p { (viewer.say("approval-again-advice")) }
            (form(viewer, "/partner/approval", fault, html! {
                input type="hidden" name="partner" value=(id);
                (headings(viewer, filled, fault))
                (submit(&viewer.say("approval-ask")))
            }))
        }
    }
}
