//! Index and audit as they are written, and the check of both.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use champollion_registry::{
    RegistryError,
    ledger::{Mended, Verification},
};
use serde::Deserialize;

use super::{
    Problem,
    authorized::{Administer, Authorized, Inspect},
    extract::{JsonBody, Parameters, to_the_end},
};
use crate::service::Service;

/// Lines of one answer where nothing is said.
const LINES: usize = 1_000;

/// The lines that are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// The line before the first.
    #[serde(default)]
    after: u64,
    /// The most lines of an answer, 1 to 1000.
    limit: Option<usize>,
}

impl Page {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(LINES).clamp(1, LINES)
    }
}

/// The index, line by line: each names the hash of the one before.
#[utoipa::path(
    get,
    path = "/v1/registry/index",
    operation_id = "getIndex",
    tag = "registry",
    summary = "Get lines of the index of the registry",
    security(("token" = ["admin", "lns", "partner", "publisher"])),
    params(Page),
    responses(
        (
            status = 200,
            description = "The lines, as they are kept: each names the hash of the one before.",
            body = Object,
            content_type = "application/x-ndjson",
        ),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn index(
    _: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    Parameters(page): Parameters<Page>,
) -> Result<Response, Problem> {
    let lines = service.registry.index_lines(page.after, page.limit()).await;
    Ok(as_lines(&lines.map_err(RegistryError::from)?))
}

/// The audit, in the same way.
#[utoipa::path(
    get,
    path = "/v1/audit",
    operation_id = "getAudit",
    tag = "operation",
    summary = "Get lines of the audit",
    security(("token" = ["admin"])),
    params(Page),
    responses(
        (
            status = 200,
            description = "The lines, as they are kept: each names the hash of the one before.",
            body = Object,
            content_type = "application/x-ndjson",
        ),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn audit(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    Parameters(page): Parameters<Page>,
) -> Result<Response, Problem> {
    let lines = service.registry.audit_lines(page.after, page.limit()).await;
    Ok(as_lines(&lines.map_err(RegistryError::from)?))
}

/// Whether all that is kept is what the index says.
#[utoipa::path(
    get,
    path = "/v1/registry/verify",
    operation_id = "verifyRegistry",
    tag = "registry",
    summary = "Check that all that is kept is as the index says",
    security(("token" = ["admin"])),
    responses(
        (status = 200, description = "The outcome of the check.", body = Verification),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn verify(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
) -> Result<Json<Verification>, Problem> {
    Ok(Json(service.registry.verify().await?))
}

/// Whether what is damaged is only looked for.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Mending {
    dry_run: bool,
}

/// Mends all packages that are damaged or missing and can be fetched from a mirror.
#[utoipa::path(
    post,
    path = "/v1/registry/mend",
    operation_id = "mendRegistry",
    tag = "registry",
    summary = "Mend packages that are damaged or missing from a mirror",
    security(("token" = ["admin"])),
    request_body = Mending,
    responses(
        (status = 200, description = "The packages that were mended.", body = Mended),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn mend(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    JsonBody(Mending { dry_run }): JsonBody<Mending>,
) -> Result<Json<Mended>, Problem> {
    Ok(Json(to_the_end(async move { Ok(service.registry.mend_all(dry_run).await?) }).await?))
}

fn as_lines(lines: &[Vec<u8>]) -> Response {
    let mut body = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for line in lines {
        body.extend_from_slice(line);
        body.push(b'\n');
    }
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}
