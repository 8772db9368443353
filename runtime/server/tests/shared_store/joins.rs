//! Devices that join, and change from one session to the next.

use champollion_frames::{
    AppKey, DevAddr, DevEui, JoinEui, RootKeys, Session,
    device::joining::{Answer, JoiningDevice},
};
use champollion_lns::Content;
use serde_json::{Value as Json, json};

use crate::support::{GROUP, Node, World, counts, frame, of_device, whole};

/// Joins of the device in a row.
const JOINS: u16 = 8;

fn device() -> JoiningDevice {
    JoiningDevice {
        dev_eui: DevEui::from_be_bytes([7; 8]),
        join_eui: JoinEui::from_be_bytes([9; 8]),
        root_keys: RootKeys::V1_0(AppKey::from_bytes([3; 16])),
    }
}

fn registration() -> Json {
    json!({
        "group": GROUP,
        "decoder": "acme/counter@^1",
        "activation": { "otaa": { "appKey": "03".repeat(16) } },
    })
}

fn answer(join: u16) -> Answer {
    Answer {
        join_nonce: u32::from(join),
        net_id: 0x13,
        dev_addr: DevAddr::from_u32(0x2601_0200 | u32::from(join)),
        opt_neg: false,
    }
}

/// A join-accept of which the network server tells for whom it is.
fn accept_of(device: &JoiningDevice, join: u16) -> Content {
    let phy_payload = device.accept(join, answer(join));
    Content::Phy { phy_payload, dev_eui: Some(device.dev_eui), f_cnt: None, mic_checked: false }
}

/// Hands the same to both nodes at once.
async fn both(nodes: &[Node; 2], content: impl Fn() -> Content) -> [String; 2] {
    let [first, second] = nodes;
    let (one, other) = tokio::join!(first.take(content()), second.take(content()));
    let mut answers = [one, other];
    answers.sort_unstable();
    answers
}

async fn world(seed: u64, device: &JoiningDevice) -> (World, [Node; 2]) {
    let world = World::new(seed).await;
    let first = world.node().await;
    first.register(device.dev_eui, registration()).await;
    let nodes = [first, world.node().await];
    (world, nodes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_join_that_is_handed_to_two_nodes_happens_once() {
    let device = device();
    let (world, nodes) = world(10, &device).await;
    let mut before: Option<(Session, u32)> = None;
    for join in 1..=JOINS {
        let asked = both(&nodes, || whole(device.request(join))).await;
        assert_eq!(asked, ["duplicate", "join-requested"], "{join}");
        // Every other time the network server does not say for whom its answer is.
        let answered = if join % 2 == 0 {
            both(&nodes, || whole(device.accept(join, answer(join)))).await
        } else {
            both(&nodes, || accept_of(&device, join)).await
        };
        assert_eq!(answered, ["duplicate", "joined"], "{join}");

        // The session before goes on until the device uses the new one.
        if let Some((session, last)) = &mut before {
            *last += 1;
            let taken = both(&nodes, || frame(session, *last)).await;
            assert_eq!(taken, ["accepted", "duplicate"], "{join}");
        }
        let session = device.session(join, answer(join));
        for f_cnt in 0..3 {
            let taken = both(&nodes, || frame(&session, f_cnt)).await;
            assert_eq!(taken, ["accepted", "duplicate"], "{join} {f_cnt}");
        }
        for node in &nodes {
            if let Some((session, last)) = &before {
                for old in [0, *last, *last + 1] {
                    let answer = node.take(frame(session, old)).await;
                    assert_eq!(answer, "unknown-dev-addr", "{join}: the session before is over");
                }
            }
            assert_eq!(node.take(frame(&session, 1)).await, "replayed-f-cnt", "{join}");
            for old in 1..join {
                let answer = node.take(whole(device.request(old))).await;
                assert_eq!(answer, "replayed-dev-nonce", "{join}: {old}");
                let answer = node.take(accept_of(&device, old)).await;
                assert_ne!(answer, "joined", "{join}: {old}");
            }
        }
        before = Some((session, 2));
    }
    let records = nodes[0].records().await;
    let counted: Vec<String> =
        of_device(&records, device.dev_eui).into_iter().map(|(_, count)| count).collect();
    assert_eq!(counted, counts(usize::from(JOINS) * 4 - 1));
    assert!(world.conflicts() > 0, "the nodes have raced");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_at_one_node_is_answered_at_the_other() {
    let device = device();
    let (_world, nodes) = world(11, &device).await;
    for join in 1..=JOINS {
        let (one, other) = (&nodes[usize::from(join % 2)], &nodes[usize::from((join + 1) % 2)]);
        assert_eq!(one.take(whole(device.request(join))).await, "join-requested", "{join}");
        assert_eq!(other.take(whole(device.request(join))).await, "duplicate", "{join}");
        assert_eq!(other.take(accept_of(&device, join)).await, "joined", "{join}");
        assert_eq!(one.take(accept_of(&device, join)).await, "duplicate", "{join}");
        let session = device.session(join, answer(join));
        assert_eq!(one.take(frame(&session, 0)).await, "accepted", "{join}");
        assert_eq!(other.take(frame(&session, 0)).await, "duplicate", "{join}");
        assert_eq!(other.take(frame(&session, 1)).await, "accepted", "{join}");
        assert_eq!(one.take(frame(&session, 1)).await, "duplicate", "{join}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_session_before_ends_at_both_nodes_with_the_first_frame_of_the_next() {
    for seed in 20..28 {
        let device = device();
        let (_world, nodes) = world(seed, &device).await;
        both(&nodes, || whole(device.request(1))).await;
        both(&nodes, || accept_of(&device, 1)).await;
        let old = device.session(1, answer(1));
        assert_eq!(nodes[0].take(frame(&old, 0)).await, "accepted");
        assert_eq!(nodes[1].take(frame(&old, 1)).await, "accepted");
        both(&nodes, || whole(device.request(2))).await;
        both(&nodes, || accept_of(&device, 2)).await;
        let new = device.session(2, answer(2));

        // The last of the one comes at the same time as the first of the next.
        let (last, first) =
            tokio::join!(nodes[0].take(frame(&old, 2)), nodes[1].take(frame(&new, 0)));
        assert_eq!(first, "accepted", "{seed}");
        assert!(["accepted", "unknown-dev-addr"].contains(&&*last), "{seed}: {last}");
        for node in &nodes {
            for f_cnt in 0..5 {
                assert_ne!(node.take(frame(&old, f_cnt)).await, "accepted", "{seed} {f_cnt}");
            }
        }
        // A frame of the old session had each node look at what is stored.
        for f_cnt in 1..4 {
            let taken = both(&nodes, || frame(&new, f_cnt)).await;
            assert_eq!(taken, ["accepted", "duplicate"], "{seed} {f_cnt}");
        }
        let records = nodes[0].records().await;
        let accepted = 6 + usize::from(last == "accepted");
        assert_eq!(records.len(), accepted, "{seed}");
        let counted: Vec<String> =
            of_device(&records, device.dev_eui).into_iter().map(|(_, count)| count).collect();
        assert_eq!(counted, counts(accepted), "{seed}");
    }
}
