//! Commands to one object.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
    routing::get,
};
use maud::html;
use serde_json::Value as Json;

use super::{
    offered,
    shown::commands_table,
    wish::{Choice, sending, wish},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{address, items, path_part, text},
        layout::Page,
        partner::frame::partner_page,
        parts::{form::Fault, pager::pager},
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/partner/objects/{dev_eui}/commands", get(show).post(send))
}

async fn show(viewer: Viewer, Path(dev_eui): Path<String>) -> Result<Page, Problem> {
    commands_page(&viewer, &dev_eui, &Submission::default(), &Fault::none()).await
}

async fn send(
    viewer: Viewer,
    Path(dev_eui): Path<String>,
    submission: Submission,
) -> Result<Response, Problem> {
    let device = viewer.get(&format!("/v1/devices/{}", path_part(&dev_eui))).await?;
    let offered = offered::of_device(&viewer, &device).await?;
    let wished = match wish(&viewer, &submission, &offered) {
        Ok(wished) => wished,
        Err(fault) => {
            let page = commands_page(&viewer, &dev_eui, &submission, &fault).await?;
            return Ok(page.with_status(axum::http::StatusCode::BAD_REQUEST).into_response());
        }
    };
    let path = format!("/v1/devices/{}/downlinks", path_part(&dev_eui));
    match viewer.send(Method::POST, &path, Some(&Json::Object(wished))).await {
        Ok(sent) => {
            let path = format!("/partner/commands/{}", text(&sent, "/id"));
            Ok(viewer.done(&path, "done-command-sent"))
        }
        Err(problem) => {
            let fault = Fault::of(&problem);
            let page = commands_page(&viewer, &dev_eui, &submission, &fault).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

async fn commands_page(
    viewer: &Viewer,
    dev_eui: &str,
    submission: &Submission,
    fault: &Fault,
) -> Result<Page, Problem> {
    let device = viewer.get(&format!("/v1/devices/{}", path_part(dev_eui))).await?;
    let offered = offered::of_device(viewer, &device).await?;
    let choice = Choice::of(viewer, submission, &offered);
    let after = viewer.parameter("after").unwrap_or_default();
    let path = format!("/v1/devices/{}/downlinks", path_part(dev_eui));
    let sent = viewer.get(&address(&path, &[("limit", "50"), ("after", &after)])).await?;
    let object = format!("/partner/objects/{}", path_part(dev_eui));
    let here = format!("{object}/commands");
    let more = sent.get("more").and_then(Json::as_bool).unwrap_or_default();
    let next = text(&sent, "/next");
    let name = match text(&device, "/name") {
        name if name.is_empty() => text(&device, "/devEui"),
        name => name,
    };
    let content = html! {
        p { a href=(object) { (viewer.say("object-back")) } " · " (name) }
        @if viewer.may(Scope::Commands) {
            section {
                h2 { (viewer.say("command-send")) }
                @if let Some(field) = choice.field(viewer) {
                    form.narrowing method="get" action=(here) {
                        (field)
                        p.actions { button.quiet type="submit" { (viewer.say("command-choose")) } }
                    }
                }
                (sending(viewer, &here, &choice, (submission, fault), None))
                (choice.other_way(viewer, &here, &[]))
            }
        }
        section {
            h2 { (viewer.say("commands-sent")) }
            (commands_table(viewer, items(&sent, "/downlinks")))
            (pager(viewer, Some(next.as_str()).filter(|_| more)))
        }
    };
    Ok(partner_page(viewer, &viewer.say("partner-commands"), content))
}
