//! The derived decoders of devices and groups.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_registry::package::DecoderRef;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Inspect, ProvisionOwn},
    devices::seen_device,
    extract::{JsonBody, PathParts, path_part, to_the_end},
};
use crate::{auth::Reach, derived::DerivedError, service::Service};

/// Derived decoders, each a requirement such as `acme/consumption@^1`, or a pin.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DerivedDecoders {
    /// The derived decoders; an empty list takes all away.
    decoders: Vec<DecoderRef>,
}

impl From<DerivedError> for Problem {
    fn from(error: DerivedError) -> Self {
        match error {
            DerivedError::Registry(error) => error.into(),
            DerivedError::Table(error) => Self::internal(&error),
            error => {
                let problem = Self::bad_request("impossible-registration", error.to_string());
                problem.with("path", "decoders")
            }
        }
    }
}

#[utoipa::path(
    get,
    path = "/v1/devices/{dev_eui}/derived",
    operation_id = "getDerivedOfDevice",
    tag = "devices",
    summary = "Get the derived decoders of a device",
    responses(
        (status = 200, description = "Those of the device itself.", body = DerivedDecoders),
        (status = 404, description = "unknown-device"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn of_device(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
) -> Result<Json<DerivedDecoders>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    seen_device(&service, &authorized.reach, dev_eui)?;
    let decoders = service.derived.of_device(dev_eui).await.map_err(DerivedError::from)?;
    Ok(Json(DerivedDecoders { decoders }))
}

#[utoipa::path(
    put,
    path = "/v1/devices/{dev_eui}/derived",
    operation_id = "assignDerivedToDevice",
    tag = "devices",
    summary = "Assign derived decoders to a device, in the place of those that it has",
    request_body = DerivedDecoders,
    responses(
        (status = 200, description = "The derived decoders.", body = DerivedDecoders),
        (status = 400, description = "impossible-registration"),
        (status = 404, description = "unknown-device, DECODER"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn assign_to_device(
    authorized: Authorized<ProvisionOwn>,
    State(service): State<Arc<Service>>,
    PathParts(dev_eui): PathParts<String>,
    JsonBody(wish): JsonBody<DerivedDecoders>,
) -> Result<Json<DerivedDecoders>, Problem> {
    let dev_eui: DevEui = path_part("DevEUI", &dev_eui)?;
    let device = seen_device(&service, &authorized.reach, dev_eui)?;
    let author = authorized.author(&service);
    let assigned = to_the_end(async move {
        let of = (dev_eui, &device.group);
        service.derived.assign_device(of, &wish.decoders, &author).await?;
        Ok(Json(wish))
    });
    assigned.await
}

#[utoipa::path(
    get,
    path = "/v1/groups/{group}/derived",
    operation_id = "getDerivedOfGroup",
    tag = "devices",
    summary = "Get the derived decoders of all devices of a group",
    responses(
        (status = 200, description = "Those of the group.", body = DerivedDecoders),
        (status = 404, description = "unknown-group"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn of_group(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    PathParts(group): PathParts<String>,
) -> Result<Json<DerivedDecoders>, Problem> {
    let group = seen_group(&service, &authorized.reach, &group)?;
    let decoders = service.derived.of_group(&group).await.map_err(DerivedError::from)?;
    Ok(Json(DerivedDecoders { decoders }))
}

#[utoipa::path(
    put,
    path = "/v1/groups/{group}/derived",
    operation_id = "assignDerivedToGroup",
    tag = "devices",
    summary = "Assign derived decoders to all devices of a group, in the place of those that it has",
    request_body = DerivedDecoders,
    responses(
        (status = 200, description = "The derived decoders.", body = DerivedDecoders),
        (status = 400, description = "impossible-registration"),
        (status = 404, description = "unknown-group, DECODER"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn assign_to_group(
    authorized: Authorized<ProvisionOwn>,
    State(service): State<Arc<Service>>,
    PathParts(group): PathParts<String>,
    JsonBody(wish): JsonBody<DerivedDecoders>,
) -> Result<Json<DerivedDecoders>, Problem> {
    let group = seen_group(&service, &authorized.reach, &group)?;
    let author = authorized.author(&service);
    let assigned = to_the_end(async move {
        service.derived.assign_group(&group, &wish.decoders, &author).await?;
        Ok(Json(wish))
    });
    assigned.await
}

/// A group that has devices and that the sender sees as a whole. Another partner's group is as unknown as one that
/// nobody has.
fn seen_group(service: &Service, reach: &Reach, group: &str) -> Result<GroupId, Problem> {
    let group: GroupId = path_part("group", group)?;
    if reach.sees(&group) && service.devices.count_of(&group) > 0 {
        return Ok(group);
    }
    let detail = format!("there is no group {group} with devices");
    Err(Problem::not_found("unknown-group", detail))
}
