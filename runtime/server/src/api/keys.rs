//! Keys of publishers, and the registry's own.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_registry::{
    keys::{PublicKey, PublisherKey},
    ledger::SignedHead,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Curate, Inspect},
    bodiless::NoBody,
    extract::{JsonBody, Parameters, PathParts, parameter, path_part, to_the_end},
    paging::{self, Listing, PageEnd, Window},
};
use crate::service::Service;

/// A key with what is known of it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct KnownKey {
    key: PublicKey,
    #[serde(flatten)]
    known: PublisherKey,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct KeyList {
    keys: Vec<KnownKey>,
    #[serde(flatten)]
    end: PageEnd,
}

/// A key that is to be known. One that is known already gets the namespaces beside its own.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewKey {
    key: PublicKey,
    name: String,
    namespaces: Vec<String>,
    /// Whether these namespaces take the place of those that the key has.
    #[serde(default)]
    only: bool,
}

/// Why a key is revoked.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Revocation {
    #[serde(default)]
    reason: String,
}

/// The registry's own key.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct OwnKey {
    key: PublicKey,
}

#[utoipa::path(
    get,
    path = "/v1/registry/keys",
    operation_id = "listKeys",
    tag = "registry",
    summary = "List the keys of publishers",
    params(Listing),
    responses((status = 200, description = "The keys.", body = KeyList)),
)]
pub(super) async fn list(
    _: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<KeyList>, Problem> {
    let from: Option<PublicKey> =
        after.as_deref().map(|key| parameter("after", key)).transpose()?;
    let publishers = service.registry.publishers();
    let later = publishers.keys().filter(|(key, _)| from.is_none_or(|from| **key > from));
    let keys = later.map(|(key, known)| KnownKey { key: *key, known: known.clone() });
    let place = |known: &KnownKey| known.key.to_string();
    let (keys, end) =
        paging::page(keys, Window::new(after, limit, service.config.http.page_bytes), place);
    Ok(Json(KeyList { keys, end }))
}

#[utoipa::path(
    post,
    path = "/v1/registry/keys",
    operation_id = "addKey",
    tag = "registry",
    summary = "Add the key of a publisher",
    request_body = NewKey,
    responses(
        (status = 201, description = "The key is known.", body = KnownKey),
        (status = 400, description = "invalid-namespaces"),
        (status = 409, description = "revoked-key"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn add(
    authorized: Authorized<Curate>,
    State(service): State<Arc<Service>>,
    JsonBody(new): JsonBody<NewKey>,
) -> Result<(StatusCode, Json<KnownKey>), Problem> {
    let NewKey { key, name, namespaces, only } = new;
    let known = PublisherKey { name, namespaces, revoked: None };
    let by = authorized.principal.actor();
    let known = to_the_end(async move {
        let (registry, now) = (&service.registry, Timestamp::now());
        Ok(match only {
            true => registry.limit_key(key, &known, &by, now).await?,
            false => registry.add_key(key, &known, &by, now).await?,
        })
    })
    .await?;
    Ok((StatusCode::CREATED, Json(KnownKey { key, known })))
}

#[utoipa::path(
    post,
    path = "/v1/registry/keys/{key}/revoke",
    operation_id = "revokeKey",
    tag = "registry",
    summary = "Revoke the key of a publisher",
    request_body = Revocation,
    responses(
        (status = 204, description = "It is done."),
        (status = 404, description = "unknown-key"),
        (status = 409, description = "revoked-key"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn revoke(
    authorized: Authorized<Curate>,
    State(service): State<Arc<Service>>,
    PathParts(key): PathParts<String>,
    JsonBody(Revocation { reason }): JsonBody<Revocation>,
) -> Result<StatusCode, Problem> {
    let key: PublicKey = path_part("key", &key)?;
    let by = authorized.principal.actor();
    to_the_end(async move {
        Ok(service.registry.revoke_key(key, &reason, &by, Timestamp::now()).await?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    post,
    path = "/v1/registry/keys/rotate",
    operation_id = "rotateOwnKey",
    tag = "registry",
    summary = "Give the registry a new key of its own",
    responses(
        (status = 200, description = "The new key.", body = OwnKey),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn rotate(
    authorized: Authorized<Curate>,
    State(service): State<Arc<Service>>,
    NoBody: NoBody,
) -> Result<Json<OwnKey>, Problem> {
    let by = authorized.principal.actor();
    let key =
        to_the_end(
            async move { Ok(service.registry.rotate_own_key(&by, Timestamp::now()).await?) },
        );
    Ok(Json(OwnKey { key: key.await? }))
}

/// Where the index ends, signed.
#[utoipa::path(
    get,
    path = "/v1/registry/head",
    operation_id = "getHead",
    tag = "registry",
    summary = "Get the signed end of the index",
    responses(
        (
            status = 200,
            description = "The end of the index, signed with the key of the registry.",
            body = SignedHead,
        ),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn head(
    _: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
) -> Result<Json<SignedHead>, Problem> {
    Ok(Json(service.registry.signed_head(Timestamp::now()).await?))
}
