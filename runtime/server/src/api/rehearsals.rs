//! Rehearsals of candidates over kept records. They may take minutes, so the answer is a line of JSON for every few
//! records, and the last one says what came of all.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    extract::{Request, State},
    http::HeaderMap,
    response::Response,
};
use champollion_registry::{PublishError, gate::load_candidate, package::DecoderId};
use champollion_sandbox::Digest;
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Duty, Publish},
    catalogue::decoder_id,
    extract::{Parameters, PathParts, path_part, read_body},
    progress_lines::{LineWriter, answer_in_lines},
    registry::{place_for_package, provenance},
};
use crate::{
    auth::Principal,
    rehearsals::{Candidate, Count, Listener, Outcome, RehearsalError, RehearsalJob},
    service::Service,
};

/// The parameters of a rehearsal.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RehearsalWish {
    /// The beginning of the time in which the frames were received; all that are kept where it is left out.
    #[param(inline)]
    since: Option<Timestamp>,
    /// The end of that time.
    #[param(inline)]
    until: Option<Timestamp>,
    /// Whether devices count too that pin a version or ask for another major one.
    #[serde(default)]
    every: bool,
}

/// A line of the answer.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RehearsalLine)]
struct Line<'of> {
    #[serde(flatten)]
    count: &'of Count,
    /// On the last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<Done<'of>>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RehearsalEnd)]
struct Done<'of> {
    #[schema(value_type = DecoderId)]
    id: &'of DecoderId,
    #[schema(value_type = String)]
    version: &'of Version,
    digest: Digest,
    #[serde(flatten)]
    outcome: &'of Outcome,
    /// Why it went no further.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[async_trait]
impl Listener for LineWriter {
    async fn hear(&mut self, count: &Count) -> bool {
        self.write(&Line { count, done: None }).await
    }
}

#[utoipa::path(
    post,
    path = "/v1/registry/{vendor}/{model}/{version}/rehearsals",
    operation_id = "rehearseVersion",
    tag = "registry",
    summary = "Run a candidate over kept records, and compare it with the versions that devices get now",
    params(
        RehearsalWish,
        (
            "champollion-signature" = Option<String>,
            Header,
            description = "The public key of the publisher, a space and the signature of the package in the body.",
        ),
    ),
    request_body(
        content = Option<Vec<u8>>,
        content_type = "application/octet-stream",
        description = "The package of a candidate that is not published; without a body the published version is run.",
    ),
    responses(
        (
            status = 200,
            description = "A line of JSON for every few records; the last one has `done`.",
            body = Line,
            content_type = "application/x-ndjson",
        ),
        (status = 400, description = "invalid-signature"),
        (
            status = 403,
            description = "unsigned, wrong-signature, unknown-key, revoked-key, other-namespace",
        ),
        (status = 404, description = "DECODER"),
        (status = 422, description = "GATE"),
        (status = 429, description = "too-many-expensive-requests, busy"),
        (status = 503, description = "too-busy, took-too-long, not-kept"),
    ),
)]
pub(super) async fn rehearse(
    authorized: Authorized<Publish>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model, version)): PathParts<(String, String, String)>,
    Parameters(wish): Parameters<RehearsalWish>,
    request: Request,
) -> Result<Response, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let version: Version = path_part("version", &version)?;
    let RehearsalWish { since, until, every } = wish;
    let now = Timestamp::now();
    if since.is_some_and(|since| since > now || until.is_some_and(|until| until <= since)) {
        let detail = "since must lie in the past, and before until";
        return Err(Problem::bad_request("invalid-query", detail).with("path", "since"));
    }
    let principal = authorized.principal;
    // Held until the last record: it takes a thread for as long.
    let turn = service.expensive_turn(&principal, None)?;
    let candidate = candidate(&service, &principal, (id, version), request).await?;
    let job = RehearsalJob { candidate: Arc::new(candidate), since, until, every };
    // Before the first record is read: nobody sees payloads of others without a line of it.
    service.registry.record(job.act().by(&principal.actor()), now).await?;
    let (lines, response) = answer_in_lines();
    let (rights, token) = (Arc::clone(&service), principal.token);
    let mut lines = lines.while_allowed(move || rights.has_right_somewhere(&token, Publish::SCOPE));
    tokio::spawn(async move {
        let (count, outcome, error) = service.rehearsals.carry_out(&job, &mut lines).await;
        drop(turn);
        let error = error.map(|error| {
            match error {
                RehearsalError::Abandoned => tracing::info!(%error, "a rehearsal ends"),
                _ => tracing::error!(%error, "a rehearsal ends"),
            }
            error.to_string()
        });
        let RehearsalJob { candidate, .. } = &job;
        let (id, version, digest) = (candidate.id(), candidate.version(), candidate.digest());
        let done = Some(Done { id, version, digest, outcome: &outcome, error });
        // Where nobody reads it any more, nobody is told.
        lines.write(&Line { count: &count, done }).await;
    });
    Ok(response)
}

/// The candidate of a request: the package in its body, or else the version that is published.
async fn candidate(
    service: &Service,
    principal: &Principal,
    (id, version): (DecoderId, Version),
    request: Request,
) -> Result<Candidate, Problem> {
    let place = place_for_package(service, &principal.token)?;
    let headers = request.headers().clone();
    let file = read_body(request, service.config.sandbox.component_bytes).await?;
    if file.is_empty() {
        let published = service.registry.version(&id, &version).await?;
        return Ok(Candidate::Published(published));
    }
    check_provenance(service, principal, (&id, &version, Digest::of(&file)), &headers)?;
    let registry = Arc::clone(&service.registry);
    let turn = service.publications.acquire().await;
    let loaded = tokio::task::spawn_blocking(move || {
        let loaded = load_candidate(file.to_vec(), (&id, &version), registry.sandbox());
        loaded.map(|decoder| Candidate::File { id, version, decoder: Box::new(decoder) })
    })
    .await
    .map_err(|error| Problem::internal(&error))?;
    drop((turn, place));
    loaded.map_err(|findings| PublishError::Refused(findings).into())
}

/// Checks that a package is vouched for as it would have to be to be published: else payloads of all could be read by
/// a decoder of nobody. An admin, who sees them anyway, may try any package.
fn check_provenance(
    service: &Service,
    principal: &Principal,
    (id, version, digest): (&DecoderId, &Version, Digest),
    headers: &HeaderMap,
) -> Result<(), Problem> {
    if principal.is_admin() {
        return Ok(());
    }
    let provenance = provenance(headers, service.config.publication.unsigned)?;
    let publishers = service.registry.publishers();
    publishers.check(&provenance, (id, version), digest).map_err(PublishError::Untrusted)?;
    Ok(())
}
