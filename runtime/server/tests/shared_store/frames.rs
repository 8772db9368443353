//! Whole frames of devices with fixed keys.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use champollion_frames::{RadioMetadata, Reception};
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use crate::support::{GROUP, Meter, Node, World, counts, of_device, random, reported};

/// Devices that send at once.
const METERS: u32 = 24;

/// Frames that each device sends.
const FRAMES: u32 = 12;

/// Two nodes that know the same meters.
async fn world(seed: u64, meters: &[Meter]) -> (World, Arc<[Node; 2]>) {
    let world = World::new(seed).await;
    let first = world.node().await;
    for meter in meters {
        first.register(meter.dev_eui, meter.registration()).await;
    }
    let second = world.node().await;
    (world, Arc::new([first, second]))
}

fn meters() -> Vec<Meter> {
    (1..=METERS).map(Meter::new).collect()
}

/// Every record has a name of its own, the FCnt of each device only grows, and its decoder has counted
/// each frame once.
fn assert_in_order(records: &[Json], meters: &[Meter]) {
    let names: HashSet<&str> =
        records.iter().map(|record| record["id"].as_str().unwrap()).collect();
    assert_eq!(names.len(), records.len(), "no frame has two records");
    for meter in meters {
        let (f_cnts, counted): (Vec<u64>, Vec<String>) =
            of_device(records, meter.dev_eui).into_iter().unzip();
        assert!(f_cnts.is_sorted_by(|one, next| one < next), "{}: {f_cnts:?}", meter.dev_eui);
        assert_eq!(counted, counts(f_cnts.len()), "{}", meter.dev_eui);
    }
}

/// A node that has just started has no decoder in memory. While it cannot read the package, frames are not taken: a record
/// without values would be there for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_frame_whose_decoder_cannot_be_read_now_is_taken_later() {
    let meter = Meter::new(1);
    let (world, nodes) = world(7, std::slice::from_ref(&meter)).await;
    world.are_packages_away.store(true, Ordering::Relaxed);
    for node in &*nodes {
        let refused = node.take(meter.frame(1)).await;
        assert!(refused.contains("could not be kept"), "{refused}");
    }
    assert_eq!(nodes[0].records().await.len(), 0);
    world.are_packages_away.store(false, Ordering::Relaxed);
    assert_eq!(nodes[1].take(meter.frame(1)).await, "accepted");
    assert_eq!(nodes[0].take(meter.frame(1)).await, "duplicate");
    let records = nodes[0].records().await;
    assert_eq!(of_device(&records, meter.dev_eui), [(1, "0001".to_owned())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_frame_that_is_given_to_two_nodes_is_accepted_by_one() {
    let meters = meters();
    let (world, nodes) = world(1, &meters).await;
    let mut sending = JoinSet::new();
    for meter in meters.clone() {
        let nodes = Arc::clone(&nodes);
        sending.spawn(async move {
            let [first, second] = &*nodes;
            for f_cnt in 0..FRAMES {
                let frame = || meter.frame(f_cnt);
                let (one, other) = tokio::join!(first.take(frame()), second.take(frame()));
                let mut answers = [one.as_str(), other.as_str()];
                answers.sort_unstable();
                assert_eq!(answers, ["accepted", "duplicate"], "{} {f_cnt}", meter.dev_eui);
                // An old frame, and the last once more.
                for node in &*nodes {
                    assert_eq!(node.take(frame()).await, "duplicate", "{} {f_cnt}", meter.dev_eui);
                    if let Some(old) = f_cnt.checked_sub(1) {
                        let answer = node.take(meter.frame(old)).await;
                        assert_eq!(answer, "replayed-f-cnt", "{} {old}", meter.dev_eui);
                    }
                }
            }
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent.unwrap();
    }
    let records = nodes[0].records().await;
    assert_eq!(records.len(), (METERS * FRAMES) as usize);
    assert_in_order(&records, &meters);
    assert!(world.conflicts() > 0, "the nodes have raced");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn frames_that_come_in_any_order_at_both_nodes_are_accepted_once() {
    for seed in 0..3 {
        let meters = meters();
        let (world, nodes) = world(100 + seed, &meters).await;
        let chance = Arc::new(AtomicU64::new(seed));
        let mut sending = JoinSet::new();
        for meter in &meters {
            for f_cnt in 0..FRAMES {
                for at in 0..2 {
                    let (nodes, meter) = (Arc::clone(&nodes), meter.clone());
                    let delay = u64::from(f_cnt) * 4 + random(&chance) % 8;
                    sending.spawn(async move {
                        tokio::time::sleep(Duration::from_millis(delay)).await;
                        let answer = nodes[at].take(meter.frame(f_cnt)).await;
                        (meter.dev_eui, f_cnt, answer)
                    });
                }
            }
        }
        let mut accepted = BTreeMap::new();
        while let Some(sent) = sending.join_next().await {
            let (dev_eui, f_cnt, answer) = sent.unwrap();
            if answer == "accepted" {
                *accepted.entry((dev_eui.to_string(), u64::from(f_cnt))).or_insert(0) += 1;
            }
        }
        assert!(accepted.values().all(|&times| times == 1), "{accepted:?}");
        let records = nodes[0].records().await;
        assert_in_order(&records, &meters);
        let kept: BTreeMap<(String, u64), i32> = meters
            .iter()
            .flat_map(|meter| {
                let kept = of_device(&records, meter.dev_eui);
                kept.into_iter().map(|(f_cnt, _)| ((meter.dev_eui.to_string(), f_cnt), 1))
            })
            .collect();
        assert_eq!(kept, accepted, "what is acknowledged is kept, and nothing else");
        assert!(world.conflicts() > 0, "the nodes have raced");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_goes_on_where_the_other_has_come_to() {
    let meter = Meter::new(1);
    let (_world, nodes) = world(2, std::slice::from_ref(&meter)).await;
    for f_cnt in 0..40 {
        // Some frames in a row at one node, some at the other.
        let node = &nodes[usize::from(f_cnt % 7 < 3)];
        assert_eq!(node.take(meter.frame(f_cnt)).await, "accepted", "{f_cnt}");
        for node in &*nodes {
            for old in [0, f_cnt / 2, f_cnt] {
                let answer = node.take(meter.frame(old)).await;
                // A node that has not met the newer frames knows the old one as its last.
                let is_refused = answer == "duplicate" || old < f_cnt && answer == "replayed-f-cnt";
                assert!(is_refused, "{old} after {f_cnt}: {answer}");
            }
        }
    }
    assert_in_order(&nodes[1].records().await, &[meter]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn copies_of_several_gateways_at_two_nodes_become_one_record() {
    let meter = Meter::new(1);
    let world = World::new(3).await;
    let window = Duration::from_millis(30);
    let first = world.node_that_waits(window).await;
    first.register(meter.dev_eui, meter.registration()).await;
    let nodes = [first, world.node_that_waits(window).await];
    for f_cnt in 0..FRAMES {
        let copy = |node: usize, gateway: &str| {
            let reception =
                Reception { gateway_id: gateway.to_owned(), rssi_dbm: None, snr_db: None };
            let metadata = RadioMetadata { gateways: vec![reception], ..RadioMetadata::default() };
            nodes[node].take_with(meter.frame(f_cnt), metadata)
        };
        let (a, b, c, d) = tokio::join!(copy(0, "a"), copy(1, "b"), copy(0, "c"), copy(1, "d"));
        let answers = [a, b, c, d];
        let accepted = answers.iter().filter(|answer| *answer == "accepted").count();
        assert_eq!(accepted, 1, "{answers:?}");
        let well_received = ["accepted", "merged", "duplicate"];
        assert!(answers.iter().all(|answer| well_received.contains(&&**answer)), "{answers:?}");
    }
    let records = nodes[0].records().await;
    assert_eq!(records.len(), FRAMES as usize);
    assert_in_order(&records, &[meter]);
    for record in &records {
        // Both copies of the node that kept it.
        assert_eq!(record["radio"]["gateways"].as_array().unwrap().len(), 2, "{record}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_counter_that_starts_over_at_one_node_goes_on_at_the_other() {
    let meter = Meter::new(1);
    let mut registration = meter.registration();
    registration["allowCounterReset"] = json!(true);
    let world = World::new(4).await;
    let first = world.node().await;
    first.register(meter.dev_eui, registration).await;
    let nodes = [first, world.node().await];
    for f_cnt in 100..104 {
        assert_eq!(nodes[f_cnt as usize % 2].take(meter.frame(f_cnt)).await, "accepted");
    }
    // The device restarts, and only one of them hears its first frames.
    for f_cnt in 0..3 {
        assert_eq!(nodes[0].take(meter.frame(f_cnt)).await, "accepted");
    }
    for f_cnt in 3..6 {
        assert_eq!(nodes[1].take(meter.frame(f_cnt)).await, "accepted");
        assert_eq!(nodes[0].take(meter.frame(f_cnt)).await, "duplicate");
    }
    let records = nodes[0].records().await;
    let f_cnts: Vec<u64> =
        of_device(&records, meter.dev_eui).into_iter().map(|(f_cnt, _)| f_cnt).collect();
    assert_eq!(f_cnts, [100, 101, 102, 103, 0, 1, 2, 3, 4, 5]);
    let resets: Vec<u64> = records
        .iter()
        .filter(|record| record["uplink"]["warnings"][0]["code"] == "counter-reset")
        .map(|record| record["uplink"]["fCnt"].as_u64().unwrap())
        .collect();
    assert_eq!(resets, [0], "the other node knows of the restart");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_decoder_remembers_is_lost_by_no_race() {
    // Uplinks of one device come whole through one network server, and are reported by another: each becomes
    // one record, whichever comes first, and the decoder remembers all that came before.
    let meter = Meter::new(1);
    let world = World::new(5).await;
    let first = world.node().await;
    first.register(meter.dev_eui, meter.reported_registration()).await;
    let nodes = [first, world.node().await];
    for f_cnt in 0..30 {
        let (whole, told) = tokio::join!(
            nodes[0].take(meter.frame(f_cnt)),
            nodes[1].take(reported(meter.dev_eui, f_cnt, None))
        );
        let accepted = [&whole, &told].into_iter().filter(|became| *became == "accepted").count();
        assert_eq!(accepted, 1, "{f_cnt}: {whole}, {told}");
    }
    let records = nodes[0].records().await;
    let counted: Vec<String> =
        of_device(&records, meter.dev_eui).into_iter().map(|(_, count)| count).collect();
    assert_eq!(counted, counts(30));
    assert!(world.conflicts() > 0, "the nodes have raced");
    assert!(records.iter().all(|record| record["group"] == GROUP));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_alone_has_no_conflicts() {
    let meters = meters();
    let world = World::new(6).await;
    let node = world.node().await;
    for meter in &meters {
        node.register(meter.dev_eui, meter.reported_registration()).await;
    }
    for node in [node, world.node().await] {
        let base = node.records().await.len() as u32 / METERS;
        for f_cnt in base..base + 3 {
            for meter in &meters {
                assert_eq!(node.take(meter.frame(2 * f_cnt)).await, "accepted");
                let told = reported(meter.dev_eui, 2 * f_cnt + 1, None);
                assert_eq!(node.take(told).await, "accepted");
            }
        }
    }
    assert_eq!(world.conflicts(), 0);
}
