use proptest::prelude::*;
use serde_json::json;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn condition(value: serde_json::Value) -> Condition {
    serde_json::from_value(value).unwrap()
}

fn frame(seconds: i64, quantity: &str, value: Value) -> Frame<'_> {
    let at = at(seconds);
    let measured = Measured { quantity, channel: 0, value, at };
    Frame { received_at: at, measurements: vec![measured], is_decoded: Some(true) }
}

/// Judges frames of one quantity one after the other: `+` is a raised alert, `-` an ended one, `.` nothing.
fn judged(condition: &Condition, frames: &[(i64, f64)]) -> String {
    let mut state = State::default();
    let mut one = |(seconds, value): &(i64, f64)| {
        let frame = frame(*seconds, "air.co2", Value::Number(*value));
        sign(state.judge(condition, &frame, false, Uuid::now_v7).as_ref())
    };
    frames.iter().map(&mut one).collect()
}

fn sign(event: Option<&Event>) -> char {
    match event {
        Some(Event::Raised { .. }) => '+',
        Some(Event::Ended { .. }) => '-',
        None => '.',
    }
}

#[test]
fn what_is_raised_ends_at_its_own_limit() {
    let high =
        condition(json!({ "above": { "quantity": "air.co2", "limit": 1_000, "back": 900 } }));
    let values = [999.0, 1_001.0, 950.0, 1_100.0, 901.0, 900.0, 950.0, 1_001.0];
    let frames: Vec<_> = (0..).zip(values).collect();
    assert_eq!(judged(&high, &frames), ".+...-.+");
    let low = condition(json!({ "below": { "quantity": "air.co2", "limit": 5, "back": 7 } }));
    assert_eq!(judged(&low, &[(0, 4.9), (1, 6.0), (2, 7.0), (3, 6.0)]), "+.-.");
    let range = condition(json!({ "outside":
        { "quantity": "air.co2", "low": 0, "high": 10, "backLow": 1, "backHigh": 9 } }));
    assert_eq!(judged(&range, &[(0, -1.0), (1, 0.5), (2, 1.0), (3, 10.5), (4, 9.5)]), "+.-+.");
}

#[test]
fn it_must_hold_for_frames_and_for_a_time() {
    let frames = condition(json!({ "above":
        { "quantity": "air.co2", "limit": 1, "for": { "frames": 3 } } }));
    let values = [2.0, 2.0, 1.0, 2.0, 2.0, 2.0];
    assert_eq!(judged(&frames, &(0..).zip(values).collect::<Vec<_>>()), ".....+");
    let time = condition(json!({ "above":
        { "quantity": "air.co2", "limit": 1, "for": { "seconds": 600 } } }));
    assert_eq!(judged(&time, &[(0, 2.0), (599, 2.0), (600, 2.0), (601, 1.0)]), "..+-");
}

#[test]
fn what_is_older_than_what_was_judged_changes_nothing() {
    let high = condition(json!({ "above": { "quantity": "air.co2", "limit": 1 } }));
    assert_eq!(judged(&high, &[(10, 1.0), (5, 2.0), (10, 2.0), (11, 2.0), (8, 0.0)]), "...+.");
    // A frame with history is judged by its newest value alone.
    let mut history = frame(20, "air.co2", Value::Number(1.0));
    history.measurements.insert(
        0,
        Measured { quantity: "air.co2", channel: 0, value: Value::Number(9.0), at: at(19) },
    );
    assert_eq!(State::default().judge(&high, &history, false, Uuid::now_v7), None);
}

#[test]
fn a_change_is_told_and_ends_with_the_next_value_that_is_the_same() {
    let changed = condition(json!({ "changed": { "quantity": "air.co2" } }));
    let values = [1.0, 1.0, 2.0, 3.0, 3.0, 3.0];
    assert_eq!(judged(&changed, &(0..).zip(values).collect::<Vec<_>>()), "..+.-.");
}

#[test]
fn several_alarms_are_one_alert_until_all_are_over() {
    let any = condition(json!({ "alarm": {} }));
    let mut state = State::default();
    let mut see = |seconds, quantity: &str, is_raised| {
        let frame = frame(seconds, quantity, Value::Boolean(is_raised));
        sign(state.judge(&any, &frame, false, Uuid::now_v7).as_ref())
    };
    let told = [
        see(0, "alarm.leak", false),
        see(1, "alarm.leak", true),
        see(2, "alarm.freeze", true),
        see(3, "alarm.leak", false),
        see(4, "alarm.freeze", false),
    ];
    assert_eq!(told, ['.', '+', '.', '.', '-']);
    let battery = condition(json!({ "battery": { "percent": 20, "back": 30 } }));
    let mut state = State::default();
    let mut level = |seconds, value| {
        let frame = frame(seconds, "battery.level", Value::Number(value));
        sign(state.judge(&battery, &frame, false, Uuid::now_v7).as_ref())
    };
    assert_eq!(
        [level(0, 50.0), level(1, 19.0), level(2, 25.0), level(3, 30.0)],
        ['.', '+', '.', '-']
    );
}

#[test]
fn failures_in_a_row_are_counted_and_silence_ends_with_a_frame() {
    let failures = condition(json!({ "decoderFailures": { "frames": 2 } }));
    let mut state = State::default();
    let mut see = |seconds, is_decoded| {
        let frame = Frame { received_at: at(seconds), measurements: Vec::new(), is_decoded };
        sign(state.judge(&failures, &frame, false, Uuid::now_v7).as_ref())
    };
    let told = [
        see(0, Some(false)),
        see(1, Some(true)),
        see(2, Some(false)),
        see(3, None),
        see(4, Some(false)),
        see(5, Some(true)),
    ];
    assert_eq!(told, ['.', '.', '.', '.', '+', '-']);
    let silent = condition(json!({ "silent": { "seconds": 60 } }));
    let mut state = State::default();
    let broken = Sight { at: at(61), value: None, verdict: Verdict::Broken };
    assert!(state.see(broken, silent.hold(), false, Uuid::now_v7).is_some());
    let frame = Frame { received_at: at(70), measurements: Vec::new(), is_decoded: None };
    assert_eq!(sign(state.judge(&silent, &frame, false, Uuid::now_v7).as_ref()), '-');
}

#[test]
fn what_is_muted_is_not_raised_and_ends_all_the_same() {
    let high = condition(json!({ "above": { "quantity": "air.co2", "limit": 1 } }));
    let mut state = State::default();
    let mut see = |seconds, value, is_muted| {
        let frame = frame(seconds, "air.co2", Value::Number(value));
        sign(state.judge(&high, &frame, is_muted, Uuid::now_v7).as_ref())
    };
    let told = [see(0, 2.0, true), see(1, 2.0, false), see(2, 1.0, true), see(3, 2.0, true)];
    assert_eq!(told, ['.', '+', '-', '.']);
}

proptest! {
    /// Whatever is measured in whatever order: raised and ended alternate, and a state that was written and read again
    /// after each frame, or lost with its batch and judged again, comes to the same.
    #[test]
    fn raised_and_ended_alternate(
        frames in prop::collection::vec((0_i64..100, 0_u8..8, any::<bool>(), any::<bool>()), 0..60),
        seconds in 0_u64..20,
        count in 1_u32..4,
    ) {
        let hold = json!({ "seconds": seconds, "frames": count });
        let high = condition(json!({ "above":
            { "quantity": "air.co2", "limit": 5, "back": 3, "for": hold } }));
        let (mut state, mut told, mut whole) = (State::default(), String::new(), State::default());
        let mut told_whole = String::new();
        for (seconds, value, is_muted, is_killed) in frames {
            let frame = frame(seconds, "air.co2", Value::Number(f64::from(value)));
            let kept = serde_json::to_vec(&state).unwrap();
            if is_killed {
                // The batch is lost with the state in it, and the frame comes again.
                state.judge(&high, &frame, is_muted, Uuid::now_v7);
                state = serde_json::from_slice(&kept).unwrap();
            }
            let event = state.judge(&high, &frame, is_muted, Uuid::now_v7);
            told.push(sign(event.as_ref()));
            let event = whole.judge(&high, &frame, is_muted, Uuid::now_v7);
            told_whole.push(sign(event.as_ref()));
        }
        prop_assert_eq!(&told, &told_whole);
        let turns: String = told.chars().filter(|turn| *turn != '.').collect();
        prop_assert!(!turns.contains("++") && !turns.contains("--") && !turns.starts_with('-'));
        prop_assert_eq!(state.raised.is_some(), turns.ends_with('+'));
    }
}

#[test]
fn a_decoder_that_names_ever_more_channels_makes_no_state_too_large() {
    let alarm = condition(json!({ "alarm": {} }));
    let mut state = State::default();
    let alarms = |seconds, channels: std::ops::Range<u16>, is_raised| {
        let mut frame = frame(seconds, "alarm.fault.temporary", Value::Boolean(is_raised));
        let first = frame.measurements.remove(0);
        let measured = |channel| Measured { channel, ..first.clone() };
        frame.measurements.extend(channels.map(measured));
        frame
    };
    let raised = state.judge(&alarm, &alarms(1, 0..2_000, true), false, Uuid::now_v7);
    assert!(matches!(raised, Some(Event::Raised { .. })), "{raised:?}");
    state.judge(&alarm, &alarms(2, 60_000..62_000, true), false, Uuid::now_v7);
    state.group = Some("g".repeat(64).parse().unwrap());
    let bytes = serde_json::to_vec(&state).unwrap().len() + "\"\":,".len() + 36;
    let all = bytes * crate::alerts::MOST_WATCHING;
    assert!(all < champollion_store::MAX_VALUE_BYTES, "{all}");
    let ended = state.judge(&alarm, &alarms(3, 0..2_000, false), false, Uuid::now_v7);
    assert!(matches!(ended, Some(Event::Ended { .. })), "{ended:?}");
}
