//! Messages from brokers that could not be read, for admins.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_registry::ledger::AuditEntry;
use data_encoding::BASE64;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    Problem,
    authorized::{Authorized, ManageParked},
    bodiless::NoBody,
    extract::{Parameters, PathParts, parameter, path_part, to_the_end},
    paging::{self, Listing, PageEnd, Window},
};
use crate::{mqtt::NotTaken, parked::ParkedInfo, service::Service};

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ParkedList {
    parked: Vec<ParkedInfo>,
    #[serde(flatten)]
    end: PageEnd,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ParkedMessage)]
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

#[utoipa::path(
    get,
    path = "/v1/parked",
    operation_id = "listParked",
    tag = "operation",
    summary = "List the messages of brokers that could not be read",
    params(Listing),
    responses((status = 200, description = "The messages, without their payloads.", body = ParkedList)),
)]
pub(super) async fn list(
    _: Authorized<ManageParked>,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<ParkedList>, Problem> {
    let from: Option<Uuid> = after.as_deref().map(|id| parameter("after", id)).transpose()?;
    let all = service.parked.list();
    let later = all.iter().filter(|info| from.is_none_or(|from| info.id > from));
    let parked = later.map(|info| ParkedInfo::clone(info));
    let place = |info: &ParkedInfo| info.id.to_string();
    let (parked, end) =
        paging::page(parked, Window::new(after, limit, service.config.http.page_bytes), place);
    Ok(Json(ParkedList { parked, end }))
}

#[utoipa::path(
    get,
    path = "/v1/parked/{id}",
    operation_id = "getParked",
    tag = "operation",
    summary = "Get a message that could not be read, with its payload",
    responses(
        (status = 200, description = "The message.", body = Shown),
        (status = 404, description = "unknown-message"),
    ),
)]
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

#[utoipa::path(
    delete,
    path = "/v1/parked/{id}",
    operation_id = "removeParked",
    tag = "operation",
    summary = "Remove a message that could not be read",
    responses(
        (status = 204, description = "It is done."),
        (status = 404, description = "unknown-message"),
    ),
)]
pub(super) async fn drop(
    authorized: Authorized<ManageParked>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let id: Uuid = path_part("message", &id)?;
    let author = authorized.author(&service);
    to_the_end(async move {
        service.parked.remove(id, &author, AuditEntry::of_act("parked-drop", id)).await?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// The outcome of taking a message once more.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Retried {
    /// The outcome in a word: `accepted`, `joined`, `ignored`.
    result: &'static str,
}

/// Takes it once more: the device may be registered by now, or this server can read what it could not.
#[utoipa::path(
    post,
    path = "/v1/parked/{id}/retry",
    operation_id = "retryParked",
    tag = "operation",
    summary = "Take a message once more that could not be read",
    responses(
        (
            status = 200,
            description = "The message was taken, and is parked no more.",
            body = Retried,
        ),
        (status = 404, description = "unknown-message"),
        (status = 409, description = "unknown-network-server"),
        (
            status = 422,
            description = "malformed-json, malformed-protobuf, malformed-xml, other-format, invalid-body, refused",
        ),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn retry(
    authorized: Authorized<ManageParked>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    NoBody: NoBody,
) -> Result<Json<Retried>, Problem> {
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
    let act = AuditEntry::of_act("parked-retry", id).with(json!({ "networkServer": server }));
    service.parked.remove(id, &authorized.author(&service), act).await?;
    Ok(Json(Retried { result }))
}
