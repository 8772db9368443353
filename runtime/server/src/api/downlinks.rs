//! Commands to devices: given by the partner whose they are, and by admins.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_registry::ledger::AuditEntry;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    Problem,
    acts::note,
    authorized::{Authorized, Command},
    extract::{JsonBody, Parameters, PathParts, path_part},
    paging::{self, PageEnd, Window},
    quotas::permit_priority,
};
use crate::{
    auth::Principal,
    devices::{Device, DevicesError},
    downlinks::{
        CancelError, Downlink, GroupAnswer, GroupWish, Refused, RequestKey, SendError, Sender, Wish,
    },
    service::Service,
};

/// The header by which a client names a request, so that the same once more is the same command.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Longest of these names in bytes: eight UUIDs.
const KEY_BYTES: usize = 255;

/// Commands of one answer where the client does not say how many.
const DEFAULT_LIMIT: usize = 100;

/// Most commands of one answer: about 2 MB.
const MAX_LIMIT: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Only what came before this command.
    before: Option<Uuid>,
    /// The same, by the name that it has in all lists.
    after: Option<Uuid>,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct DownlinkList {
    downlinks: Vec<Downlink>,
    #[serde(flatten)]
    end: PageEnd,
}

pub(super) async fn send(
    authorized: Authorized<Command>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    headers: HeaderMap,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Response, Problem> {
    let device = seen_device(&service, &authorized.principal, &dev_eui)?;
    permit_priority(&service, &authorized.principal, &device.group, wish.priority)?;
    let path = format!("devices/{}", device.dev_eui);
    let sender = sender(&authorized.principal, &headers, &path, &wish)?;
    let downlink = service.downlinks.send(&device, &wish, &sender).await?;
    let entry = AuditEntry::new(&authorized.principal.actor(), "command-send", device.dev_eui);
    note(&service, entry.with(json!({ "id": downlink.id, "group": device.group }))).await;
    let location = format!("/v1/downlinks/{}", downlink.id);
    let mut response = (StatusCode::ACCEPTED, Json(Downlink::clone(&downlink))).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

pub(super) async fn send_to_group(
    authorized: Authorized<Command>,
    State(service): State<Arc<Service>>,
    PathParts(group): PathParts<String>,
    headers: HeaderMap,
    JsonBody(wish): JsonBody<GroupWish>,
) -> Result<(StatusCode, Json<GroupAnswer>), Problem> {
    let group: GroupId = path_part("group", &group)?;
    let devices = if authorized.principal.sees(&group) {
        service.devices.list(|device| device.group == group)
    } else {
        Vec::new()
    };
    // Another partner's group is as unknown as one that nobody has.
    if devices.is_empty() {
        let detail = format!("there is no group {group} with devices");
        return Err(Problem::not_found("unknown-group", detail));
    }
    permit_priority(&service, &authorized.principal, &group, wish.priority)?;
    let sender = sender(&authorized.principal, &headers, &format!("groups/{group}"), &wish)?;
    let answer = service.downlinks.send_to_group(&group, &devices, &wish, &sender, refused).await?;
    let entry = AuditEntry::new(&authorized.principal.actor(), "command-send-to-group", &group);
    note(&service, entry.with(json!({ "devices": devices.len() }))).await;
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// The words of a refusal that stands among what became of other devices.
fn refused(error: SendError) -> Refused {
    let (code, detail) = Problem::from(error).words();
    Refused { code: code.to_owned(), detail }
}

pub(super) async fn of_device(
    authorized: Authorized<Command>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    Parameters(Listing { before, after, limit }): Parameters<Listing>,
) -> Result<Json<DownlinkList>, Problem> {
    let device = seen_device(&service, &authorized.principal, &dev_eui)?;
    let before = after.or(before);
    let bytes = service.config.http.page_bytes;
    let place_before = before.map(|before| before.to_string());
    let window = Window::of(place_before, limit, (DEFAULT_LIMIT, MAX_LIMIT), bytes);
    // Those of a partner that the device belonged to before are not this one's.
    let sees = |downlink: &Downlink| authorized.principal.sees(&downlink.group);
    let (dev_eui, limit) = (device.dev_eui, window.lookups() - 1);
    let page = service.downlinks.of_device(dev_eui, before, limit, bytes, &sees).await?;
    let place = |downlink: &Downlink| downlink.id.to_string();
    let (downlinks, end) = paging::page(page, window, place);
    Ok(Json(DownlinkList { downlinks, end }))
}

pub(super) async fn show(
    authorized: Authorized<Command>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<Downlink>, Problem> {
    let downlink = seen(&service, &authorized.principal, path_part("command", &id)?).await?;
    Ok(Json(Downlink::clone(&downlink)))
}

pub(super) async fn cancel(
    authorized: Authorized<Command>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<Downlink>, Problem> {
    let downlink = seen(&service, &authorized.principal, path_part("command", &id)?).await?;
    let cancelled = service.downlinks.cancel(downlink.id).await?;
    let entry = AuditEntry::new(&authorized.principal.actor(), "command-cancel", downlink.id);
    note(&service, entry.with(json!({ "device": downlink.dev_eui })).essential()).await;
    Ok(Json(Downlink::clone(&cancelled)))
}

/// A device of another partner is as unknown as one that nobody has.
fn seen_device(
    service: &Service,
    principal: &Principal,
    dev_eui: &str,
) -> Result<Arc<Device>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", dev_eui)?;
    let device = service.devices.get(dev_eui).filter(|device| principal.sees(&device.group));
    Ok(device.ok_or(DevicesError::Unknown(dev_eui))?)
}

/// The same of commands.
async fn seen(
    service: &Service,
    principal: &Principal,
    id: Uuid,
) -> Result<Arc<Downlink>, Problem> {
    let downlink = service.downlinks.get(id).await?;
    let downlink = downlink.filter(|downlink| principal.sees(&downlink.group));
    downlink.ok_or_else(|| CancelError::Unknown(id).into())
}

fn sender(
    principal: &Principal,
    headers: &HeaderMap,
    path: &str,
    wish: &impl Serialize,
) -> Result<Sender, Problem> {
    let request = match headers.get(IDEMPOTENCY_KEY) {
        None => None,
        Some(key) => {
            let key = key.to_str().ok().filter(|key| (1..=KEY_BYTES).contains(&key.len()));
            let key = key.ok_or_else(|| {
                let detail = format!(
                    "{IDEMPOTENCY_KEY} must be 1 to {KEY_BYTES} visible characters of ASCII"
                );
                Problem::bad_request("invalid-idempotency-key", detail)
            })?;
            Some(RequestKey::new(&principal.token, key, path, wish))
        }
    };
    Ok(Sender { name: principal.name.clone(), request })
}
