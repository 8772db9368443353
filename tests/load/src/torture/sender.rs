//! A network server: it hands over frames, each until it is answered.

use std::{sync::atomic::Ordering, thread, time::Duration};

use serde_json::Value as Json;

use super::{World, chance::Chance, lock};
use crate::{
    client::{Client, text},
    meters::Meter,
};

/// Between two frames, at most: so that recipients that misbehave can keep up.
const LONGEST_PAUSE_MS: u64 = 50;

/// Before what was not answered, or could not be taken now, is tried again.
const RETRY: Duration = Duration::from_millis(30);

/// Hands over frames of the meters in turn, until there are enough and the last one is answered.
pub(super) fn send(mut meters: Vec<Meter>, lns: &Client, world: &World, mut chance: Chance) {
    while !world.enough.load(Ordering::Relaxed) {
        let index = chance.below(meters.len() as u64) as usize;
        let meter = &mut meters[index];
        let f_cnt = meter.next_f_cnt;
        let frame = meter.frame();
        let Ok(frame) = serde_json::from_str::<Json>(&frame) else { return };
        while !hand_over(&frame, &meter.dev_eui, f_cnt, lns, world) {
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
fn hand_over(frame: &Json, dev_eui: &str, f_cnt: u32, lns: &Client, world: &World) -> bool {
    let Some(client) = world.reach(lns) else { return false };
    let Ok(answer) = client.post("/v1/ingest/phy", frame) else { return false };
    match (answer.status, answer.body["status"].as_str()) {
        (200, Some("accepted")) => {
            let id = text(&answer.body["record"]);
            lock(&world.ledger).acknowledge(dev_eui, f_cnt, Some(&id));
            true
        }
        // The answer to an earlier try was lost.
        (200, Some("duplicate")) => {
            lock(&world.ledger).acknowledge(dev_eui, f_cnt, None);
            true
        }
        (429 | 503, _) => false,
        (status, _) => {
            let what = format!("{f_cnt} of {dev_eui} is answered {status}: {}", answer.body);
            lock(&world.ledger).violate(what);
            true
        }
    }
}
