//! Uplinks that network servers report.

use champollion_frames::DevEui;
use champollion_lns::{Joined, Message};
use serde_json::{Value as Json, json};

use crate::support::{GROUP, Node, World, counts, of_device, reported};

const DEV_EUI: DevEui = DevEui::from_be_bytes([5; 8]);

/// A moment that the network server tells, in milliseconds.
const MOMENT: u64 = 1_704_067_200_000;

fn registration() -> Json {
    json!({ "group": GROUP, "decoder": "acme/counter@^1" })
}

async fn world(seed: u64) -> (World, [Node; 2]) {
    let world = World::new(seed).await;
    let first = world.node().await;
    first.register(DEV_EUI, registration()).await;
    let nodes = [first, world.node().await];
    (world, nodes)
}

fn uplink(f_cnt: u32) -> champollion_lns::Content {
    reported(DEV_EUI, f_cnt, Some(MOMENT + u64::from(f_cnt) * 3_600_000))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_uplink_that_is_reported_to_two_nodes_is_accepted_by_one() {
    let (world, nodes) = world(40).await;
    for f_cnt in 0..40 {
        let (one, other) = tokio::join!(nodes[0].take(uplink(f_cnt)), nodes[1].take(uplink(f_cnt)));
        let mut answers = [one.as_str(), other.as_str()];
        answers.sort_unstable();
        assert_eq!(answers, ["accepted", "duplicate"], "{f_cnt}");
        for node in &nodes {
            for old in f_cnt.saturating_sub(10)..=f_cnt {
                assert_eq!(node.take(uplink(old)).await, "duplicate", "{old} after {f_cnt}");
            }
        }
    }
    let (f_cnts, counted): (Vec<u64>, Vec<String>) =
        of_device(&nodes[0].records().await, DEV_EUI).into_iter().unzip();
    assert_eq!(f_cnts, (0..40).collect::<Vec<u64>>());
    assert_eq!(counted, counts(40));
    assert!(world.conflicts() > 0, "the nodes have raced");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_uplink_that_was_overtaken_at_the_other_node_is_held_up() {
    let (_world, nodes) = world(41).await;
    for f_cnt in (0..40).step_by(2) {
        let (newer, older) =
            tokio::join!(nodes[0].take(uplink(f_cnt + 1)), nodes[1].take(uplink(f_cnt)));
        assert_eq!((newer.as_str(), older.as_str()), ("accepted", "accepted"), "{f_cnt}");
        for node in &nodes {
            for taken in [f_cnt, f_cnt + 1] {
                assert_eq!(node.take(uplink(taken)).await, "duplicate", "{taken}");
            }
        }
    }
    let records = nodes[0].records().await;
    assert_eq!(records.len(), 40);
    assert!(
        records.iter().all(|record| record["uplink"]["warnings"].is_null()),
        "no counter reset"
    );
    // What a frame that was overtaken leaves behind is not remembered: the count is that of the frames
    // that were not.
    let of_device = of_device(&records, DEV_EUI);
    let mut highest = 0;
    let mut in_order = 0;
    for (f_cnt, count) in &of_device {
        assert_eq!(*count, format!("{:04}", in_order + 1), "{of_device:?}");
        if *f_cnt >= highest {
            (highest, in_order) = (*f_cnt, in_order + 1);
        }
    }
    assert!((20..=40).contains(&in_order));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_knows_of_the_join_that_the_other_was_told_of() {
    let (_world, nodes) = world(42).await;
    for f_cnt in 0..4 {
        assert_eq!(nodes[f_cnt as usize % 2].take(uplink(f_cnt)).await, "accepted");
    }
    let joined = Joined { dev_eui: DEV_EUI, dev_addr: None, app_s_key: None };
    let message = Message::Joined(joined);
    nodes[0].intake.take_message(message, &"lns".into(), Vec::new()).await.unwrap();
    // Received after the join, with the counter at its beginning.
    let first = reported(DEV_EUI, 0, Some(MOMENT + 24 * 3_600_000));
    assert_eq!(nodes[1].take(first).await, "accepted");
    let records = nodes[0].records().await;
    assert_eq!(records.len(), 5);
    assert!(records[4]["uplink"]["warnings"].is_null(), "{}", records[4]);
    assert_eq!(records[4]["uplink"]["fCnt"], 0);
}
