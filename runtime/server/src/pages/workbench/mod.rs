//! The workbench: a payload, a command or a decoder of one's own is tried, and nothing of it is kept. Open to
//! everybody, within the bounds of expensive requests.

mod asked;
mod bare_script;
mod bytes;
mod dropped;
mod form;
mod input;
mod own_frames;
mod result;
mod specimen;
mod subject;
mod trial;
mod vectors;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    response::{IntoResponse, Response},
    routing::get,
};
use maud::{Markup, html};

use self::{asked::Asked, subject::Subject, trial::Tried};
use super::{clocks::Clocks, parts::form::Fault, submission::Submission, viewer::Viewer};
use crate::{api::Problem, at_once::AtOnce, service::Service};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/workbench", get(by_address).post(by_form))
        .layer(DefaultBodyLimit::disable())
        .layer(Extension(AtOnce::default()))
}

/// A trial that an address describes, as a link that somebody shares.
async fn by_address(viewer: Viewer, Extension(everybody): Extension<AtOnce>) -> Response {
    let asked = Asked::of(|name| viewer.parameter(name));
    answer(&viewer, &everybody, &Submission::default(), asked).await
}

/// A trial that a form describes, which may bring a file and keys.
async fn by_form(
    viewer: Viewer,
    Extension(everybody): Extension<AtOnce>,
    submission: Submission,
) -> Response {
    let asked = Asked::of(|name| submission.filled(name).map(str::to_owned));
    answer(&viewer, &everybody, &submission, asked).await
}

async fn answer(
    viewer: &Viewer,
    everybody: &AtOnce,
    submission: &Submission,
    mut asked: Asked,
) -> Response {
    // The form says moments by the clocks of the territory, and links, frames and vectors in universal time.
    asked.moment = Clocks::of(viewer).sent(&asked.moment);
    let own = own_frames::of(viewer, &asked).await;
    if let Ok(Some(own)) = &own {
        own.fill_in(&mut asked);
    }
    let (subjects, chosen) = match subject::subjects(viewer, &asked, submission).await {
        Ok(subjects) => (subjects, Ok(())),
        Err(problem) => (Vec::new(), Err(problem)),
    };
    let vectors = vectors::of(viewer, subjects.first()).await;
    vectors::fill_in(&mut asked, &vectors);
    let (own, chosen) = match own {
        Ok(own) => (own, chosen),
        Err(problem) => (None, Err(problem)),
    };
    let done = match chosen {
        Ok(()) => trials(viewer, everybody, &subjects, &asked).await,
        Err(problem) => Err(problem),
    };
    let (status, fault, tried) = match done {
        Ok(tried) => (axum::http::StatusCode::OK, Fault::none(), tried),
        Err(problem) => {
            let problem = viewer.translated(problem);
            (problem.status(), Fault::of(&problem), Vec::new())
        }
    };
    let input = form::Inputs { vectors: &vectors, own: own.as_ref() };
    let content = content(viewer, (&asked, &fault), &input, (&subjects, &tried));
    viewer.page(viewer.say("workbench-title"), content).with_status(status).into_response()
}

/// The answers of each of the decoders to the input; nothing where there is no input yet.
async fn trials(
    viewer: &Viewer,
    everybody: &AtOnce,
    subjects: &[Subject],
    asked: &Asked,
) -> Result<Vec<Tried>, Problem> {
    if subjects.is_empty() || !asked.has_input() {
        return Ok(Vec::new());
    }
    let input = input::input(asked)?;
    let place = trial::place(viewer, everybody)?;
    let mut all = Vec::new();
    for subject in subjects {
        all.push(place.tried(subject, &input).await?);
    }
    Ok(all)
}

fn content(
    viewer: &Viewer,
    (asked, fault): (&Asked, &Fault),
    inputs: &form::Inputs<'_>,
    (subjects, tried): (&[Subject], &[Tried]),
) -> Markup {
    html! {
        h1 { (viewer.say("workbench-title")) }
        p.lead { (viewer.say("workbench-lead")) }
        div.bench {
            (form::form(viewer, (asked, fault), subjects.first(), inputs))
            section #result aria-label=(viewer.say("workbench-result")) {
                (result::results(viewer, (asked, fault), tried))
            }
        }
    }
}
