//! Publishing and downloading packages.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use champollion_registry::{Package, PublishError, Published, Rehearsal};
use jiff::Timestamp;
use semver::Version;

use super::{
    Problem,
    catalogue::decoder_id,
    extract::{PathParts, path_part, read_body},
};
use crate::{
    auth::{Authorized, Inspect, Publish},
    service::Service,
};

pub(super) async fn publish(
    authorized: Authorized<Publish>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model, version)): PathParts<(String, String, String)>,
    request: Request,
) -> Result<(StatusCode, Json<Published>), Problem> {
    let id = decoder_id(&vendor, &model)?;
    let version: Version = path_part("version", &version)?;
    let file = read_body(request, service.config.sandbox.component_bytes).await?;
    let sandbox = Arc::clone(service.registry.sandbox());
    // Closed never, so there is always a turn in the end.
    let turn = service.publications.acquire().await;
    let rehearsal = tokio::task::spawn_blocking(move || {
        let package = Package::read(file.to_vec())?;
        let manifest = package.manifest();
        if (&manifest.id, &manifest.version) != (&id, &version) {
            return Err(PublishError::OtherName {
                expected: format!("{id} {version}"),
                actual: format!("{} {}", manifest.id, manifest.version),
            });
        }
        Rehearsal::of(package, &sandbox)
    })
    .await
    .map_err(|error| Problem::internal(&error))??;
    // The next package is tried while this one is written.
    drop(turn);
    let by = &authorized.principal.name;
    let published = service.registry.publish(rehearsal, by, Timestamp::now()).await?;
    tracing::info!(
        decoder = %published.id, version = %published.version, digest = %published.digest, by,
        "published"
    );
    Ok((StatusCode::CREATED, Json(published)))
}

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
