//! Publishing and downloading packages.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use champollion_registry::{
    Publication, PublishError, Published,
    channels::Channel,
    gate::Report,
    keys::{PackageSignature, Provenance},
    package::DecoderId,
};
use champollion_sandbox::Digest;
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};
use tokio::sync::SemaphorePermit;

use super::{
    Problem,
    authorized::{Authorized, Inspect, Publish},
    catalogue::decoder_id,
    extract::{Parameters, PathParts, path_part, read_body, to_the_end},
};
use crate::{
    at_once::{TooManyAtOnce, UnderWay},
    sentence::{Sentence, packages},
    service::Service,
};

/// The header that holds the signature of a package.
const SIGNATURE: &str = "champollion-signature";

/// The parameters of a publication.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Manner {
    /// The channel that the package is put into; the candidates where it is left out.
    #[param(inline)]
    channel: Option<Channel>,
    /// Whether the package is only tried.
    #[serde(default)]
    dry_run: bool,
}

/// The outcome of a publication.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Publication)]
pub(super) struct Outcome {
    id: DecoderId,
    #[schema(value_type = String)]
    version: Version,
    digest: Digest,
    vectors: usize,
    /// Where it is; of a package that was only tried nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    report: Report,
    /// The warnings of the report for programs, in the same order: a code for each, and the values of the warning.
    noted: Vec<Sentence>,
}

/// Returns the warnings of a report as values.
fn noted(report: &Report) -> Vec<Sentence> {
    report.warnings.iter().map(packages::of_oddity).collect()
}

#[utoipa::path(
    put,
    path = "/v1/registry/{vendor}/{model}/{version}",
    operation_id = "publishPackage",
    tag = "registry",
    summary = "Publish a package, or try whether it could be",
    params(Manner, ("champollion-signature" = Option<String>, Header, description = "The public key of the publisher, a space and the signature of the package.")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The package: a component or a script with manifest and vectors inside."),
    responses(
        (
            status = 200,
            description = "The package could be published; with `dryRun` it was not.",
            body = Outcome,
        ),
        (status = 201, description = "The package is published.", body = Outcome),
        (status = 400, description = "invalid-signature"),
        (
            status = 403,
            description = "unsigned, wrong-signature, unknown-key, revoked-key, other-namespace",
        ),
        (status = 409, description = "version-exists, quota-exceeded"),
        (status = 422, description = "GATE"),
        (status = 503, description = "too-busy, not-kept"),
    ),
)]
pub(super) async fn publish(
    authorized: Authorized<Publish>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model, version)): PathParts<(String, String, String)>,
    Parameters(manner): Parameters<Manner>,
    request: Request,
) -> Result<(StatusCode, Json<Outcome>), Problem> {
    let id = decoder_id(&vendor, &model)?;
    let version: Version = path_part("version", &version)?;
    if manner.channel == Some(Channel::Stable) && !authorized.principal.is_admin() {
        return Err(Problem::forbidden(
            "a publisher publishes candidates, which an admin promotes: leave channel out",
        ));
    }
    let limits = &service.config.publication;
    let provenance = provenance(request.headers(), limits.unsigned)?;
    let place = place_for_package(&service, &authorized.principal.token)?;
    let file = read_body(request, service.config.sandbox.component_bytes).await?;
    let digest = Digest::of(&file);
    service.registry.is_free(&id, &version, digest)?;
    let taken = service.registry.bytes_of_vendor(id.vendor());
    if !manner.dry_run && taken.saturating_add(file.len() as u64) > limits.bytes_of_vendor {
        let detail = format!(
            "the packages of {} take {taken} bytes, and with this one of {} more than the {} that a vendor may \
             have: the operator of the server raises [publication] bytes-of-vendor",
            id.vendor(),
            file.len(),
            limits.bytes_of_vendor
        );
        return Err(Problem::conflict("quota-exceeded", detail));
    }
    // Nobody's time is spent on what nobody vouches for.
    let publishers = service.registry.publishers();
    publishers.check(&provenance, (&id, &version), digest).map_err(PublishError::Untrusted)?;
    let previous = service.registry.previous(&id, &version);
    let (gate, registry) = (service.config.publication.gate(), Arc::clone(&service.registry));
    // Closed never, so there is always a turn in the end.
    let turn = service.publications.acquire().await;
    let admitted = tokio::task::spawn_blocking(move || {
        let name = (&id, &version);
        gate.admit(file.to_vec(), name, previous.as_ref(), registry.sandbox())
    })
    .await
    .map_err(|error| Problem::internal(&error))?
    .map_err(PublishError::Refused)?;
    // The next package is tried while this one is written.
    drop((turn, place));
    let report = admitted.report().clone();
    if manner.dry_run {
        let manifest = admitted.package().manifest();
        return Ok((
            StatusCode::OK,
            Json(Outcome {
                id: manifest.id.clone(),
                version: manifest.version.clone(),
                digest: admitted.package().digest(),
                vectors: report.vectors,
                channel: None,
                dry_run: true,
                noted: noted(&report),
                report,
            }),
        ));
    }
    let by = authorized.principal.actor();
    let (at, channel) = (Timestamp::now(), manner.channel);
    let publication = Publication { by, at, channel, provenance };
    let published = to_the_end(async move {
        let published = service.registry.publish(admitted, &publication).await?;
        tracing::info!(
            decoder = %published.id, version = %published.version, digest = %published.digest,
            by = publication.by.name, "published"
        );
        Ok(published)
    });
    let Published { id, version, digest, vectors, channel } = published.await?;
    let (channel, dry_run) = (Some(channel), false);
    let noted = noted(&report);
    let outcome = Outcome { id, version, digest, vectors, channel, dry_run, report, noted };
    Ok((StatusCode::CREATED, Json(outcome)))
}

/// Takes a place for a package of a token. It is taken before the package is read, so that packages take so much memory
/// at most.
pub(super) fn place_for_package<'of>(
    service: &'of Service,
    token: &str,
) -> Result<(UnderWay, SemaphorePermit<'of>), Problem> {
    let limits = &service.config.publication;
    let limit = limits.waiting_of_token;
    let Some(under_way) = service.publications_of_tokens.begin(token, limit) else {
        let (what, setting) = ("packages", "[publication] waiting-of-token");
        return Err(TooManyAtOnce { what, setting, limit }.into());
    };
    let waiting = service.publications_waiting.try_acquire().map_err(|_| {
        let detail = format!(
            "{} packages are under way to be tried, as many as this server takes ([publication] waiting): \
             send it again",
            limits.waiting
        );
        Problem::unavailable("too-busy", detail)
    })?;
    Ok((under_way, waiting))
}

/// Reads the provenance of a package from the headers.
pub(super) fn provenance(headers: &HeaderMap, unsigned: bool) -> Result<Provenance, Problem> {
    let Some(header) = headers.get(SIGNATURE) else {
        return Ok(if unsigned { Provenance::Development } else { Provenance::Unsigned });
    };
    let signature: Result<PackageSignature, String> = header
        .to_str()
        .map_err(|error| error.to_string())
        .and_then(|text| text.parse().map_err(|error| format!("{error}")));
    signature.map(Provenance::Signed).map_err(|reason| {
        Problem::bad_request("invalid-signature", format!("{SIGNATURE} cannot be read: {reason}"))
    })
}

#[utoipa::path(
    get,
    path = "/v1/registry/{vendor}/{model}/{version}",
    operation_id = "downloadPackage",
    tag = "registry",
    summary = "Download a package",
    responses(
        (
            status = 200,
            description = "The package.",
            body = Vec<u8>,
            content_type = "application/wasm",
            headers(("Content-Disposition" = String, description = "The name of the file.")),
        ),
        (status = 404, description = "DECODER"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn download(
    _: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model, version)): PathParts<(String, String, String)>,
) -> Result<Response, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let version: Version = path_part("version", &version)?;
    let file = service.registry.file(&id, &version).await?;
    let disposition = format!("attachment; filename=\"{}\"", id.file_name(&version));
    let headers = [
        (header::CONTENT_TYPE, "application/wasm".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, file).into_response())
}
