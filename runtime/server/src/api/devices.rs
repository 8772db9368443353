//! Devices: registered by admins, seen by the partner whose they are.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_frames::DevEui;
use serde::Serialize;

use super::{
    Problem,
    extract::{JsonBody, PathParts, path_part},
};
use crate::{
    auth::{Administer, Authorized, Ingest, Inspect},
    devices::{Device, DevicesError, HandedSession, Registration},
    service::Service,
};

#[derive(Serialize)]
pub(super) struct DeviceList {
    devices: Vec<Device>,
}

pub(super) async fn list(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
) -> Json<DeviceList> {
    let seen = service.devices.list(|device| authorized.principal.sees(&device.group));
    Json(DeviceList { devices: seen.iter().map(|device| Device::clone(device)).collect() })
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
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    JsonBody(registration): JsonBody<Registration>,
) -> Result<Json<Device>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    let device = service.devices.register(dev_eui, registration).await?;
    Ok(Json(Device::clone(&device)))
}

/// A session of a device that joined elsewhere.
pub(super) async fn hand_over(
    _: Authorized<Ingest>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    JsonBody(session): JsonBody<HandedSession>,
) -> Result<Json<Device>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    let device = service.devices.hand_over(dev_eui, &session, &service.config.keks).await?;
    Ok(Json(Device::clone(&device)))
}

pub(super) async fn remove(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    service.devices.remove(dev_eui).await?;
    Ok(StatusCode::NO_CONTENT)
}
