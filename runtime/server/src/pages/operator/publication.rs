//! The publication of a package: its file is tried by the gate, and published with the signature of its publisher. The
//! secret key stays with the publisher, so that no page ever asks for it.

use std::sync::Arc;

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode},
    response::{IntoResponse, Response},
};
use champollion_registry::package::Package;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    decoder::published_facts,
    decoders::{PUBLISH, page_of},
    sections,
    values::{facts, number_at},
};
use crate::{
    api::Problem,
    auth::{Scope, holders},
    pages::{
        json::{address, items, optional, path_part, text},
        layout::Page,
        parts::{
            code::lines,
            form::{Fault, Field, Kind, file_form},
            notice::{Tone, notice},
        },
        submission::Submission,
        told::{self, Told},
        viewer::Viewer,
    },
    service::Service,
};

/// The header that holds the signature of a package.
const SIGNATURE: HeaderName = HeaderName::from_static("champollion-signature");

/// The type of the body that a package is.
const BYTES: &str = "application/octet-stream";

/// The command that signs a package for the form, and the one that signs and publishes it.
const COMMANDS: &str = "champollion registry keys sign --key acme.key acme-thermometer-1.0.0.wasm\n\
                        champollion publish --key acme.key acme-thermometer-1.0.0.wasm";

pub(super) async fn show(viewer: Viewer) -> Result<Page, Problem> {
    may_publish(&viewer).await?;
    Ok(page(&viewer, &Submission::default(), &Fault::none(), html! {}))
}

/// Refuses those who may not publish before a file of theirs is read.
async fn may_publish(viewer: &Viewer) -> Result<(), Problem> {
    viewer.get("/v1/me").await?;
    if viewer.may(Scope::Publish) {
        return Ok(());
    }
    Err(Problem::forbidden(format!("this is for {}", holders(Scope::Publish.roles()))))
}

pub(super) async fn publish(
    viewer: Viewer,
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, Problem> {
    may_publish(&viewer).await?;
    let sent = Submission::from_request(request, &service).await?;
    let is_trial = sent.is_ticked("try");
    let outcome = match package_of(&viewer, &sent) {
        Ok((package, file)) => hand_over(&viewer, &package, file, &sent, is_trial).await,
        Err(problem) => Err(problem),
    };
    Ok(match outcome {
        Ok(outcome) if is_trial => {
            page(&viewer, &sent, &Fault::none(), tried(&viewer, &outcome)).into_response()
        }
        Ok(outcome) => viewer.done(&page_of(&text(&outcome, "/id")), "done-operator-published"),
        Err(problem) => {
            let page = page(&viewer, &sent, &Fault::of(&problem), findings(&viewer, &problem));
            page.with_status(problem.status()).into_response()
        }
    })
}

/// The package that was sent, which says itself under which name and version it is published.
fn package_of(viewer: &Viewer, sent: &Submission) -> Result<(Package, Bytes), Problem> {
    let at_file =
        |said: String| Problem::bad_request("not-a-package", said).with("path", "package");
    let Some(file) = sent.file("package") else {
        return Err(at_file(viewer.say("operator-publish-no-file")));
    };
    let package = Package::read(file.bytes.to_vec());
    let package = package.map_err(|error| {
        at_file(format!("{} {error}", viewer.say("operator-publish-no-package")))
    })?;
    Ok((package, file.bytes.clone()))
}

async fn hand_over(
    viewer: &Viewer,
    package: &Package,
    file: Bytes,
    sent: &Submission,
    is_trial: bool,
) -> Result<Json, Problem> {
    let manifest = package.manifest();
    let (id, version) = (&manifest.id, path_part(&manifest.version.to_string()));
    let dry_run = if is_trial { "true" } else { "" };
    let query = [("channel", sent.text("channel")), ("dryRun", dry_run)];
    let path = address(&format!("/v1/registry/{id}/{version}"), &query);
    let asked = (Method::PUT, path.as_str());
    let response = match sent.filled("signature") {
        None => viewer.pass(asked, Some((BYTES, file))).await?,
        Some(signature) => {
            let value = HeaderValue::from_str(signature).map_err(|error| {
                Problem::bad_request("invalid-signature", error.to_string())
                    .with("path", "signature")
            })?;
            viewer.pass_with(asked, (SIGNATURE, value), Some((BYTES, file))).await?
        }
    };
    let body = to_bytes(response.into_body(), usize::MAX).await;
    let body = body.map_err(|error| Problem::internal(&error))?;
    serde_json::from_slice(&body).map_err(|error| Problem::internal(&error))
}

/// The outcome of a trial: what the gate found, and no reason to refuse the package.
fn tried(viewer: &Viewer, outcome: &Json) -> Markup {
    let report = &outcome["report"];
    let previous = optional(report, "/previous")
        .map_or_else(|| viewer.say("operator-publish-first"), str::to_owned);
    html! {
        (notice(Tone::Good, html! {
            p.title { (viewer.say("operator-publish-could")) }
            p { (viewer.say("operator-tried")) }
        }))
        (published_facts(viewer, outcome))
        (facts([
            (viewer.say("operator-publish-vectors"), number_at(viewer, report, "/vectors")),
            (viewer.say("operator-publish-random"), number_at(viewer, report, "/randomPayloads/tried")),
            (viewer.say("operator-publish-cut"), number_at(viewer, report, "/cutPayloads/tried")),
            (viewer.say("operator-publish-misread"), number_at(viewer, report, "/cutPayloads/misread")),
            (viewer.say("operator-publish-compared"), html! { (previous) }),
        ]))
        h2 { (viewer.say("operator-publish-warnings")) }
        @if items(report, "/warnings").is_empty() {
            p { (viewer.say("operator-publish-warnings-none")) }
        } @else {
            ul {
                @for (warning, noted) in items(report, "/warnings").iter().zip(items(outcome, "/noted")) {
                    li { (Told::of_answer(viewer.language(), noted, text(warning, "")).shown()) }
                }
            }
        }
    }
}

/// All that the gate found, where it refuses a package.
fn findings(viewer: &Viewer, problem: &Problem) -> Markup {
    let all = problem.member("findings").and_then(Json::as_array);
    let Some(all) = all.filter(|_| problem.status() == StatusCode::UNPROCESSABLE_ENTITY) else {
        return html! {};
    };
    notice(
        Tone::Bad,
        html! {
            p.title { (viewer.say("operator-publish-refused")) }
            ul {
                @for finding in all {
                    li { code { (text(finding, "/code")) } " " (told::problem(viewer.language(), finding, "")) }
                }
            }
        },
    )
}

fn page(viewer: &Viewer, sent: &Submission, fault: &Fault, outcome: Markup) -> Page {
    let content = html! {
        p.lead { (viewer.say("operator-publish-lead")) }
        (outcome)
        (file_form(viewer, PUBLISH, fault, fields(viewer, sent, fault)))
        (on_the_command_line(viewer))
    };
    sections::page(viewer, &viewer.say("operator-publish-title"), content)
}

fn fields(viewer: &Viewer, sent: &Submission, fault: &Fault) -> Markup {
    let channels = vec![
        (String::new(), viewer.say("operator-publish-channel-usual")),
        ("candidate".to_owned(), viewer.say("operator-decoders-candidate")),
        ("stable".to_owned(), viewer.say("operator-decoders-stable")),
    ];
    html! {
        (Field::new("package", viewer.say("operator-publish-file")).kind(Kind::File(".wasm,application/wasm"))
            .hint(viewer.say("operator-publish-file-hint")).fault(fault).required().shown())
        (Field::new("signature", viewer.say("operator-publish-signature")).value(sent.text("signature"))
            .hint(viewer.say("operator-publish-signature-hint")).fault(fault).shown())
        (Field::new("channel", viewer.say("operator-publish-channel")).kind(Kind::Choice(channels))
            .value(sent.text("channel")).hint(viewer.say("operator-publish-channel-hint")).fault(fault).shown())
        p.actions {
            button type="submit" name="try" value="yes" { (viewer.say("operator-publish-try")) }
            " "
            button.quiet type="submit" { (viewer.say("operator-publish-publish")) }
        }
    }
}

/// The commands by which a publisher signs a package, or signs and publishes it in one step.
fn on_the_command_line(viewer: &Viewer) -> Markup {
    html! {
        section.card {
            h2 { (viewer.say("operator-publish-how")) }
            p { (viewer.say("operator-publish-how-lead")) }
            (lines(COMMANDS))
        }
    }
}
