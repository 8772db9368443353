//! States in memory, and rows that may be behind them: what is raised and ended is the same as if there were none.

use super::*;

#[tokio::test]
async fn a_frame_that_says_once_more_that_all_is_well_writes_nothing() {
    let (room, rule) = (Room::open(), rule());
    let wrote = async |seconds, value| room.take(&room.judge, &rule, seconds, value).await.unwrap();
    assert!(wrote(0, 4.0).await, "the moment is noted once");
    assert!(!wrote(60, 4.0).await);
    assert!(!wrote(120, 3.0).await);
    assert!(wrote(180, 6.0).await && wrote(240, 7.0).await, "what is raised is as the row says");
    assert!(wrote(300, 4.0).await && !wrote(360, 4.0).await);
    assert!(wrote(300 + 6 * 3_600 + 1, 4.0).await, "the row is not behind for ever");
    // What is older than the last frame changes nothing, though the row is behind.
    assert!(!wrote(300 + 6 * 3_600 + 60, 4.0).await);
    assert!(!wrote(300 + 6 * 3_600 + 30, 6.0).await);
    // Nor does what is older than the row after a start.
    let next = room.other();
    assert_eq!(room.take(&next, &rule, 300 + 6 * 3_600, 6.0).await, Some(false));
    assert_eq!(room.alerts().await.len(), 1);
    assert_eq!(room.take(&next, &rule, 30_000, 6.0).await, Some(true));
    assert_eq!(room.alerts().await.len(), 2);
}

#[tokio::test]
async fn the_last_frame_of_a_device_is_known_to_whoever_judges_its_silence() {
    let (room, rule) = (Room::open(), silence());
    for seconds in [0, 1, 2] {
        assert_eq!(room.take(&room.judge, &rule, seconds, 0.0).await, Some(true));
    }
}

#[tokio::test]
async fn a_judge_whose_states_are_old_by_now_is_refused_and_goes_on_from_the_row() {
    let (room, rule) = (Room::open(), rule());
    let other = room.other();
    room.see(&rule, 0, 4.0).await;
    assert_eq!(room.take(&other, &rule, 1, 6.0).await, Some(true));
    // All was well by what this node knows, and is so by its frame: it writes nothing, and yet must not pass.
    assert_eq!(room.take(&room.judge, &rule, 2, 4.0).await, None);
    assert!(room.alerts().await[0].is_open());
    assert_eq!(room.take(&room.judge, &rule, 2, 4.0).await, Some(true));
    assert!(!room.alerts().await[0].is_open());
    // The other one has it raised still, and learns of it by the next frame.
    assert_eq!(room.take(&other, &rule, 3, 4.0).await, None);
    assert_eq!(room.take(&other, &rule, 3, 6.0).await, Some(true));
    assert_eq!(room.alerts().await.len(), 2);
    // A node that knows of the change forgets what it had.
    room.judge.forget(place().device.unwrap());
    assert_eq!(room.take(&room.judge, &rule, 4, 4.0).await, Some(true));
}

#[tokio::test]
async fn a_state_whose_batch_was_lost_is_read_anew() {
    let (room, rule) = (Room::open(), rule());
    room.see(&rule, 0, 4.0).await;
    drop(judged(&room.judge, &rule, 1, 6.0).await);
    assert_eq!(room.take(&room.judge, &rule, 1, 6.0).await, Some(true));
    assert_eq!(room.alerts().await.len(), 1);
}

#[tokio::test]
async fn frames_of_one_device_through_two_nodes_raise_and_end_as_through_one() {
    let (room, rule) = (Room::open(), rule());
    let (nodes, mut expected, mut raised) = ([room.other(), room.other()], 0, false);
    let mut random = 7_u32;
    for seconds in 0..300 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (node, is_high) = ((random >> 30) as usize & 1, (random >> 24) & 7 == 0);
        let value = if is_high { 6.0 } else { 4.0 };
        let mut tries = 0;
        while room.take(&nodes[node], &rule, seconds, value).await.is_none() {
            tries += 1;
            assert!(tries < 2, "what was read anew is right");
        }
        expected += usize::from(is_high && !raised);
        raised = is_high;
    }
    let group = "water".parse().unwrap();
    let alerts = room.judge.book.page(&group, None, 1_000, |_| true).await.unwrap();
    assert!(expected > 20 && alerts.len() == expected, "{} and {expected}", alerts.len());
    assert_eq!(alerts.iter().filter(|alert| alert.is_open()).count(), usize::from(raised));
}

#[tokio::test]
async fn how_long_a_condition_holds_is_known_after_a_kill_and_to_the_next_node() {
    let room = Room::open();
    let rule = rule_with(json!({ "limit": 5, "back": 3, "for": { "seconds": 600, "frames": 3 } }));
    let raised = async || room.alerts().await.iter().filter(|alert| alert.is_open()).count();
    // Each frame comes to a process that has just been started: what it knows is what the rows say.
    let take = async |seconds, value| {
        assert!(room.take(&room.other(), &rule, seconds, value).await.is_some());
    };
    // All is well for long, and no row says when that was last so.
    for seconds in [0, 60, 120] {
        room.see(&rule, seconds, 4.0).await;
    }
    // The batch of this one is lost with its process: the time counts from the one after it.
    drop(judged(&room.other(), &rule, 180, 6.0).await);
    take(240, 6.0).await;
    take(540, 6.0).await;
    assert_eq!(raised().await, 0);
    // A process that knows nothing of the two goes on with what it has: it is refused, and reads the row.
    assert_eq!(room.take(&room.judge, &rule, 839, 6.0).await, None);
    assert_eq!(room.take(&room.judge, &rule, 839, 6.0).await, Some(true));
    assert_eq!(raised().await, 0, "three frames, and a second is missing");
    take(840, 6.0).await;
    let alerts = room.alerts().await;
    assert_eq!((alerts[0].since, alerts[0].raised_at), (at(240), at(840)));
    // Between both limits it stays raised, whoever sees it, and a run that is broken begins anew.
    take(900, 4.0).await;
    assert_eq!(raised().await, 1);
    take(960, 3.0).await;
    assert_eq!(raised().await, 0);
    take(1_020, 6.0).await;
    take(1_080, 4.0).await;
    take(1_140, 6.0).await;
    take(1_700, 6.0).await;
    take(1_739, 6.0).await;
    assert_eq!(raised().await, 0);
    take(1_740, 6.0).await;
    assert_eq!(room.alerts().await[0].since, at(1_140));
    assert_eq!((raised().await, room.alerts().await.len()), (1, 2));
}
