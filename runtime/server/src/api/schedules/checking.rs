//! A schedule that is asked for, checked against the devices that there are.

use std::{collections::BTreeSet, sync::Arc};

use champollion_delivery::names::GroupId;
use jiff::Timestamp;

use crate::{
    api::{Problem, commandable::check_command, devices::seen_device, quotas::permit_priority},
    auth::{Principal, Reach},
    downlinks::{DeviceKind, SendError},
    expensive::Turn,
    schedules::{ScheduleRequest, TargetError, place_of},
    service::Service,
};

/// Checks a schedule: whom it commands, its moments, and that the command can be encoded. Returns it with its group.
pub(super) async fn checked(
    service: &Arc<Service>,
    (reach, principal): (&Reach, &Principal),
    mut wish: ScheduleRequest,
) -> Result<(ScheduleRequest, GroupId), Problem> {
    wish.check()?;
    let (kinds, group) = commanded(service, (reach, principal), &wish).await?;
    permit_priority(service, principal, &group, wish.priority)?;
    let kind = kinds.first().filter(|_| wish.device.is_some());
    let place = kind.and_then(|kind| place_of(&kind.first));
    let settings = &service.config.schedules;
    let now = Timestamp::now();
    let usual_zone = service.config.territory.time_zone.name();
    wish.when.checked((usual_zone, place), now, settings.least())?;
    check_command(service, &wish.command_until(Timestamp::MAX), &kinds, now).await?;
    wish.group = Some(group.clone());
    Ok((wish, group))
}

/// The kinds of devices that a schedule commands, and their group. A group is gone through in the place of an expensive
/// request.
async fn commanded(
    service: &Arc<Service>,
    (reach, principal): (&Reach, &Principal),
    wish: &ScheduleRequest,
) -> Result<(Vec<DeviceKind>, GroupId), Problem> {
    if let Some(dev_eui) = wish.device {
        let device = seen_device(service, reach, dev_eui)?;
        let group = device.group.clone();
        if wish.group.as_ref().is_some_and(|said| *said != group) {
            return Err(TargetError::OtherGroup(dev_eui).into());
        }
        return Ok((service.downlinks.kinds([device]), group));
    }
    let group = wish.group.clone().ok_or(TargetError::Nobody)?;
    let is_seen = reach.sees(&group);
    if !is_seen || service.devices.count_of(&group) == 0 {
        // Another partner's group is as unknown as one that nobody has.
        let detail = format!("there is no group {group} with devices");
        return Err(Problem::not_found("unknown-group", detail));
    }
    let turn = service.expensive_turn(principal, Some(&group))?;
    let kinds = kinds_of(service, (&group, &turn), wish).await?;
    if kinds.is_empty() {
        return Err(SendError::NobodyMeant(group).into());
    }
    Ok((kinds, group))
}

/// The kinds of devices of a group that a schedule means.
pub(super) async fn kinds_of(
    service: &Arc<Service>,
    (group, turn): (&GroupId, &Turn),
    wish: &ScheduleRequest,
) -> Result<Vec<DeviceKind>, Problem> {
    let (own, wish, group) = (Arc::clone(service), wish.clone(), group.clone());
    let kinds = turn.run(move || {
        let of_group = BTreeSet::from([group.clone()]);
        let devices = own.devices.in_order(Some(&of_group), None);
        own.downlinks.kinds(devices.filter(|device| wish.means(device, &group)))
    });
    Ok(kinds.await?)
}
