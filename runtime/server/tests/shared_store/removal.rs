//! Devices that are removed, or registered, by one node while the other serves them, or is to command them.

use champollion_frames::DevEui;
use serde_json::json;

use crate::support::{GROUP, Meter, Node, World, counts, frame, of_device, reported};

async fn world(seed: u64, meter: &Meter) -> (World, [Node; 2]) {
    let world = World::new(seed).await;
    let first = world.node().await;
    first.register(meter.dev_eui, meter.registration()).await;
    let nodes = [first, world.node().await];
    (world, nodes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_device_that_one_node_removes_is_unknown_to_the_other() {
    for sent in [0, 1, 5] {
        let meter = Meter::new(1);
        let (world, [first, second]) = world(60, &meter).await;
        for f_cnt in 0..sent {
            assert_eq!(second.take(meter.frame(f_cnt)).await, "accepted");
        }
        first.devices.remove(meter.dev_eui, &first.author).await.unwrap();
        assert!(second.devices.get(meter.dev_eui).is_some(), "it was not told");
        let answer = second.take(meter.frame(sent)).await;
        assert_eq!(answer, "unknown-dev-addr", "after {sent} frames");
        assert!(second.devices.get(meter.dev_eui).is_none());
        assert_eq!(second.records().await.len(), sent as usize);
        assert_eq!(world.store_rows(meter.dev_eui).await, 0, "after {sent} frames");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn so_is_one_whose_uplinks_are_reported() {
    let dev_eui = DevEui::from_be_bytes([5; 8]);
    for sent in [0, 1, 5] {
        let world = World::new(61).await;
        let first = world.node().await;
        first.register(dev_eui, json!({ "group": GROUP, "decoder": "acme/counter@^1" })).await;
        let second = world.node().await;
        for f_cnt in 0..sent {
            assert_eq!(second.take(reported(dev_eui, f_cnt, None)).await, "accepted");
        }
        first.devices.remove(dev_eui, &first.author).await.unwrap();
        let answer = second.take(reported(dev_eui, sent, None)).await;
        assert_eq!(answer, "unknown-dev-eui", "after {sent} uplinks");
        assert_eq!(second.records().await.len(), sent as usize);
        assert_eq!(world.store_rows(dev_eui).await, 0, "after {sent} uplinks");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_that_the_other_node_has_just_registered_or_put_elsewhere_is_of_its_group() {
    let world = World::new(63).await;
    let [first, second] = [world.node().await, world.node().await];
    let (dev_eui, [water, light]) =
        (DevEui::from_be_bytes([6; 8]), ["water", "light"].map(|group| group.parse().unwrap()));
    let is_of = async |group| second.devices.get_of_group(dev_eui, group).await.unwrap().is_some();
    assert!(!is_of(&water).await);
    for (now, before) in [(&water, &light), (&light, &water)] {
        first.register(dev_eui, json!({ "group": now, "decoder": "acme/counter@^1" })).await;
        let known = second.devices.get(dev_eui).map(|device| device.group.clone());
        assert_ne!(known.as_ref(), Some(now), "it was not told");
        assert!(is_of(now).await && !is_of(before).await);
    }
    first.devices.remove(dev_eui, &first.author).await.unwrap();
    assert!(is_of(&light).await, "what memory says of its group holds until this node is told");
    assert!(!is_of(&water).await && !is_of(&light).await, "it was read again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn frames_under_keys_that_one_node_has_replaced_are_refused_by_the_other() {
    for sent in [0, 3] {
        let (old, new) = (Meter::new(1), Meter::with_key(1, 2));
        let (_world, [first, second]) = world(62, &old).await;
        for f_cnt in 0..sent {
            assert_eq!(second.take(old.frame(f_cnt)).await, "accepted");
        }
        first.register(new.dev_eui, new.registration()).await;
        assert_eq!(first.take(new.frame(0)).await, "accepted");
        assert_eq!(second.take(old.frame(sent)).await, "mic-mismatch", "after {sent} frames");
        // Now it knows what is registered, and how far it has come.
        assert_eq!(second.take(new.frame(0)).await, "duplicate");
        assert_eq!(second.take(new.frame(1)).await, "accepted");
        assert_eq!(first.take(new.frame(1)).await, "duplicate");
        let records = of_device(&first.records().await, new.dev_eui);
        let counted: Vec<String> =
            records.into_iter().skip(sent as usize).map(|(_, count)| count).collect();
        assert_eq!(counted, counts(2), "what was remembered under the old keys is forgotten");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whether_a_session_goes_on_is_decided_by_what_is_stored() {
    let (old, new) = (Meter::new(1), Meter::with_key(1, 2));
    let (_world, [first, second]) = world(63, &old).await;
    first.register(new.dev_eui, new.registration()).await;
    for f_cnt in 0..5 {
        assert_eq!(first.take(new.frame(f_cnt)).await, "accepted");
    }
    // The other node has not heard of these keys, and registers the device under them.
    let mut registration = new.registration();
    registration["name"] = json!("in the cellar");
    second.register(new.dev_eui, registration).await;
    for node in [&first, &second] {
        for replayed in 0..4 {
            assert_eq!(node.take(new.frame(replayed)).await, "replayed-f-cnt");
        }
    }
    assert_eq!(second.take(new.frame(5)).await, "accepted");

    // It goes back to the old keys, and its counter starts over with them.
    second.register(old.dev_eui, old.registration()).await;
    assert_eq!(second.take(old.frame(0)).await, "accepted");
    assert_eq!(first.take(frame(&new.session, 6)).await, "mic-mismatch");
    assert_eq!(first.take(old.frame(0)).await, "duplicate");
    assert_eq!(first.take(old.frame(1)).await, "accepted");
}
