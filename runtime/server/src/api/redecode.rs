//! Records that are kept, decoded once more. It may take minutes, so the answer is a line of JSON for
//! every few records, and the last one says what came of all.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{extract::State, response::Response};
use champollion_delivery::names::GroupId;
use champollion_registry::package::DecoderRef;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Problem,
    authorized::{Authorized, Duty, Redecode},
    extract::JsonBody,
    progress_lines::{LineWriter, answer_in_lines},
};
use crate::{
    authors::AuditedAuthor,
    redecode::{Count, Listener, RedecodeError, RedecodeJob},
    sentence::{Sentence, redecoding},
    service::Service,
};

/// The body of a request to decode records once more.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RedecodeRequest)]
pub(super) struct RedecodeRequest {
    /// By what: a requirement, or a pin, `=2.0.0`.
    decoder: DecoderRef,
    since: Timestamp,
    until: Option<Timestamp>,
    group: Option<GroupId>,
    #[serde(default)]
    dry_run: bool,
}

/// A line of the answer.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RedecodeLine)]
struct Line<'of> {
    #[serde(flatten)]
    count: &'of Count,
    /// On the last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<Done<'of>>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RedecodeEnd)]
struct Done<'of> {
    #[schema(value_type = champollion_registry::package::DecoderId)]
    id: &'of champollion_registry::package::DecoderId,
    #[schema(value_type = String)]
    version: &'of semver::Version,
    dry_run: bool,
    /// Why it went no further.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// The same in short, as a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Sentence>,
}

/// The reader of the lines.
struct Reader {
    lines: LineWriter,
    last: Count,
}

#[async_trait]
impl Listener for Reader {
    async fn hear(&mut self, count: &Count) -> bool {
        self.last = *count;
        self.lines.write(&Line { count, done: None }).await
    }
}

#[utoipa::path(
    post,
    path = "/v1/records/redecode",
    operation_id = "redecodeRecords",
    tag = "records",
    summary = "Decode kept records once more with another version",
    request_body = RedecodeRequest,
    responses(
        (
            status = 200,
            description = "A line of JSON for every few records; the last one has `done`.",
            body = Line,
            content_type = "application/x-ndjson",
        ),
        (status = 404, description = "DECODER"),
        (status = 409, description = "quarantined"),
        (status = 503, description = "too-busy, took-too-long, not-kept"),
        (status = 429, description = "too-many-expensive-requests, busy"),
    ),
)]
pub(super) async fn redecode(
    authorized: Authorized<Redecode>,
    State(service): State<Arc<Service>>,
    JsonBody(wish): JsonBody<RedecodeRequest>,
) -> Result<Response, Problem> {
    let RedecodeRequest { decoder, since, until, group, dry_run } = wish;
    if since > Timestamp::now() || until.is_some_and(|until| until <= since) {
        let detail = "since must lie in the past, and before until";
        return Err(Problem::bad_request("invalid-body", detail).with("path", "since"));
    }
    let group = match group {
        None if authorized.reach.is_everything() => None,
        group => Some(authorized.reach.group(group)?),
    };
    let principal = authorized.principal;
    // Held until the last record: it takes a thread for as long.
    let turn = service.expensive_turn(&principal, group.as_ref())?;
    let decoder = service.registry.decoder(&decoder).await?;
    let order = RedecodeJob { decoder, group, since, until, dry_run };
    let (lines, response) = answer_in_lines();
    let (rights, of_group) = (Arc::clone(&service), order.group.clone());
    let by = principal.actor();
    let token = principal.token;
    let lines = lines.while_allowed(move || match &of_group {
        Some(group) => rights.has_right(&token, Redecode::SCOPE, (group, &[])),
        None => rights.has_right_somewhere(&token, Redecode::SCOPE),
    });
    let mut reader = Reader { lines, last: Count::default() };
    let author = AuditedAuthor::new(&service.registry, by.clone());
    tokio::spawn(async move {
        let ended = service.redecoding.carry_out(&order, &author, &mut reader).await;
        drop(turn);
        let (id, version) = (&order.decoder.id, &order.decoder.version);
        let (count, error) = match ended {
            Ok(count) => (count, None),
            Err(error) => (reader.last, Some(error)),
        };
        if count.corrected > 0 && !dry_run {
            // Its beginning is in the batch of the first records; this is the sum.
            let entry = order.act("redecode", json!({ "count": count })).by(&by);
            if let Err(error) = service.registry.record(entry, Timestamp::now()).await {
                tracing::error!(%error, "a redecoding is not in the audit");
            }
        }
        let fault = error.as_ref().map(redecoding::of_error);
        let error = error.map(|error| {
            match error {
                RedecodeError::Abandoned => tracing::info!(%error, "redecoding ends"),
                _ => tracing::error!(%error, "redecoding ends"),
            }
            error.to_string()
        });
        let done = Some(Done { id, version, dry_run, error, fault });
        // Where nobody reads it any more, nobody is told.
        reader.lines.write(&Line { count: &count, done }).await;
    });
    Ok(response)
}
