//! Steps of requests that a form has sent.

use axum::{
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value as Json, json};

use super::{path::path_of, shown};
use crate::{
    api::Problem,
    pages::{json::path_part, parts::form::Fault, submission::Submission, viewer::Viewer},
};

/// The steps that have an endpoint of their name, and the members that it takes.
const STEPS: [(&str, &[&str]); 8] = [
    ("estimate", &["price", "by", "text"]),
    ("order", &["orderNumber"]),
    ("question", &["text"]),
    ("answer", &["text"]),
    ("candidate", &["decoder", "version"]),
    ("decline", &["text"]),
    ("withdraw", &["text"]),
    ("stable", &[]),
];

/// Takes a step; where something is wrong, the page of the request says so.
pub(super) async fn take(
    viewer: Viewer,
    Path((id, step)): Path<(String, String)>,
    sent: Submission,
) -> Result<Response, Problem> {
    let (endpoint, body) = asked(&step, &sent)?;
    let path = format!("/v1/decoder-requests/{}/{endpoint}", path_part(&id));
    match viewer.send(Method::POST, &path, Some(&body)).await {
        Ok(_) => Ok(viewer.done(&path_of(&path_part(&id)), "done-request-step")),
        // A request that is not there has no page either.
        Err(problem) if problem.code() == "unknown-request" => Err(problem),
        Err(problem) => {
            let page = shown::page(&viewer, &id, &Fault::of(&problem)).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

/// The endpoint of a step, and what it is sent.
fn asked(step: &str, sent: &Submission) -> Result<(String, Json), Problem> {
    match step {
        "accept" => return Ok(("verdict".to_owned(), json!({ "accepted": true }))),
        "send-back" => {
            let body = json!({ "accepted": false, "text": sent.text("text") });
            return Ok(("verdict".to_owned(), body));
        }
        _ => {}
    }
    let known = STEPS.iter().find(|(name, _)| *name == step);
    let (name, members) = known.ok_or_else(|| {
        Problem::not_found("no-such-path", format!("a request has no step {step:?}"))
    })?;
    let filled = members.iter().filter_map(|member| {
        let text = sent.filled(member)?;
        Some(((*member).to_owned(), json!(text)))
    });
    let body: Map<String, Json> = filled.collect();
    Ok(((*name).to_owned(), Json::Object(body)))
}
