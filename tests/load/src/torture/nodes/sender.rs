//! A network server that hands frames over to any node, each until one answers: some to two nodes at once, and some that
//! were answered long ago once more.

use std::{
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use champollion_client::{Answer, ClientError, PhyFrame, Receipt};
use serde_json::json;

use super::{
    super::{chance::Chance, lock, rules::Levels},
    World,
    clients::{Answered, Clients, may_pass},
};
use crate::meters::Meter;

/// Between two frames, at most: so that recipients that misbehave can keep up.
pub(super) const LONGEST_PAUSE_MS: u64 = 150;

/// Before a frame that was not answered, or could not be taken, is handed to another node.
pub(super) const RETRY: Duration = Duration::from_millis(50);

/// One frame in so many is handed to two nodes at once.
const TWICE: u64 = 10;

/// After one frame in so many an old one is played again.
const REPLAYS: u64 = 8;

/// Frames that are kept to be played again.
const KEPT: usize = 64;

/// One frame in so many was heard by one gateway alone, so that one node gathers its copies.
const BY_ONE_GATEWAY: u32 = 2;

/// A frame with the device and the counter that it is of.
pub(super) struct Sent {
    frame: PhyFrame,
    dev_eui: String,
    f_cnt: u32,
}

/// Hands over frames of the meters, until there are enough and the last one is answered.
pub(super) fn send(mut meters: Vec<Meter>, clients: &Clients, world: &World, mut chance: Chance) {
    let mut old: Vec<Sent> = Vec::new();
    while !world.enough.load(Ordering::Relaxed) {
        let index = chance.below(meters.len() as u64) as usize;
        let Some(sent) = Sent::next(&mut meters[index], &world.levels) else { return };
        if !sent.insist(clients, world, &mut chance) {
            return;
        }
        keep(&mut old, sent, &mut chance);
        if chance.below(REPLAYS) == 0 {
            let index = chance.below(old.len() as u64) as usize;
            old[index].replay(clients, world, &mut chance);
        }
        thread::sleep(chance.milliseconds(0, LONGEST_PAUSE_MS));
    }
}

fn keep(old: &mut Vec<Sent>, sent: Sent, chance: &mut Chance) {
    if old.len() < KEPT {
        old.push(sent);
    } else {
        old[chance.below(KEPT as u64) as usize] = sent;
    }
}

impl Sent {
    /// The next frame of a meter.
    pub(super) fn next(meter: &mut Meter, levels: &Levels) -> Option<Self> {
        let f_cnt = meter.next_f_cnt;
        let mut frame: PhyFrame = serde_json::from_str(&levels.frame_without_clock(meter)).ok()?;
        if f_cnt.is_multiple_of(BY_ONE_GATEWAY) {
            frame.metadata.gateways.truncate(1);
        }
        Some(Self { frame, dev_eui: meter.dev_eui.clone(), f_cnt })
    }

    /// Hands the frame over until a node has answered it for good; false where the run is over before.
    pub(super) fn insist(&self, clients: &Clients, world: &World, chance: &mut Chance) -> bool {
        let first = Instant::now();
        let mut last = first;
        while !self.hand_over(clients, world, chance) {
            if world.over.load(Ordering::Relaxed) {
                let Self { dev_eui, f_cnt, .. } = self;
                lock(&world.ledger).violate(format!("{f_cnt} of {dev_eui} is never taken"));
                return false;
            }
            thread::sleep(RETRY);
            last = Instant::now();
        }
        world.waits.acknowledged(first, last);
        true
    }

    /// Says whether the frame was acknowledged, or answered as it must not be.
    fn hand_over(&self, clients: &Clients, world: &World, chance: &mut Chance) -> bool {
        let (first, second) = (world.likely_node(chance), world.any_node(chance));
        if chance.below(TWICE) == 0 && first != second {
            return self.hand_to_both(clients, world, [first, second]);
        }
        let Some(client) = clients.of_node(world, first) else {
            world.nodes[first].avoid();
            return false;
        };
        let answer = clients.wait(client.ingest_phy(&self.frame));
        self.note(answer, world, first)
    }

    fn hand_to_both(&self, clients: &Clients, world: &World, nodes: [usize; 2]) -> bool {
        let [Some(one), Some(two)] = nodes.map(|number| clients.of_node(world, number)) else {
            return false;
        };
        let answers =
            clients.wait_for_both(one.ingest_phy(&self.frame), two.ingest_phy(&self.frame));
        let [first, second] = answers;
        let is_first_taken = self.note(first, world, nodes[0]);
        self.note(second, world, nodes[1]) || is_first_taken
    }

    fn note(&self, answer: Answered<Answer<Receipt>>, world: &World, node: usize) -> bool {
        let answered = match answer {
            None => {
                world.nodes[node].avoid();
                return false;
            }
            Some(Ok(receipt)) => match receipt.into_value() {
                Receipt::Accepted { record, .. } | Receipt::Merged { record, .. } => {
                    lock(&world.ledger).acknowledge(&self.dev_eui, self.f_cnt, Some(&record));
                    return true;
                }
                Receipt::Duplicate { .. } => {
                    lock(&world.ledger).acknowledge(&self.dev_eui, self.f_cnt, None);
                    return true;
                }
                other => json!(other).to_string(),
            },
            Some(Err(error)) if may_pass(&error) => {
                world.nodes[node].avoid();
                return false;
            }
            Some(Err(error)) => error.to_string(),
        };
        let Self { dev_eui, f_cnt, .. } = self;
        let node = world.nodes[node].number;
        lock(&world.ledger)
            .violate(format!("{f_cnt} of {dev_eui} is answered {answered} by node {node}"));
        true
    }

    /// Hands over a frame that was acknowledged before: no node may take it again.
    fn replay(&self, clients: &Clients, world: &World, chance: &mut Chance) {
        let Some(client) = clients.any(world, chance) else { return };
        let is_taken = match clients.wait(client.ingest_phy(&self.frame)) {
            Some(Ok(receipt)) => !matches!(receipt.into_value(), Receipt::Duplicate { .. }),
            Some(Err(ClientError::Refused(problem))) => {
                problem.status != 409 && problem.status != 429 && problem.status < 500
            }
            _ => false,
        };
        world.replays.fetch_add(1, Ordering::Relaxed);
        if is_taken {
            let Self { dev_eui, f_cnt, .. } = self;
            lock(&world.ledger)
                .violate(format!("{f_cnt} of {dev_eui} is taken when it is played again"));
        }
    }
}
