//! A network server: it hands over frames, each until it is answered.

use std::{sync::atomic::Ordering, thread, time::Duration};

use champollion_client::{ClientError, PhyFrame, Receipt};
use serde_json::json;

use super::{World, chance::Chance, lock};
use crate::{client::Following, meters::Meter};

/// Between two frames, at most: so that recipients that misbehave can keep up.
const LONGEST_PAUSE_MS: u64 = 50;

/// Before what was not answered, or could not be taken now, is tried again.
const RETRY: Duration = Duration::from_millis(30);

/// Hands over frames of the meters in turn, until there are enough and the last one is answered.
pub(super) fn send(mut meters: Vec<Meter>, mut lns: Following, world: &World, mut chance: Chance) {
    while !world.enough.load(Ordering::Relaxed) {
        let index = chance.below(meters.len() as u64) as usize;
        let meter = &mut meters[index];
        let f_cnt = meter.next_f_cnt;
        let frame = world.levels.frame(meter);
        let Ok(frame) = serde_json::from_str::<PhyFrame>(&frame) else { return };
        while !hand_over(&frame, &meter.dev_eui, f_cnt, &mut lns, world) {
            if world.over.load(Ordering::Relaxed) {
                lock(&world.ledger).violate(format!("{f_cnt} of {} is never taken", meter.dev_eui));
                return;
            }
            thread::sleep(RETRY);
        }
        thread::sleep(chance.milliseconds(0, LONGEST_PAUSE_MS));
    }
}

/// Says whether the frame was acknowledged.
fn hand_over(
    frame: &PhyFrame,
    dev_eui: &str,
    f_cnt: u32,
    lns: &mut Following,
    world: &World,
) -> bool {
    let Some(client) = world.reach(lns) else { return false };
    let answered = match client.ask(|server| server.ingest_phy(frame)) {
        Ok(receipt) => match receipt.into_value() {
            Receipt::Accepted { record, .. } => {
                lock(&world.ledger).acknowledge(dev_eui, f_cnt, Some(&record));
                return true;
            }
            // The answer to an earlier try was lost.
            Receipt::Duplicate { .. } => {
                lock(&world.ledger).acknowledge(dev_eui, f_cnt, None);
                return true;
            }
            other => json!(other).to_string(),
        },
        Err(ClientError::Refused(problem)) if [429, 503].contains(&problem.status) => return false,
        Err(error @ (ClientError::Refused(_) | ClientError::Unexplained { .. })) => {
            error.to_string()
        }
        Err(_) => return false,
    };
    lock(&world.ledger).violate(format!("{f_cnt} of {dev_eui} is answered {answered}"));
    true
}
