//! The check of the command of a rule: who may have it sent, to which device, and whether that one knows it.

use std::{collections::BTreeSet, sync::Arc};

use champollion_delivery::names::GroupId;
use champollion_lns::Priority;
use champollion_service::alerts::{Definition, Rule, RuleCommand};
use jiff::Timestamp;

use crate::{
    api::{
        Problem,
        authorized::{Command, Duty},
        commandable::check_command,
    },
    auth::{Principal, Reach},
    devices::Device,
    downlinks::{CommandRequest, DeviceKind},
    expensive::Turn,
    service::Service,
};

/// Checks the command of a rule of a group, where it has one.
pub(super) async fn check(
    service: &Arc<Service>,
    (principal, group, turn): (&Principal, &GroupId, &Turn),
    definition: &Definition,
) -> Result<(), Problem> {
    let Some(command) = &definition.command else { return Ok(()) };
    if !may_command(service, principal, group) {
        let detail = format!(
            "the rule has a command, and this token may not command devices of the group {group}: leave it out, or \
             take a token with the scope {}",
            Command::SCOPE
        );
        return Err(Problem::forbidden(detail));
    }
    let kinds = commanded(service, (group, turn), (definition, command)).await?;
    let wish = CommandRequest {
        command: command.command.clone(),
        confirmed: command.confirmed,
        expires_at: Some(Timestamp::MAX),
        expires_in_seconds: None,
        priority: Priority::default(),
    };
    check_command(service, &wish, &kinds, Timestamp::now()).await
}

/// Whether a sender may command all devices of a group: a rule with a command does so in the sender's place.
fn may_command(service: &Service, principal: &Principal, group: &GroupId) -> bool {
    let standings = principal.standings.iter();
    let having = standings.filter(|standing| Command::ROLES.contains(&standing.role));
    let places = having.filter_map(|standing| standing.place.clone()).collect();
    principal.is_wide_enough_for(Command::SCOPE)
        && Reach::of(places, Arc::clone(&service.roster)).sees(group)
}

/// The kinds of devices that the command may be sent to.
async fn commanded(
    service: &Arc<Service>,
    (group, turn): (&GroupId, &Turn),
    (definition, command): (&Definition, &RuleCommand),
) -> Result<Vec<DeviceKind>, Problem> {
    if let Some(dev_eui) = command.device {
        // Another partner's device is as unknown as one that nobody has.
        let device = service.devices.get(dev_eui).filter(|device| device.group == *group);
        return device.map(|device| service.downlinks.kinds([device])).ok_or_else(|| {
            let detail =
                format!("command.device: {dev_eui} is no device of the group {group}: name one");
            Problem::unprocessable("invalid-alert-rule", detail).with("path", "command.device")
        });
    }
    let now = Timestamp::now();
    // A rule that is paused is checked as if it were armed.
    let armed = Definition { paused: false, ..definition.clone() };
    let rule = Rule::instead(None, armed, now);
    let (service, of_group) = (Arc::clone(service), BTreeSet::from([group.clone()]));
    let kinds = turn.run(move || {
        let devices = service.devices.in_order(Some(&of_group), None);
        let watched = |device: &Arc<Device>| rule.watches(&service.alerts.place(device, now));
        service.downlinks.kinds(devices.filter(watched))
    });
    Ok(kinds.await?)
}
