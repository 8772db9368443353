//! The mapping of a decoder: what is known of the fields of an imported codec better than its package knows it.

use axum::{
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    decoders::page_of,
    sections,
    values::{facts, if_any},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{items, moment, path_part, text},
        layout::Page,
        parts::{
            empty::empty,
            form::{Fault, Field, Kind, form},
            notice::{Tone, notice},
            table::Table,
        },
        submission::Submission,
        viewer::Viewer,
    },
};

/// Rows of the field for the fields.
const ROWS: u8 = 16;

pub(super) async fn show(
    viewer: Viewer,
    Path((vendor, model)): Path<(String, String)>,
) -> Result<Page, Problem> {
    let path = path_of(&vendor, &model);
    let kept = if_any(&viewer, &path).await?.unwrap_or_default();
    let id = format!("{vendor}/{model}");
    Ok(page(&viewer, &id, &kept, (&Submission::default(), &Fault::none()), html! {}))
}

fn path_of(vendor: &str, model: &str) -> String {
    format!("/v1/registry/{}/{}/mapping", path_part(vendor), path_part(model))
}

fn page(
    viewer: &Viewer,
    id: &str,
    kept: &Json,
    (sent, fault): (&Submission, &Fault),
    outcome: Markup,
) -> Page {
    let content = html! {
        (outcome)
        p.lead { (viewer.say("operator-mapping-lead")) }
        p { a href=(page_of(id)) { (id) } }
        @if kept.is_null() {
            (empty(&viewer.say("operator-mapping-none"), &viewer.say("operator-mapping-none-how"), None))
        } @else {
            (in_force(viewer, kept))
        }
        @if viewer.may(Scope::Registry) { (putting(viewer, id, kept, (sent, fault))) }
    };
    let title = viewer.say_with("operator-mapping-title", [("decoder", id.into())]);
    sections::page(viewer, &title, content)
}

fn in_force(viewer: &Viewer, kept: &Json) -> Markup {
    let at = moment(kept, "/putAt").map(|at| at.to_string()).unwrap_or_default();
    let by = [("by", text(kept, "/putBy").into()), ("at", at.into())];
    let mut table = Table::new(viewer.say("operator-decoders-mapping"))
        .column(viewer.say("operator-mapping-field"))
        .column(viewer.say("operator-mapping-quantity"))
        .column(viewer.say("operator-mapping-unit"))
        .numbers(viewer.say("operator-mapping-scale"))
        .numbers(viewer.say("operator-mapping-offset"))
        .numbers(viewer.say("operator-mapping-channel"));
    for field in items(kept, "/fields") {
        let cell = |pointer: &str| html! { (text(field, pointer)) };
        table.row(vec![
            html! { code { (text(field, "/name")) } },
            cell("/quantity"),
            cell("/unit"),
            cell("/scale"),
            cell("/offset"),
            cell("/channel"),
        ]);
    }
    html! {
        (facts([
            (viewer.say("operator-mapping-version"), html! { (text(kept, "/version")) }),
            (viewer.say("operator-decoders-digest"), html! { code { (text(kept, "/digest")) } }),
        ]))
        p.soft { (viewer.say_with("operator-mapping-put-by", by)) }
        (table.shown())
    }
}

fn putting(viewer: &Viewer, id: &str, kept: &Json, (sent, fault): (&Submission, &Fault)) -> Markup {
    let present = kept.get("fields").map(|fields| format!("{fields:#}")).unwrap_or_default();
    let fields = sent.field("fields").map_or(present, str::to_owned);
    let content = html! {
        (Field::new("version", viewer.say("operator-mapping-version")).value(sent.text("version"))
            .fault(fault).required().shown())
        (Field::new("fields", viewer.say("operator-mapping-fields")).kind(Kind::Lines(ROWS)).value(fields)
            .hint(viewer.say("operator-mapping-fields-hint")).fault(fault).required().shown())
        p.actions {
            button type="submit" { (viewer.say("operator-mapping-put")) }
            " "
            button.quiet type="submit" name="try" value="yes" { (viewer.say("operator-try")) }
        }
    };
    form(viewer, &format!("{}/mapping", page_of(id)), fault, content)
}

pub(super) async fn put(
    viewer: Viewer,
    Path((vendor, model)): Path<(String, String)>,
    sent: Submission,
) -> Result<Response, Problem> {
    let (path, id) = (path_of(&vendor, &model), format!("{vendor}/{model}"));
    let is_trial = sent.is_ticked("try");
    let put = match fields_of(&viewer, &sent) {
        Ok(fields) => {
            let version = sent.text("version");
            let body = json!({ "version": version, "fields": fields, "dryRun": is_trial });
            viewer.send(Method::PUT, &path, Some(&body)).await
        }
        Err(problem) => Err(problem),
    };
    let (fault, status) = match put {
        Ok(_) if !is_trial => {
            let page = format!("{}/mapping", page_of(&id));
            return Ok(viewer.done(&page, "done-operator-mapping"));
        }
        Ok(_) => (Fault::none(), None),
        Err(problem) => (Fault::of(&problem), Some(problem.status())),
    };
    let tried = html! {
        @if status.is_none() { (notice(Tone::Plain, html! { p { (viewer.say("operator-tried")) } })) }
    };
    let kept = if_any(&viewer, &path).await?.unwrap_or_default();
    let page = page(&viewer, &id, &kept, (&sent, &fault), tried);
    Ok(match status {
        Some(status) => page.with_status(status).into_response(),
        None => page.into_response(),
    })
}

/// The fields as JSON, or what is wrong with them, said at their field.
fn fields_of(viewer: &Viewer, sent: &Submission) -> Result<Json, Problem> {
    serde_json::from_str(sent.text("fields")).map_err(|error| {
        let said =
            viewer.say_with("operator-mapping-broken", [("error", error.to_string().into())]);
        Problem::bad_request("invalid-body", said).with("path", "fields")
    })
}
