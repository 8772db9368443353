//! Commands to devices: given by the partner whose they are, and by admins.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use champollion_delivery::names::GroupId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Problem,
    authorized::{Authorized, Command, ReadCommands},
    devices::seen_device,
    extract::{JsonBody, Parameters, PathParts, path_part, to_the_end},
    paging::{self, PageEnd, Window},
    quotas::permit_priority,
};
use crate::{
    auth::{Principal, Reach},
    authors::Author,
    downlinks::{
        CancelError, CommandRequest, Downlink, GroupAnswer, GroupCommandRequest, Refused,
        RequestKey, SendError, Sender,
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

/// The header of requests that are recognized when they come again, for their description.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "headers are read one by one")]
struct RequestName {
    /// A name of the request, 1 to 255 visible characters: the same request once more is the same command.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    key: Option<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// The id of a command: only earlier ones are listed.
    before: Option<Uuid>,
    /// The same, by the name that it has in all lists.
    after: Option<Uuid>,
    /// The most commands of an answer, 1 to 1000; 100 where it is left out.
    #[serde(default, deserialize_with = "paging::limit")]
    limit: Option<usize>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct DownlinkList {
    downlinks: Vec<Downlink>,
    #[serde(flatten)]
    end: PageEnd,
}

#[utoipa::path(
    post,
    path = "/v1/devices/{dev_eui}/downlinks",
    operation_id = "sendCommand",
    tag = "commands",
    summary = "Send a command to a device",
    params(RequestName),
    request_body = CommandRequest,
    responses(
        (
            status = 202,
            description = "The command is durable and will be handed over.",
            body = Downlink,
            headers(("Location" = String, description = "The path of the command.")),
        ),
        (
            status = 400,
            description = "invalid-idempotency-key, command-too-large, invalid-expiry",
        ),
        (status = 404, description = "unknown-device, DECODER"),
        (status = 409, description = "request-under-way, quarantined"),
        (
            status = 422,
            description = "no-decoder, no-network-server, no-downlinks, other-request, CALL",
        ),
        (status = 429, description = "quota-exceeded, busy"),
        (status = 503, description = "not-kept"),
        (status = 403, description = "priority-not-permitted"),
    ),
)]
pub(super) async fn send(
    authorized: Authorized<Command>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    headers: HeaderMap,
    JsonBody(wish): JsonBody<CommandRequest>,
) -> Result<Response, Problem> {
    let device = seen_device(&service, &authorized.reach, path_part("DevEUI", &dev_eui)?)?;
    permit_priority(&service, &authorized.principal, &device.group, wish.priority)?;
    let path = format!("devices/{}", device.dev_eui);
    let sender = sender(&authorized.principal, &headers, &path, &wish)?;
    let author = authorized.author(&service);
    let downlink = to_the_end(async move {
        let downlink = service.downlinks.send(&device, &wish, &sender, &author).await?;
        Ok(service.downlinks.as_shown(&downlink))
    })
    .await?;
    let location = format!("/v1/downlinks/{}", downlink.id);
    let mut response = (StatusCode::ACCEPTED, Json(downlink)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

#[utoipa::path(
    post,
    path = "/v1/groups/{group}/downlinks",
    operation_id = "sendGroupCommand",
    tag = "commands",
    summary = "Send a command to the devices of a group",
    params(RequestName),
    request_body = GroupCommandRequest,
    responses(
        (status = 202, description = "What came of it for each device.", body = GroupAnswer),
        (
            status = 400,
            description = "invalid-idempotency-key, command-too-large, invalid-expiry",
        ),
        (status = 404, description = "unknown-group, no-devices, DECODER"),
        (status = 409, description = "request-under-way, quarantined"),
        (
            status = 422,
            description = "other-request, too-many-devices, no-decoder, no-network-server, \
                           no-downlinks, CALL",
        ),
        (status = 429, description = "quota-exceeded, too-many-expensive-requests, busy"),
        (status = 503, description = "too-busy, took-too-long, not-kept"),
        (status = 403, description = "priority-not-permitted"),
    ),
)]
pub(super) async fn send_to_group(
    authorized: Authorized<Command>,
    State(service): State<Arc<Service>>,
    PathParts(group): PathParts<String>,
    headers: HeaderMap,
    JsonBody(wish): JsonBody<GroupCommandRequest>,
) -> Result<(StatusCode, Json<GroupAnswer>), Problem> {
    let group: GroupId = path_part("group", &group)?;
    // Another partner's group is as unknown as one that nobody has.
    if !authorized.reach.sees(&group) || service.devices.count_of(&group) == 0 {
        let detail = format!("there is no group {group} with devices");
        return Err(Problem::not_found("unknown-group", detail));
    }
    permit_priority(&service, &authorized.principal, &group, wish.priority)?;
    let turn = service.expensive_turn(&authorized.principal, Some(&group))?;
    let devices = turn.run({
        let (service, group, wish) = (Arc::clone(&service), group.clone(), wish.clone());
        move || service.devices.of_group(&group, |device| wish.means(&device.tags))
    });
    let devices = devices.await?;
    drop(turn);
    let sender = sender(&authorized.principal, &headers, &format!("groups/{group}"), &wish)?;
    let author = authorized.author(&service);
    let answer = to_the_end(async move {
        let by = (&sender, &author as &dyn Author);
        Ok(service.downlinks.send_to_group(&group, &devices, &wish, by, refused).await?)
    })
    .await?;
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// The words of a refusal that stands among what became of other devices.
pub(crate) fn refused(error: SendError) -> Refused {
    let (code, detail) = Problem::from(error).words();
    Refused { code: code.to_owned(), detail }
}

#[utoipa::path(
    get,
    path = "/v1/devices/{dev_eui}/downlinks",
    operation_id = "listCommands",
    tag = "commands",
    summary = "List the commands to a device, the latest first",
    params(Listing),
    responses(
        (status = 200, description = "The commands.", body = DownlinkList),
        (status = 404, description = "unknown-device"),
    ),
)]
pub(super) async fn of_device(
    authorized: Authorized<ReadCommands>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    Parameters(Listing { before, after, limit }): Parameters<Listing>,
) -> Result<Json<DownlinkList>, Problem> {
    let device = seen_device(&service, &authorized.reach, path_part("DevEUI", &dev_eui)?)?;
    if before.is_some() && after.is_some() && before != after {
        let detail = "before and after are two names of the same parameter, and say two things: leave one out";
        return Err(Problem::bad_request("invalid-query", detail));
    }
    let before = after.or(before);
    let bytes = service.config.http.page_bytes;
    let place_before = before.map(|before| before.to_string());
    let window = Window::of(place_before, limit, (DEFAULT_LIMIT, MAX_LIMIT), bytes);
    // Those of a partner that the device belonged to before are not this one's.
    let sees = |downlink: &Downlink| sees(&service, &authorized.reach, downlink);
    let (dev_eui, limit) = (device.dev_eui, window.lookups() - 1);
    let page = service.downlinks.of_device(dev_eui, before, limit, bytes, &sees).await?;
    let place = |downlink: &Downlink| downlink.id.to_string();
    let (mut downlinks, end) = paging::page(page, window, place);
    for downlink in &mut downlinks {
        downlink.waiting_for = service.downlinks.waiting_for(downlink);
    }
    Ok(Json(DownlinkList { downlinks, end }))
}

#[utoipa::path(
    get,
    path = "/v1/downlinks/{id}",
    operation_id = "getCommand",
    tag = "commands",
    summary = "Get a command and its state",
    responses(
        (status = 200, description = "The command.", body = Downlink),
        (status = 404, description = "unknown-downlink"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<ReadCommands>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<Downlink>, Problem> {
    let downlink = seen(&service, &authorized.reach, path_part("command", &id)?).await?;
    Ok(Json(service.downlinks.as_shown(&downlink)))
}

#[utoipa::path(
    delete,
    path = "/v1/downlinks/{id}",
    operation_id = "cancelCommand",
    tag = "commands",
    summary = "Cancel a command that was not sent yet, where the network server gives it back",
    responses(
        (status = 200, description = "The command, cancelled.", body = Downlink),
        (status = 404, description = "unknown-downlink"),
        (status = 409, description = "handed-over, may-be-handed-over, at-its-end"),
    ),
)]
pub(super) async fn cancel(
    authorized: Authorized<Command>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<Downlink>, Problem> {
    let downlink = seen(&service, &authorized.reach, path_part("command", &id)?).await?;
    let author = authorized.author(&service);
    let cancelled =
        to_the_end(async move { Ok(service.downlinks.cancel(downlink.id, &author).await?) })
            .await?;
    Ok(Json(Downlink::clone(&cancelled)))
}

/// A command of another partner is as unknown as one that nobody has.
async fn seen(service: &Service, reach: &Reach, id: Uuid) -> Result<Arc<Downlink>, Problem> {
    let downlink = service.downlinks.get(id).await?;
    let downlink = downlink.filter(|downlink| sees(service, reach, downlink));
    downlink.ok_or_else(|| CancelError::Unknown(id).into())
}

/// Whether a command went to an object within reach, which is where it was when the command was sent.
fn sees(service: &Service, reach: &Reach, downlink: &Downlink) -> bool {
    let device = service.devices.get(downlink.dev_eui);
    let device = device.filter(|device| device.group == downlink.group);
    let part = device.as_ref().and_then(|device| device.sub_group.as_ref());
    reach.sees_object(&downlink.group, part)
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
