//! Messages from brokers that could not be read, for admins.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_registry::ledger::AuditEntry;
use data_encoding::BASE64;
use serde::Serialize;
use serde_json::{Value as Json_, json};
use uuid::Uuid;

use super::{
    Problem,
    acts::note,
    authorized::{Authorized, ManageParked},
    extract::{PathParts, path_part},
};
use crate::{mqtt::NotTaken, parked::ParkedInfo, service::Service};

#[derive(Serialize)]
pub(super) struct ParkedList {
    parked: Vec<ParkedInfo>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    #[serde(flatten)]
    info: ParkedInfo,
    /// The payload, where it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The payload, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    /// Whether that is the beginning only.
    truncated: bool,
}

pub(super) async fn list(
    _: Authorized<ManageParked>,
    State(service): State<Arc<Service>>,
) -> Json<ParkedList> {
    let parked = service.parked.list();
    Json(ParkedList { parked: parked.iter().map(|info| ParkedInfo::clone(info)).collect() })
}

pub(super) async fn show(
    _: Authorized<ManageParked>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<Shown>, Problem> {
    let message = service.parked.get(path_part("message", &id)?).await?;
    let truncated = message.payload.len() < message.info.bytes;
    let (text, base64) = match String::from_utf8(message.payload) {
        Ok(text) => (Some(text), None),
        Err(error) => (None, Some(BASE64.encode(error.as_bytes()))),
    };
    Ok(Json(Shown { info: ParkedInfo::clone(&message.info), text, base64, truncated }))
}

pub(super) async fn drop(
    authorized: Authorized<ManageParked>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let id: Uuid = path_part("message", &id)?;
    service.parked.remove(id).await?;
    let entry = AuditEntry::new(&authorized.principal.actor(), "parked-drop", id).essential();
    note(&service, entry).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes it once more: the device may be registered by now, or this server can read what it could not.
pub(super) async fn retry(
    authorized: Authorized<ManageParked>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<Json_>, Problem> {
    let id: Uuid = path_part("message", &id)?;
    let message = service.parked.get(id).await?;
    let server = &message.info.network_server;
    let receiver = service.receivers.get(server).ok_or_else(|| {
        let detail = format!("the settings have no [network-servers.{server}.mqtt] any more");
        Problem::conflict("unknown-network-server", detail)
    })?;
    let result = receiver.take_parked(&message).await.map_err(|error| match error {
        NotTaken::Unreadable { code, detail } => Problem::unprocessable(code, detail),
        NotTaken::Refused(why) => Problem::unprocessable("refused", why),
        NotTaken::Later(why) => Problem::unavailable("not-kept", why),
    })?;
    service.parked.remove(id).await?;
    let entry = AuditEntry::new(&authorized.principal.actor(), "parked-retry", id);
    note(&service, entry.with(json!({ "networkServer": server }))).await;
    Ok(Json(json!({ "result": result })))
}
