//! A schedule that is asked for, checked against the devices that there are.

use std::sync::Arc;

use champollion_delivery::names::GroupId;
use jiff::Timestamp;

use crate::{
    api::{Problem, commandable::check_command, devices::seen_device, quotas::permit_priority},
    auth::{Principal, Reach},
    devices::Device,
    downlinks::SendError,
    schedules::{ScheduleRequest, TargetError, place_of},
    service::Service,
};

/// Checks a schedule: whom it commands, its moments, and that the command can be encoded. Returns it with its group.
pub(super) async fn checked(
    service: &Service,
    (reach, principal): (&Reach, &Principal),
    mut wish: ScheduleRequest,
) -> Result<(ScheduleRequest, GroupId), Problem> {
    wish.check()?;
    let (devices, group) = commanded(service, reach, &wish)?;
    permit_priority(service, principal, &group, wish.priority)?;
    let device = devices.first().filter(|_| wish.device.is_some());
    let place = device.and_then(|device| place_of(device));
    let settings = &service.config.schedules;
    let now = Timestamp::now();
    let usual_zone = service.config.territory.time_zone.name();
    wish.when.checked((usual_zone, place), now, settings.least())?;
    check_command(service, &wish.command_until(Timestamp::MAX), &devices, now).await?;
    wish.group = Some(group.clone());
    Ok((wish, group))
}

/// The devices that a schedule commands, and their group.
fn commanded(
    service: &Service,
    reach: &Reach,
    wish: &ScheduleRequest,
) -> Result<(Vec<Arc<Device>>, GroupId), Problem> {
    if let Some(dev_eui) = wish.device {
        let device = seen_device(service, reach, dev_eui)?;
        let group = device.group.clone();
        if wish.group.as_ref().is_some_and(|said| *said != group) {
            return Err(TargetError::OtherGroup(dev_eui).into());
        }
        return Ok((vec![device], group));
    }
    let group = wish.group.clone().ok_or(TargetError::Nobody)?;
    let is_seen = reach.sees(&group);
    if !is_seen || service.devices.count_of(&group) == 0 {
        // Another partner's group is as unknown as one that nobody has.
        let detail = format!("there is no group {group} with devices");
        return Err(Problem::not_found("unknown-group", detail));
    }
    let devices = service.devices.list(|device| wish.means(device, &group));
    if devices.is_empty() {
        return Err(SendError::NobodyMeant(group).into());
    }
    Ok((devices, group))
}
