//! Meters that join, and join again under load: each join-request and each join-accept is handed to any node until one
//! answers, and the frames of the new session by any node after that. A device keeps its counter over a join, so that the
//! ledger and the counts of its decoder go on.

use std::{sync::atomic::Ordering, thread};

use anyhow::Result;
use champollion_client::{
    Activation, Assignment, Blocking, OtaaKeys, PhyFrame, Receipt, Registration,
};
use champollion_frames::{
    AppKey, DevAddr, DevEui, JoinEui, RootKeys,
    device::joining::{Answer, JoiningDevice},
};
use serde_json::json;

use super::{
    super::{chance::Chance, lock},
    World,
    clients::{Clients, may_pass},
    sender::{LONGEST_PAUSE_MS, RETRY, Sent},
};
use crate::meters::{Meter, RECEIVED_AT};

/// Before one frame in so many a device joins again.
const JOINS: u64 = 12;

/// The start of all DevEUIs: locally administered, so that they are nobody's.
const DEV_EUI_BLOCK: u64 = 0x02C4_A3FF_FE30_0000;

/// The start of all DevAddrs, and the addresses of each device: one for each of its sessions.
const DEV_ADDR_BLOCK: u32 = 0x0230_0000;
const ADDRESSES: u32 = 0x1000;

/// A device that joins.
pub(super) struct JoiningMeter {
    device: JoiningDevice,
    group: String,
    first_address: u32,
    /// The number of its joins.
    joins: u16,
    /// The meter that it is once it has joined.
    meter: Option<Meter>,
}

impl JoiningMeter {
    /// Registers the device of a number with its root key.
    pub(super) fn register(
        admin: &Blocking,
        number: u32,
        (group, decoder): (&str, &str),
    ) -> Result<Self> {
        let mut key = [0x3C; 16];
        key[..4].copy_from_slice(&number.to_be_bytes());
        let device = JoiningDevice {
            dev_eui: DevEui::from_be_bytes((DEV_EUI_BLOCK + u64::from(number)).to_be_bytes()),
            join_eui: JoinEui::from_be_bytes([0x02, 0, 0, 0, 0, 0, 0, 2]),
            root_keys: RootKeys::V1_0(AppKey::from_bytes(key)),
        };
        let app_key = Some(AppKey::from_bytes(key).reveal_hex());
        let registration = Registration {
            assignment: Assignment { decoder: Some(decoder.to_owned()), ..Assignment::default() },
            activation: Activation::Otaa(OtaaKeys { app_key, ..OtaaKeys::default() }),
            ..Registration::of_group(group)
        };
        admin.ask(|server| server.register_device(device.dev_eui, &registration))?;
        let first_address = DEV_ADDR_BLOCK + number * ADDRESSES;
        Ok(Self { device, group: group.to_owned(), first_address, joins: 0, meter: None })
    }

    /// The DevEUI of the device.
    pub(super) fn dev_eui(&self) -> String {
        self.device.dev_eui.to_string()
    }

    /// Joins: the device has another session afterwards; false where the run is over before.
    fn join(&mut self, clients: &Clients, world: &World, chance: &mut Chance) -> bool {
        self.joins += 1;
        let dev_addr = DevAddr::from_u32(self.first_address + u32::from(self.joins));
        let join_nonce = u32::from(self.joins);
        let answer = Answer { join_nonce, net_id: 1, dev_addr, opt_neg: false };
        let request = self.device.request(self.joins);
        let accept = self.device.accept(self.joins, answer);
        let taken = [request, accept];
        if !taken.iter().all(|phy| self.insist(phy, clients, world, chance)) {
            return false;
        }
        let next_f_cnt = self.meter.as_ref().map_or(0, |meter| meter.next_f_cnt);
        let session = self.device.session(self.joins, answer);
        self.meter = Some(Meter::in_session(&session, self.group.clone(), next_f_cnt));
        world.joins.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Hands a message of the join procedure over until a node has taken it; false where the run is over before.
    fn insist(&self, phy: &[u8], clients: &Clients, world: &World, chance: &mut Chance) -> bool {
        let Some(frame) = self.body(phy) else { return false };
        while !self.hand_over(&frame, clients, world, chance) {
            if world.over.load(Ordering::Relaxed) {
                let dev_eui = self.device.dev_eui;
                lock(&world.ledger).violate(format!("a join of {dev_eui} is never taken"));
                return false;
            }
            thread::sleep(RETRY);
        }
        true
    }

    /// Says whether the message was taken, or answered as it must not be.
    fn hand_over(
        &self,
        frame: &PhyFrame,
        clients: &Clients,
        world: &World,
        chance: &mut Chance,
    ) -> bool {
        let node = world.likely_node(chance);
        let answer = clients.of_node(world, node).and_then(|client| {
            let asked = clients.wait(client.ingest_phy(frame));
            asked.map(|answered| answered.map(champollion_client::Answer::into_value))
        });
        let answered = match answer {
            Some(Ok(
                Receipt::JoinRequested { .. } | Receipt::Joined { .. } | Receipt::Duplicate { .. },
            )) => return true,
            Some(Ok(other)) => json!(other).to_string(),
            Some(Err(error)) if !may_pass(&error) => error.to_string(),
            None | Some(Err(_)) => {
                world.nodes[node].avoid();
                return false;
            }
        };
        let (dev_eui, node) = (self.device.dev_eui, world.nodes[node].number);
        lock(&world.ledger)
            .violate(format!("a join of {dev_eui} is answered {answered} by node {node}"));
        true
    }

    /// The body with which a message is handed over; that of an accept has to name the device.
    fn body(&self, phy: &[u8]) -> Option<PhyFrame> {
        let digits: String = phy.iter().map(|byte| format!("{byte:02X}")).collect();
        let dev_eui = self.device.dev_eui;
        let body = json!({ "phyPayload": digits, "devEui": dev_eui, "receivedAt": RECEIVED_AT });
        serde_json::from_value(body).ok()
    }
}

/// Has the devices join and send, until there are enough frames and the last one is answered.
pub(super) fn send(
    mut devices: Vec<JoiningMeter>,
    clients: &Clients,
    world: &World,
    mut chance: Chance,
) {
    while !world.enough.load(Ordering::Relaxed) {
        let index = chance.below(devices.len() as u64) as usize;
        let device = &mut devices[index];
        let joins = device.meter.is_none() || chance.below(JOINS) == 0;
        if joins && !device.join(clients, world, &mut chance) {
            return;
        }
        let sent = device.meter.as_mut().and_then(|meter| Sent::next(meter, &world.levels));
        if !sent.is_some_and(|sent| sent.insist(clients, world, &mut chance)) {
            return;
        }
        thread::sleep(chance.milliseconds(0, LONGEST_PAUSE_MS));
    }
}
