//! The vault: its master key is rotated while the server runs.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_fleet::vault::Rotated;
use champollion_registry::ledger::AuditEntry;
use serde::Serialize;
use serde_json::json;

use super::{
    Problem,
    authorized::{Administer, Authorized},
    extract::to_the_end,
};
use crate::{authors::Author, service::Service};

/// The master key in force, by its name.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MasterKeyRotation {
    /// The name of the master key in force, which tells nothing of the key itself.
    master_key: String,
    /// The name of the master key before.
    before: String,
    /// The place of the key, in words.
    place: String,
}

/// Wraps the data keys by a new master key. What they seal is not written anew.
#[utoipa::path(
    post,
    path = "/v1/vault/master-key/rotate",
    operation_id = "rotateMasterKey",
    tag = "operation",
    summary = "Give the vault a new master key",
    responses(
        (status = 200, description = "The master key in force.", body = MasterKeyRotation),
        (status = 409, description = "master-key-elsewhere, master-key-unusable"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn rotate(
    authorized: Authorized<Administer>,
    State(service): State<Arc<Service>>,
) -> Result<Json<MasterKeyRotation>, Problem> {
    let author = authorized.author(&service);
    let rotated = to_the_end(async move {
        let commit = |batch, rotated: Rotated| async move {
            let names = json!({ "before": rotated.before.to_string() });
            let act = AuditEntry::of_act("master-key-rotate", &rotated.master_key).with(names);
            author.commit(batch, act.essential()).await
        };
        Ok(service.vault.rotate(commit).await?)
    });
    let Rotated { master_key, before, place } = rotated.await?;
    let (master_key, before) = (master_key.to_string(), before.to_string());
    Ok(Json(MasterKeyRotation { master_key, before, place: place.to_string() }))
}
