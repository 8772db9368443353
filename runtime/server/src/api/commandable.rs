//! The check of a command that is sent later, by a schedule or an alert.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Problem, downlinks::refused};
use crate::{
    devices::Device,
    downlinks::{CommandRequest, PlannedPayload},
    service::Service,
};

/// Checks that at least one of the devices can be commanded: what is wrong with a command is told at once, and not at
/// night.
pub(super) async fn check_command(
    service: &Service,
    command: &CommandRequest,
    devices: &[Arc<Device>],
    now: Timestamp,
) -> Result<(), Problem> {
    if let [device] = devices {
        service.downlinks.try_out(device, command, now).await?;
        return Ok(());
    }
    let previewed = service.downlinks.preview(devices, command, &[now], refused).await?;
    let payloads: Vec<PlannedPayload> = previewed.into_iter().flatten().collect();
    if payloads.iter().any(|planned| planned.payload.is_some()) {
        return Ok(());
    }
    let example = payloads.iter().find_map(|planned| planned.examples.first());
    let example = devices.iter().find(|device| Some(&device.dev_eui) == example);
    match example.or(devices.first()) {
        // The first kind says why, in the words of a command by hand.
        Some(device) => Ok(service.downlinks.try_out(device, command, now).await?),
        None => Ok(()),
    }
}
