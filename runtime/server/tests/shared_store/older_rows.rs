//! Rows that another version of the software has written: what they say is the same, and their bytes are
//! not.

use champollion_frames::{
    AppKey, DevAddr, DevEui, JoinEui, RootKeys,
    device::joining::{Answer, JoiningDevice},
};
use serde_json::{Value as Json, json};

use crate::support::{GROUP, Meter, World, counts, frame, of_device, reported, whole};

/// Has another version write a row: with a member that this one does not know, in another order, with
/// spaces, and without what has its default.
async fn rewrite(world: &World, table: &str, dev_eui: DevEui) {
    let row = world.row(table, dev_eui).await.unwrap_or_else(|| panic!("no row in {table}"));
    let mut members: serde_json::Map<String, Json> = serde_json::from_slice(&row).unwrap();
    members.retain(|_, value| !value.is_null());
    let times = members.get("aMemberOfLater").and_then(Json::as_u64).unwrap_or(0);
    members.insert("aMemberOfLater".to_owned(), json!(times + 1));
    let value = serde_json::to_vec_pretty(&members).unwrap();
    assert_ne!(value, row);
    world.write_row(table, dev_eui, value).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_goes_on_from_rows_of_another_version() {
    let meter = Meter::new(1);
    let world = World::new(80).await;
    let node = world.node().await;
    node.register(meter.dev_eui, meter.reported_registration()).await;
    for f_cnt in 0..2 {
        assert_eq!(node.take(meter.frame(2 * f_cnt)).await, "accepted");
        assert_eq!(node.take(reported(meter.dev_eui, 2 * f_cnt + 1, None)).await, "accepted");
    }
    for table in ["devices", "sessions", "reports", "decoder-states"] {
        rewrite(&world, table, meter.dev_eui).await;
    }
    // A node that starts now reads them, and meets no conflict.
    let upgraded = world.node().await;
    for f_cnt in 2..4 {
        assert_eq!(upgraded.take(meter.frame(2 * f_cnt)).await, "accepted");
        assert_eq!(upgraded.take(reported(meter.dev_eui, 2 * f_cnt + 1, None)).await, "accepted");
    }
    assert_eq!(world.conflicts(), 0);
    // The node that wrote the rows before sees that they are others now, and goes on too.
    for table in ["sessions", "reports", "decoder-states"] {
        rewrite(&world, table, meter.dev_eui).await;
    }
    for f_cnt in 4..6 {
        for node in [&node, &upgraded] {
            assert_eq!(node.take(meter.frame(2 * f_cnt - 2)).await, "duplicate");
        }
        assert_eq!(node.take(meter.frame(2 * f_cnt)).await, "accepted");
        assert_eq!(node.take(reported(meter.dev_eui, 2 * f_cnt + 1, None)).await, "accepted");
    }
    for node in [&node, &upgraded] {
        assert_eq!(node.take(meter.frame(3)).await, "replayed-f-cnt");
        assert_eq!(node.take(reported(meter.dev_eui, 3, None)).await, "duplicate");
    }
    let counted: Vec<String> = of_device(&node.records().await, meter.dev_eui)
        .into_iter()
        .map(|(_, count)| count)
        .collect();
    assert_eq!(counted, counts(12));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_device_that_joined_goes_on_from_rows_of_another_version() {
    let device = JoiningDevice {
        dev_eui: DevEui::from_be_bytes([7; 8]),
        join_eui: JoinEui::from_be_bytes([9; 8]),
        root_keys: RootKeys::V1_0(AppKey::from_bytes([3; 16])),
    };
    let answer = |join: u16| Answer {
        join_nonce: u32::from(join),
        net_id: 0x13,
        dev_addr: DevAddr::from_u32(0x2601_0200 | u32::from(join)),
        opt_neg: false,
    };
    let registration = json!({
        "group": GROUP,
        "decoder": "acme/counter@^1",
        "activation": { "otaa": { "appKey": "03".repeat(16) } },
    });
    let world = World::new(81).await;
    let node = world.node().await;
    node.register(device.dev_eui, registration).await;
    for join in 1..4 {
        assert_eq!(node.take(whole(device.request(join))).await, "join-requested");
        rewrite(&world, "joins", device.dev_eui).await;
        assert_eq!(node.take(whole(device.accept(join, answer(join)))).await, "joined");
        rewrite(&world, "joins", device.dev_eui).await;
        rewrite(&world, "joined", device.dev_eui).await;
        let session = device.session(join, answer(join));
        for f_cnt in 0..3 {
            assert_eq!(node.take(frame(&session, f_cnt)).await, "accepted", "{join} {f_cnt}");
            rewrite(&world, "sessions", device.dev_eui).await;
            assert_eq!(node.take(frame(&session, f_cnt)).await, "duplicate", "{join} {f_cnt}");
        }
        rewrite(&world, "joined", device.dev_eui).await;
        assert_eq!(node.take(whole(device.request(join))).await, "duplicate", "{join}");
    }
    assert_eq!(node.records().await.len(), 9);
}
