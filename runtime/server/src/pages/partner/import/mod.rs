//! The import of a sheet of objects: judged first, row by row, and then done.

mod staging;
mod verdicts;

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Bytes,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value as Json;

use self::{
    staging::{Staged, Staging},
    verdicts::report,
};
use super::{
    frame::{confirmed_form, partner_page},
    groups,
};
use crate::{
    api::{Problem, read_json},
    pages::{
        json::address,
        layout::{Page, token_field},
        parts::{
            form::{Fault, Field, Kind, file_form, submit},
            notice::{Tone, notice},
        },
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

/// The path of the interface that takes sheets.
const IMPORT: &str = "/v1/devices/import";

/// The kinds of files that are sheets.
const FILES: &str = ".xlsx,.ods,.csv,.txt";

/// The boxes of the form, by the names of the interface's parameters.
const BOXES: [&str; 2] = ["restoreZeros", "complete"];

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/partner/import", get(show).post(judge))
        .route("/partner/import/take", post(take))
        .layer(Extension(Arc::new(Staging::default())))
}

async fn show(viewer: Viewer) -> Result<Page, Problem> {
    let progress = viewer.get(IMPORT).await?;
    let content = html! {
        (under_way(&viewer, &progress))
        (upload(&viewer, &Fault::none()).await?)
    };
    Ok(partner_page(&viewer, &viewer.say("import-title"), content))
}

/// The sheet that is under way, where there is one.
fn under_way(viewer: &Viewer, progress: &Json) -> Markup {
    let is_under_way = progress.get("underWay").and_then(Json::as_bool).unwrap_or_default();
    html! {
        @if is_under_way {
            (notice(Tone::Plain, html! { p { (viewer.say("import-under-way")) } }))
        }
    }
}

async fn upload(viewer: &Viewer, fault: &Fault) -> Result<Markup, Problem> {
    let names = groups::names(viewer).await?;
    let offered = groups::choices_or(&names, viewer.say("import-group-none"));
    Ok(html! {
        p.lead { (viewer.say("import-lead")) }
        p.actions {
            a.button.quiet href="/partner/import/template.xlsx" { (viewer.say("template-workbook")) }
            a.button.quiet href="/partner/import/template.csv" { (viewer.say("template-csv")) }
            a.button.quiet href="/partner/objects/export.xlsx" { (viewer.say("objects-as-workbook")) }
        }
        section.card {
            (file_form(viewer, "/partner/import", fault, html! {
                (Field::new("sheet", viewer.say("import-sheet")).kind(Kind::File(FILES)).fault(fault).required()
                    .hint(viewer.say("import-sheet-hint")).shown())
                (Field::new("group", viewer.say("import-group")).kind(Kind::Choice(offered)).fault(fault)
                    .hint(viewer.say("import-group-hint")).shown())
                (Field::new("restoreZeros", viewer.say("import-restore-zeros")).kind(Kind::Tick)
                    .hint(viewer.say("import-restore-zeros-hint")).shown())
                (Field::new("complete", viewer.say("import-complete")).kind(Kind::Tick)
                    .hint(viewer.say("import-complete-hint")).shown())
                (submit(&viewer.say("import-judge")))
            }))
        }
    })
}

async fn judge(
    viewer: Viewer,
    Extension(staging): Extension<Arc<Staging>>,
    submission: Submission,
) -> Result<Response, Problem> {
    let Some(file) = submission.file("sheet") else {
        let fault = Fault::said(viewer.say("import-no-file"), "sheet");
        return refused(&viewer, &fault, StatusCode::BAD_REQUEST).await;
    };
    let staged =
        Staged::new(file.bytes.clone(), parameters(&submission), side(&viewer), Timestamp::now());
    match ask(&viewer, &staged, &[("dryRun", "true")]).await {
        Ok(report) => {
            let page = judged(&viewer, &file.name, &report);
            staging.keep(owner(&viewer), staged);
            Ok(page.into_response())
        }
        Err(problem) => {
            let fault = Fault::at_field(&problem, "sheet");
            refused(&viewer, &fault, problem.status()).await
        }
    }
}

async fn refused(viewer: &Viewer, fault: &Fault, status: StatusCode) -> Result<Response, Problem> {
    let content = upload(viewer, fault).await?;
    let page = partner_page(viewer, &viewer.say("import-title"), content);
    Ok(page.with_status(status).into_response())
}

/// The parameters of the interface that a form says.
fn parameters(submission: &Submission) -> Vec<(&'static str, String)> {
    let group = submission.filled("group").map(|group| ("group", group.to_owned()));
    let ticked = BOXES.into_iter().filter(|name| submission.is_ticked(name));
    group.into_iter().chain(ticked.map(|name| (name, "true".to_owned()))).collect()
}

/// The session, or the token, that a sheet waits for: nobody else can have it taken.
fn owner(viewer: &Viewer) -> String {
    viewer.principal().map(|principal| principal.token.clone()).unwrap_or_default()
}

/// The group that the viewer counts for, or else the session.
fn side(viewer: &Viewer) -> String {
    let group = viewer.principal().and_then(|principal| viewer.service().counted_group(principal));
    group.map_or_else(|| owner(viewer), |group| group.to_string())
}

/// Hands a sheet to the interface, and gives the report of its rows.
async fn ask(viewer: &Viewer, staged: &Staged, more: &[(&str, &str)]) -> Result<Json, Problem> {
    let own = staged.parameters.iter().map(|(name, value)| (*name, value.as_str()));
    let pairs: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
    let body: (&str, Bytes) = ("application/octet-stream", staged.sheet.clone());
    let path = address(IMPORT, &pairs);
    read_json(viewer.pass((Method::POST, &path), Some(body)).await?).await
}

/// The page of a sheet that was judged, with the way to have it taken.
fn judged(viewer: &Viewer, name: &str, told: &Json) -> Page {
    let count = |name: &str| told.get(name).and_then(Json::as_u64).unwrap_or_default();
    let (refused, good) = (count("refused"), count("created") + count("changed"));
    let content = html! {
        @if refused > 0 {
            (notice(Tone::Warning, html! { p { (viewer.say_with("import-refused", [("count", refused.into())])) } }))
        } @else {
            (notice(Tone::Good, html! { p { (viewer.say("import-all-good")) } }))
        }
        (report(viewer, told))
        @if refused == 0 && good > 0 { (take_form(viewer)) }
        @if refused > 0 && good > 0 {
            (confirmed_form(viewer, "/partner/import/take", &viewer.say("import-take-good"), &viewer.say("import-take-good-sure")))
        }
        p { a.button.quiet href="/partner/import" { (viewer.say("import-again")) } }
    };
    let title = viewer.say_with("import-judged", [("name", name.into())]);
    partner_page(viewer, &title, content)
}

fn take_form(viewer: &Viewer) -> Markup {
    html! {
        form method="post" action="/partner/import/take" {
            (token_field(viewer))
            (submit(&viewer.say("import-take")))
        }
    }
}

async fn take(
    viewer: Viewer,
    Extension(staging): Extension<Arc<Staging>>,
    submission: Submission,
) -> Result<Response, Problem> {
    let Some(staged) = staging.take(&owner(&viewer), Timestamp::now()) else {
        let fault = Fault::said(viewer.say("import-gone"), "sheet");
        return refused(&viewer, &fault, StatusCode::CONFLICT).await;
    };
    let good_rows = if submission.is_ticked("sure") { "true" } else { "" };
    match ask(&viewer, &staged, &[("goodRows", good_rows)]).await {
        Ok(told) => {
            let content = html! {
                (notice(Tone::Good, html! { p { (viewer.say("import-done")) } }))
                (report(&viewer, &told))
                p.actions { a.button href="/partner/objects" { (viewer.say("partner-objects")) } }
            };
            Ok(partner_page(&viewer, &viewer.say("import-title"), content).into_response())
        }
        Err(problem) => {
            let fault = Fault::at_field(&problem, "sheet");
            refused(&viewer, &fault, problem.status()).await
        }
    }
}
