//! Index and audit as they are written, and the check of both.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use champollion_registry::{
    RegistryError,
    ledger::{Archive, AuditUsage, Mended, SignedHead, Verification},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Curate, Inspect, ReadAudit},
    bodiless::NoBody,
    extract::{JsonBody, Parameters, to_the_end},
};
use crate::{
    sentence::{Sentence, packages},
    service::Service,
};

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
    #[serde(default, deserialize_with = "super::paging::limit")]
    limit: Option<usize>,
}

impl Page {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(LINES).clamp(1, LINES)
    }
}

/// Lines that are read at once: with the longest there are, 2 MiB.
const AT_ONCE: usize = 32;

/// Where to go on, as of records in formats that have no place for it.
const NEXT: HeaderName = HeaderName::from_static("next-cursor");

/// Whether there may be more lines.
const MORE: HeaderName = HeaderName::from_static("more-records");

/// The lines that are asked for.
#[derive(Clone, Copy)]
enum Chain {
    Index,
    Audit,
}

/// The place of a line.
#[derive(Deserialize)]
struct Numbered {
    sequence: u64,
}

/// The index, line by line: each names the hash of the one before.
#[utoipa::path(
    get,
    path = "/v1/registry/index",
    operation_id = "getIndex",
    tag = "registry",
    summary = "Get lines of the index of the registry",
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
    lines(&service, Chain::Index, &page).await
}

/// The audit, in the same way.
#[utoipa::path(
    get,
    path = "/v1/audit",
    operation_id = "getAudit",
    tag = "operation",
    summary = "Get lines of the audit",
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
    _: Authorized<ReadAudit>,
    State(service): State<Arc<Service>>,
    Parameters(page): Parameters<Page>,
) -> Result<Response, Problem> {
    lines(&service, Chain::Audit, &page).await
}

/// A page of lines, as many as were asked for and fit.
async fn lines(service: &Service, chain: Chain, page: &Page) -> Result<Response, Problem> {
    let bytes = service.config.http.page_bytes;
    let (mut body, mut next, mut count) = (Vec::new(), page.after, 0);
    let more = 'page: loop {
        let wanted = (page.limit() - count + 1).min(AT_ONCE);
        let lines = match chain {
            Chain::Index => service.registry.index_lines(next, wanted).await,
            Chain::Audit => service.registry.audit_lines(next, wanted).await,
        };
        let lines = lines.map_err(RegistryError::from)?;
        let at_end = lines.len() < wanted;
        for line in lines {
            let is_full = count == page.limit() || body.len() + line.len() > bytes && count > 0;
            if is_full {
                break 'page true;
            }
            // One that is damaged is shown as it is; the next follows it.
            let numbered = serde_json::from_slice::<Numbered>(&line);
            next = numbered.map_or(next + 1, |numbered| numbered.sequence);
            count += 1;
            body.extend_from_slice(&line);
            body.push(b'\n');
        }
        if at_end {
            break false;
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (NEXT, next.to_string()),
        (MORE, more.to_string()),
    ];
    Ok((headers, body).into_response())
}

/// The end of the audit, signed, with its archives and the space that it takes.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct AuditHead {
    #[serde(flatten)]
    signed: SignedHead,
    archives: Vec<Archive>,
    usage: AuditUsage,
}

/// Answers where the audit ends.
#[utoipa::path(
    get,
    path = "/v1/audit/head",
    operation_id = "getAuditHead",
    tag = "operation",
    summary = "Get the signed end of the audit, its archives and its space",
    responses(
        (status = 200, description = "The end of the audit.", body = AuditHead),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn audit_head(
    _: Authorized<ReadAudit>,
    State(service): State<Arc<Service>>,
) -> Result<Json<AuditHead>, Problem> {
    Ok(Json(AuditHead {
        signed: service.registry.signed_audit_head(Timestamp::now()).await?,
        archives: service.registry.audit_archives().await?,
        usage: service.registry.audit_usage(),
    }))
}

/// The files that lines of the audit were moved into.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Archived {
    archived: Vec<Archive>,
}

/// Moves all lines of the audit into files, whatever their size, so that they can be carried away.
#[utoipa::path(
    post,
    path = "/v1/audit/archive",
    operation_id = "archiveAudit",
    tag = "operation",
    summary = "Move all lines of the audit into files",
    responses(
        (status = 200, description = "The files that were made.", body = Archived),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn archive_audit(
    _: Authorized<ReadAudit>,
    State(service): State<Arc<Service>>,
    NoBody: NoBody,
) -> Result<Json<Archived>, Problem> {
    to_the_end(async move {
        let archived = service.registry.archive_audit(0, Timestamp::now()).await?;
        Ok(Json(Archived { archived }))
    })
    .await
}

/// The outcome of a check of the registry.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RegistryCheck)]
pub(super) struct Verified {
    #[serde(flatten)]
    verification: Verification,
    /// The problems for programs, in the same order: a code for each, and the values of the problem.
    found: Vec<Sentence>,
}

/// Whether all that is kept is what the index says.
#[utoipa::path(
    get,
    path = "/v1/registry/verify",
    operation_id = "verifyRegistry",
    tag = "registry",
    summary = "Check that all that is kept is as the index says",
    responses(
        (status = 200, description = "The outcome of the check.", body = Verified),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, not-kept"),
    ),
)]
pub(super) async fn verify(
    authorized: Authorized<Curate>,
    State(service): State<Arc<Service>>,
) -> Result<Json<Verified>, Problem> {
    // It reads every package.
    let _turn = service.expensive_turn(&authorized.principal, None)?;
    let verification = service.registry.verify().await?;
    let found = verification.flaws.iter().map(packages::of_flaw).collect();
    Ok(Json(Verified { verification, found }))
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
    request_body = Mending,
    responses(
        (status = 200, description = "The packages that were mended.", body = Mended),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, not-kept"),
    ),
)]
pub(super) async fn mend(
    authorized: Authorized<Curate>,
    State(service): State<Arc<Service>>,
    JsonBody(Mending { dry_run }): JsonBody<Mending>,
) -> Result<Json<Mended>, Problem> {
    let mended = to_the_end(async move {
        let _turn = service.expensive_turn(&authorized.principal, None)?;
        Ok(service.registry.mend_all(dry_run).await?)
    });
    Ok(Json(mended.await?))
}
