//! Messages in our own formats: one as JSON, a list of them, or many as lines of JSON (`application/x-ndjson`).

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use champollion_lns::{Frame, Incoming, OwnFormat, without_mark};

use super::{
    super::{
        extract::{parse_json, read_body, unreadable},
        gathering::{Head, by_other_node},
        handshakes,
    },
    Problem, lines, network_server,
    several::{self, Receipts},
};
use serde_json::value::RawValue;

use crate::{
    api::authorized::{Authorized, Ingest},
    ingest::{Receipt, Speaker},
    service::Service,
};

/// Takes a frame, or many.
pub(super) async fn take<T: OwnFormat>(
    authorized: &Authorized<Ingest>,
    service: &Arc<Service>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (speaker, _) = network_server(authorized, service, T::KIND)?;
    let has_lines = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|declared| declared.to_str().ok())
        .and_then(|declared| declared.split(';').next())
        .is_some_and(|declared| {
            lines::CONTENT_TYPES.iter().any(|name| declared.trim().eq_ignore_ascii_case(name))
        });
    let (from, head) = (handshakes::with_token(&request), Head::of(service, &request));
    let body = read_body(request, service.config.http.body_bytes).await?;
    if has_lines {
        return Ok(lines::take(service, &speaker, &body, read::<T>).await);
    }
    let body = without_mark(&body);
    let taken = if body.starts_with(b"[") {
        take_list::<T>(service, &speaker, body).await
    } else {
        match read::<T>(body) {
            Ok(frame) => {
                if let Some(answer) = by_other_node(service, head, &frame, body).await {
                    return Ok(answer);
                }
                Ok(Receipts::One(service.intake.take(frame, &speaker).await?))
            }
            Err(problem) => Err(problem),
        }
    };
    let receipts = match taken {
        Ok(receipts) => receipts,
        Err(problem) => {
            let handshake = handshakes::take(service, body, &T::KIND.path(), from);
            Receipts::One(handshake.unwrap_or(Err(problem))?)
        }
    };
    Ok(match receipts {
        Receipts::One(receipt) => Json(receipt).into_response(),
        Receipts::Several(receipts) => Json(receipts).into_response(),
    })
}

/// Takes a list of messages: each is taken as if it stood in a line, and all have one answer.
async fn take_list<T: OwnFormat>(
    service: &Arc<Service>,
    speaker: &Speaker,
    body: &[u8],
) -> Result<Receipts, Problem> {
    let elements: Vec<&RawValue> =
        serde_json::from_slice(body).map_err(|error| unreadable(body, &error, "."))?;
    if elements.is_empty() {
        return Err(Problem::bad_request(
            "invalid-body",
            "the list is empty: nothing is handed over",
        ));
    }
    let frames = elements.iter().map(|element| read::<T>(element.get().as_bytes())).enumerate();
    let answers = lines::taken(service, speaker, frames).await;
    let placed = |(index, result): (usize, Result<Receipt, Problem>)| {
        result.map_err(|problem| problem.within(&format!("[{index}]")))
    };
    several::answered(answers.into_iter().map(placed).collect())
}

/// Reads a message in a format of our own.
fn read<T: OwnFormat>(body: &[u8]) -> Result<Frame, Problem> {
    let body = without_mark(body);
    // Where an error is costs as much as reading, and is asked for only where there is one.
    if let Ok(message) = serde_json::from_slice::<T>(body) {
        return Ok(message.read()?);
    }
    let incoming = Incoming { event: "up", content_type: None, description: None, body };
    let advice = match T::KIND.read(&incoming) {
        Err(error) if error.is_mistaken() => return Err(error.into()),
        read => read.err().and_then(|error| error.advice()),
    };
    let message = parse_json::<T>(body).map_err(|problem| problem.advised(advice))?;
    Ok(message.read()?)
}
