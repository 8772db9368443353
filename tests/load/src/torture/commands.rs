//! A partner that commands lamps, and the account of its commands: one that was acknowledged reaches the
//! network server, and in the end is in the state that was told.

use std::{ops::Range, sync::atomic::Ordering, thread, time::Duration};

use anyhow::Result;
use champollion_client::{
    Activation, Assignment, Blocking, ClientError, Downlink, DownlinkRequest, DownlinkState,
    Registration, Role, TokenRequest,
};
use champollion_frames::DevEui;
use serde_json::{Map, Value as Json, json};

use super::{World, chance::Chance, network_server::NetworkServer};
use crate::{
    client::{Following, create_token},
    server::{Server, Setup},
};

/// The package of the decoder of the lamps.
const PACKAGE: &str = "nas-ul20xx";

/// The group of the lamps.
const GROUP: &str = "lamps";

/// The number of lamps.
const LAMPS: u64 = 12;

/// The start of their DevEUIs: locally administered, so that they are nobody's.
const DEV_EUI_BLOCK: u64 = 0x02C4_A3FF_FE30_0000;

/// Between two commands, at most.
const LONGEST_PAUSE_MS: u64 = 150;

/// Before what was not answered is asked for again.
const RETRY: Duration = Duration::from_millis(30);

/// A command that is not answered after so many tries, some minutes, never will be.
const TRIES: u32 = 6_000;

/// Returns the settings of the network server that takes the commands.
pub(super) fn settings(network_server: &NetworkServer) -> String {
    format!(
        "\n[network-servers.lamps]\nkind = \"tts\"\n[network-servers.lamps.downlink]\n\
         via = \"http\"\nurl = \"{}\"\napplication = \"lamps\"\n",
        network_server.url
    )
}

/// Registers the lamps; gives the token of their partner, and that of their network server.
pub(super) fn prepare(server: &Server, setup: &Setup, admin: &Blocking) -> Result<[String; 2]> {
    server.publish(&server.admin_token, &[crate::meters::package(&setup.packages, PACKAGE)?])?;
    register(admin, GROUP, 0..LAMPS)?;
    let partner = create_token(admin, "lamps of torture", Role::Partner, Some(GROUP))?;
    let wish = TokenRequest {
        network_server: Some(GROUP.to_owned()),
        ..TokenRequest::new("network server of the lamps", Role::Lns)
    };
    let lns = admin.ask(|server| server.create_token(&wish))?.into_value().token;
    Ok([partner, lns])
}

/// Registers lamps in a group, behind the network server that takes commands.
pub(super) fn register(admin: &Blocking, group: &str, numbers: Range<u64>) -> Result<()> {
    for number in numbers {
        let registration = Registration {
            assignment: Assignment {
                decoder: Some("nas/ul20xx@^1".to_owned()),
                ..Assignment::default()
            },
            activation: Activation::default(),
            network_server: Some(GROUP.to_owned()),
            ..Registration::of_group(group)
        };
        admin.ask(|server| server.register_device(lamp(number), &registration))?;
    }
    Ok(())
}

/// The DevEUI of a lamp.
pub(super) fn lamp(number: u64) -> DevEui {
    DevEui::from_be_bytes((DEV_EUI_BLOCK + number).to_be_bytes())
}

/// Commands the lamps until there are enough; gives the commands that were acknowledged, by their ids.
pub(super) fn send(mut partner: Following, world: &World, mut chance: Chance) -> Vec<Downlink> {
    let mut acknowledged = Vec::new();
    while !world.enough.load(Ordering::Relaxed) {
        let number = acknowledged.len();
        let level = chance.below(101);
        let wish = DownlinkRequest {
            command: dimming(level),
            confirmed: false,
            expires_at: None,
            expires_in_seconds: None,
            priority: None,
        };
        // The same key until it is answered: it is one command.
        let (key, lamp) = (format!("torture {number}"), lamp(chance.below(LAMPS)));
        let mut tries = 0;
        loop {
            tries += 1;
            if tries > TRIES {
                super::lock(&world.ledger).violate(format!("the command {key:?} is never taken"));
                return acknowledged;
            }
            let answer = world
                .reach(&mut partner)
                .map(|client| client.ask(|server| server.send_downlink(lamp, &wish, Some(&key))));
            match answer {
                Some(Ok(downlink)) => {
                    acknowledged.push(downlink.into_value());
                    break;
                }
                Some(Err(ClientError::Refused(problem)))
                    if ![409, 429, 503].contains(&problem.status) =>
                {
                    let violation = format!("a command is answered {}", problem.status);
                    super::lock(&world.ledger).violate(violation);
                    return acknowledged;
                }
                _ => thread::sleep(RETRY),
            }
        }
        thread::sleep(chance.milliseconds(0, LONGEST_PAUSE_MS));
    }
    acknowledged
}

/// The command that sets a lamp to a level, in percent.
pub(super) fn dimming(level: u64) -> Map<String, Json> {
    let destination = json!([{ "address": "dali_broadcast", "dimmingLevel": level }]);
    let manual = json!({ "destination": destination });
    Map::from_iter([("manualDimming".to_owned(), manual)])
}

/// Returns the number of acknowledged commands that the network server has not taken.
pub(super) fn missing(acknowledged: &[Downlink], network_server: &NetworkServer) -> usize {
    let is_missing =
        |downlink: &&Downlink| network_server.taken(&downlink.id.to_string()).times == 0;
    acknowledged.iter().filter(is_missing).count()
}

/// Everything is over: returns the commands that are lost, or in a false state; and counts those that the
/// network server took twice.
pub(super) fn verdict(
    acknowledged: &[Downlink],
    network_server: &NetworkServer,
    admin: &Blocking,
) -> Result<(Vec<String>, usize)> {
    let (mut violations, mut repeated) = (network_server.disorder(), 0);
    for before in acknowledged {
        let downlink = admin.ask(|server| server.downlink(before.id))?.into_value();
        let taken = network_server.taken(&before.id.to_string());
        repeated += usize::from(taken.times > 1);
        let has_said_so = downlink.handed_over_at.is_some();
        let fits = match downlink.state {
            DownlinkState::Sent => taken.told,
            DownlinkState::Queued => taken.times > 0 && !taken.told && has_said_so,
            _ => false,
        };
        if !fits {
            violations.push(format!(
                "the command {} is {}, was taken {} times, and told: {}",
                before.id, downlink.state, taken.times, taken.told
            ));
        }
    }
    Ok((violations, repeated))
}
