//! Devices: registered by admins, seen by the partner whose they are.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use champollion_frames::DevEui;
use champollion_registry::package::DecoderRef;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, HandOver, Inspect, ProvisionOwn},
    extract::{JsonBody, Parameters, PathParts, SecretBody, parameter, path_part, to_the_end},
    known_network_server::check_known,
    paging::{self, PageEnd, Window, limit},
};
use crate::{
    auth::{GroupRefused, Reach},
    authors::GuardedAuthor,
    devices::{Assignment, Device, DevicesError, HandedSession, Registration},
    ingest::IngestError,
    service::Service,
};

/// A device, when it was last heard, and what is odd about it.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShownDevice)]
pub(super) struct Shown {
    #[serde(flatten)]
    device: Device,
    /// The reception of its last frame; absent where none was received.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_heard_at: Option<Timestamp>,
    /// Warnings though the device is registered: no published version satisfies its decoder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl Shown {
    fn new(service: &Service, device: &Device) -> Self {
        let Assignment { decoder, firmware_decoders, .. } = &*device.assignment;
        let wanted = decoder.iter().chain(firmware_decoders.values());
        let unresolved = wanted.filter_map(|wanted| service.registry.resolve(wanted).err());
        let mut warnings: Vec<String> = unresolved.map(|error| error.to_string()).collect();
        warnings.dedup();
        let last_heard_at = service.devices.last_heard(device.dev_eui);
        Self { device: device.clone(), last_heard_at, warnings }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct DeviceList {
    devices: Vec<Shown>,
    #[serde(flatten)]
    end: PageEnd,
}

/// Longest silence that is asked for, in hours: a hundred years.
const SILENT_HOURS: u32 = 24 * 36_525;

/// The parameters of the list of devices.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeviceListing {
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "limit")]
    limit: Option<usize>,
    /// Only devices that were not heard for so many hours, or never; those that are delivered or stored are none.
    #[param(minimum = 1, maximum = 876_600)]
    silent_hours: Option<u32>,
}

impl DeviceListing {
    /// The moment before which a device must have been heard last to be silent.
    fn silent_since(&self) -> Result<Option<Timestamp>, Problem> {
        let Some(hours) = self.silent_hours else { return Ok(None) };
        if !(1..=SILENT_HOURS).contains(&hours) {
            let detail = format!("silentHours={hours} is not from 1 to {SILENT_HOURS}");
            return Err(Problem::bad_request("invalid-query", detail));
        }
        let since = Timestamp::now().checked_sub(SignedDuration::from_hours(hours.into()));
        since.map(Some).map_err(|error| Problem::internal(&error))
    }
}

#[utoipa::path(
    get,
    path = "/v1/devices",
    operation_id = "listDevices",
    tag = "devices",
    summary = "List the devices that the token may see",
    params(DeviceListing),
    responses(
        (status = 200, description = "The devices, without their keys.", body = DeviceList),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(super) async fn list(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    Parameters(listing): Parameters<DeviceListing>,
) -> Result<Json<DeviceList>, Problem> {
    let silent_since = listing.silent_since()?;
    let DeviceListing { after, limit, .. } = listing;
    let from = after.as_deref().map(|dev_eui| parameter("after", dev_eui)).transpose()?;
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let (reach, lookups) = (authorized.reach, window.lookups());
    let groups = reach.touched_groups();
    let is_whole =
        groups.as_ref().is_none_or(|groups| groups.iter().all(|group| reach.sees(group)));
    let looking = {
        let service = Arc::clone(&service);
        move || {
            let seen = |device: &Device| {
                sees(&reach, device)
                    && silent_since
                        .is_none_or(|since| service.devices.is_silent_since(device, since))
            };
            service.devices.page_in(groups.as_ref(), seen, from, lookups)
        }
    };
    let devices = match silent_since {
        None if is_whole => looking(),
        // Of very many there may be few, or none.
        _ => service.expensive_turn(&authorized.principal, None)?.run(looking).await?,
    };
    let devices = devices.iter().map(|device| Shown::new(&service, device));
    let place = |listed: &Shown| listed.device.dev_eui.to_string();
    let (devices, end) = paging::page(devices, window, place);
    Ok(Json(DeviceList { devices, end }))
}

/// A device of another partner is as unknown as one that nobody has.
#[utoipa::path(
    get,
    path = "/v1/devices/{dev_eui}",
    operation_id = "getDevice",
    tag = "devices",
    summary = "Get a device",
    responses(
        (status = 200, description = "The device, without its keys.", body = Shown),
        (status = 404, description = "unknown-device"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
) -> Result<Json<Shown>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    let device = seen_device(&service, &authorized.reach, dev_eui)?;
    Ok(Json(Shown::new(&service, &device)))
}

#[utoipa::path(
    put,
    path = "/v1/devices/{dev_eui}",
    operation_id = "registerDevice",
    tag = "devices",
    summary = "Register a device, or change its registration",
    request_body = Registration,
    responses(
        (status = 200, description = "The device, without its keys.", body = Shown),
        (
            status = 400,
            description = "unknown-network-server, description-too-large, impossible-registration",
        ),
        (status = 503, description = "not-kept"),
        (
            status = 409,
            description = "quota-exceeded, device-elsewhere, approval-not-in-force, beyond-approval, unowned-group, \
                           other-database",
        ),
    ),
)]
pub(super) async fn register(
    authorized: Authorized<ProvisionOwn>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    SecretBody(registration): SecretBody<Registration>,
) -> Result<Json<Shown>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    if let Some(server) = &registration.network_server {
        check_known(&service, server)?;
    }
    let decoders = registration.decoder.iter().chain(registration.firmware_decoders.values());
    refuse_derived(&service, decoders)?;
    let author = may_register(&authorized, &service, dev_eui, &registration)?;
    let registered = to_the_end(async move {
        let device = service.devices.register(dev_eui, registration, &author).await?;
        service.ask_for_consent(&device.group).await;
        Ok(Shown::new(&service, &device))
    });
    Ok(Json(registered.await?))
}

/// Checks that a device may be registered by a sender, and gives the author of the change. A device of another's group
/// stays there, also where it comes there meanwhile.
fn may_register(
    authorized: &Authorized<ProvisionOwn>,
    service: &Arc<Service>,
    dev_eui: DevEui,
    registration: &Registration,
) -> Result<GuardedAuthor, Problem> {
    let reach = authorized.reach.clone();
    if !reach.sees_object(&registration.group, registration.sub_group.as_ref()) {
        return Err(GroupRefused::OfAnother(registration.group.clone()).into());
    }
    let known = Arc::clone(service);
    let is_own = move || known.devices.get(dev_eui).is_none_or(|device| sees(&reach, &device));
    if !is_own() {
        return Err(Problem::conflict(
            "device-elsewhere",
            format!(
                "{dev_eui} cannot be registered in your groups: ask the operator of the server"
            ),
        ));
    }
    Ok(GuardedAuthor::new(authorized.author(service), is_own))
}

fn sees(reach: &Reach, device: &Device) -> bool {
    reach.sees_object(&device.group, device.sub_group.as_ref())
}

/// A device of another partner is as unknown as one that nobody has.
pub(super) fn seen_device(
    service: &Service,
    reach: &Reach,
    dev_eui: DevEui,
) -> Result<Arc<Device>, Problem> {
    let device = service.devices.get(dev_eui).filter(|device| sees(reach, device));
    Ok(device.ok_or(DevicesError::Unknown(dev_eui))?)
}

/// The author of changes of devices that are all the sender's own, and stay so until a change is durable.
pub(super) fn author_of_own(
    authorized: &Authorized<ProvisionOwn>,
    service: &Arc<Service>,
    devices: Vec<DevEui>,
) -> Result<GuardedAuthor, Problem> {
    let reach = authorized.reach.clone();
    for dev_eui in &devices {
        seen_device(service, &reach, *dev_eui)?;
    }
    let known = Arc::clone(service);
    let are_own = move || {
        let mut there = devices.iter().filter_map(|dev_eui| known.devices.get(*dev_eui));
        there.all(|device| sees(&reach, &device))
    };
    Ok(GuardedAuthor::new(authorized.author(service), are_own))
}

/// Assigns a device the decoder that it has from now on.
#[utoipa::path(
    put,
    path = "/v1/devices/{dev_eui}/decoder",
    operation_id = "assignDecoder",
    tag = "devices",
    summary = "Assign a decoder to a device",
    request_body = AssignmentRequest,
    responses(
        (status = 200, description = "The device with its decoder.", body = Shown),
        (status = 400, description = "impossible-registration"),
        (status = 404, description = "unknown-device"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn assign(
    authorized: Authorized<ProvisionOwn>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    JsonBody(wish): JsonBody<AssignmentRequest>,
) -> Result<Json<Shown>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    seen_device(&service, &authorized.reach, dev_eui)?;
    let AssignmentRequest { decoder, firmware, firmware_decoders } = wish;
    let assignment = Assignment { decoder, firmware, firmware_decoders };
    refuse_derived(
        &service,
        assignment.decoder.iter().chain(assignment.firmware_decoders.values()),
    )?;
    let author = authorized.author(&service);
    let assigned = to_the_end(async move {
        let device = service.devices.assign(dev_eui, assignment, &author).await?;
        Ok(Shown::new(&service, &device))
    });
    Ok(Json(assigned.await?))
}

/// Refuses a derived decoder where one of payloads is meant.
fn refuse_derived<'of>(
    service: &Service,
    mut wanted: impl Iterator<Item = &'of DecoderRef>,
) -> Result<(), Problem> {
    let Some(derived) = wanted.find(|wanted| service.registry.is_derived(wanted)) else {
        return Ok(());
    };
    let detail = format!(
        "{derived} is a derived decoder, which reads readings and no payloads: assign it beside, with \
         PUT /v1/devices/{{dev_eui}}/derived"
    );
    Err(Problem::bad_request("impossible-registration", detail).with("path", "decoder"))
}

/// The body of a request that assigns a decoder.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AssignmentRequest)]
pub(super) struct AssignmentRequest {
    decoder: Option<DecoderRef>,
    firmware: Option<String>,
    #[serde(default)]
    firmware_decoders: BTreeMap<String, DecoderRef>,
}

/// A session of a device that joined elsewhere.
#[utoipa::path(
    put,
    path = "/v1/devices/{dev_eui}/session",
    operation_id = "handOverSession",
    tag = "devices",
    summary = "Hand over the session of a device that joined elsewhere",
    request_body = HandedSession,
    responses(
        (
            status = 200,
            description = "The device with the address of its session.",
            body = Device,
        ),
        (status = 400, description = "impossible-session"),
        (status = 404, description = "unknown-device"),
        (status = 409, description = "other-session"),
        (status = 403, description = "other-network-server"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn hand_over(
    authorized: Authorized<HandOver>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    SecretBody(session): SecretBody<HandedSession>,
) -> Result<Json<Device>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    let speaker = authorized.principal.speaker(&service.config);
    speaker.check(&service.devices, dev_eui).map_err(IngestError::Refused)?;
    let author = authorized.author(&service);
    let device = to_the_end(async move {
        let keks = &service.config.keks;
        Ok(service.devices.hand_over(dev_eui, &session, keks, &author).await?)
    });
    let device = device.await?;
    Ok(Json(Device::clone(&device)))
}

#[utoipa::path(
    delete,
    path = "/v1/devices/{dev_eui}",
    operation_id = "removeDevice",
    tag = "devices",
    summary = "Remove a device; its records stay until they are delivered or too old",
    responses(
        (status = 204, description = "It is done."),
        (status = 404, description = "unknown-device"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn remove(
    authorized: Authorized<ProvisionOwn>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    seen_device(&service, &authorized.reach, dev_eui)?;
    let author = authorized.author(&service);
    to_the_end(async move {
        service.devices.remove(dev_eui, &author).await?;
        service.downlinks.forget_device(dev_eui).await?;
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
