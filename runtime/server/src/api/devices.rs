//! Devices: registered by admins, seen by the partner whose they are.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use champollion_frames::DevEui;
use champollion_registry::{ledger::AuditEntry, package::DecoderRef};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Problem,
    acts::note,
    authorized::{Authorized, HandOver, Inspect, Provision},
    extract::{JsonBody, Parameters, PathParts, SecretBody, parameter, path_part, to_the_end},
    paging::{self, Listing, PageEnd, Window},
};
use crate::{
    devices::{Assignment, Device, DevicesError, HandedSession, Registration},
    ingest::IngestError,
    service::Service,
};

#[derive(Serialize)]
pub(super) struct DeviceList {
    devices: Vec<Device>,
    #[serde(flatten)]
    end: PageEnd,
}

pub(super) async fn list(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<DeviceList>, Problem> {
    let from = after.as_deref().map(|dev_eui| parameter("after", dev_eui)).transpose()?;
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let seen = |device: &Device| authorized.principal.sees(&device.group);
    let devices = service.devices.page(seen, from, window.lookups());
    let devices = devices.iter().map(|device| Device::clone(device));
    let place = |device: &Device| device.dev_eui.to_string();
    let (devices, end) = paging::page(devices, window, place);
    Ok(Json(DeviceList { devices, end }))
}

/// A device of another partner is as unknown as one that nobody has.
pub(super) async fn show(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
) -> Result<Json<Device>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    let device =
        service.devices.get(dev_eui).filter(|device| authorized.principal.sees(&device.group));
    let device = device.ok_or(DevicesError::Unknown(dev_eui))?;
    Ok(Json(Device::clone(&device)))
}

pub(super) async fn register(
    authorized: Authorized<Provision>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    SecretBody(registration): SecretBody<Registration>,
) -> Result<Json<Device>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    if let Some(server) = &registration.network_server
        && !service.config.network_servers.contains_key(server)
    {
        let detail = format!("networkServer: the settings have no [network-servers.{server}]");
        return Err(Problem::bad_request("unknown-network-server", detail));
    }
    let by = authorized.principal.actor();
    let device = to_the_end(async move {
        let device = service.devices.register(dev_eui, registration).await?;
        // Whose it is and what decodes it; its keys stay where they are.
        let entry = AuditEntry::new(&by, "device-register", dev_eui).with(json!({
            "group": device.group, "assignment": device.assignment,
            "networkServer": device.network_server, "reported": device.reported,
        }));
        service.registry.record(entry, Timestamp::now()).await?;
        Ok(device)
    });
    let device = device.await?;
    Ok(Json(Device::clone(&device)))
}

/// Assigns a device the decoder that it has from now on.
pub(super) async fn assign(
    authorized: Authorized<Provision>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    JsonBody(wish): JsonBody<AssignmentWish>,
) -> Result<Json<Device>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    let AssignmentWish { decoder, firmware, firmware_decoders } = wish;
    let assignment = Assignment { decoder, firmware, firmware_decoders };
    let entry =
        AuditEntry::new(&authorized.principal.actor(), "assign", dev_eui).with(json!(assignment));
    let device = to_the_end(async move {
        let device = service.devices.assign(dev_eui, assignment).await?;
        service.registry.record(entry, Timestamp::now()).await?;
        Ok(device)
    });
    let device = device.await?;
    Ok(Json(Device::clone(&device)))
}

/// The body of a request that assigns a decoder.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AssignmentWish {
    decoder: Option<DecoderRef>,
    firmware: Option<String>,
    #[serde(default)]
    firmware_decoders: BTreeMap<String, DecoderRef>,
}

/// A session of a device that joined elsewhere.
pub(super) async fn hand_over(
    authorized: Authorized<HandOver>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    SecretBody(session): SecretBody<HandedSession>,
) -> Result<Json<Device>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    let speaker = authorized.principal.speaker(&service.config);
    speaker.check(&service.devices, dev_eui).map_err(IngestError::Refused)?;
    let by = authorized.principal.actor();
    let device = to_the_end(async move {
        let handed = service.devices.hand_over(dev_eui, &session, &service.config.keks).await?;
        if let Some(moved) = handed.moved {
            let entry = AuditEntry::new(&by, "session-hand-over", dev_eui).with(json!(moved));
            // It is part of the way of frames, which a full audit does not hold up.
            note(&service, entry).await;
        }
        Ok(handed.device)
    });
    let device = device.await?;
    Ok(Json(Device::clone(&device)))
}

pub(super) async fn remove(
    authorized: Authorized<Provision>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    let entry =
        AuditEntry::new(&authorized.principal.actor(), "device-remove", dev_eui).essential();
    to_the_end(async move {
        service.devices.remove(dev_eui).await?;
        service.downlinks.forget_device(dev_eui).await?;
        service.registry.record(entry, Timestamp::now()).await?;
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
