//! What a fuzzer calls, run here on bytes of chance and on damaged genuine ones. None of it may
//! panic, and none may accept what no device sent.

use champollion_frames::{
    AppKey, Direction, JoinAccept, JoinEui, JoinRequest, JoinState, Joiner, Joins, LorawanVersion,
    NwkKey, PhyPayload, RadioMetadata, RejoinRequest, RootKeys, Sessions,
    device::joining::JoiningDevice,
    inspect::{Known, inspect},
    mac_commands,
};
use proptest::{collection::vec, prelude::*};

use super::{dev_eui, frame, last_f_cnt, session};

/// Everything that reads bytes without a key.
fn parse(bytes: &[u8]) {
    let _ = PhyPayload::parse(bytes);
    let _ = PhyPayload::parse_either(bytes);
    let _ = JoinRequest::parse(bytes);
    let _ = RejoinRequest::parse(bytes);
    let _ = JoinAccept::check_length(bytes);
    for direction in [Direction::Up, Direction::Down] {
        let commands = mac_commands(direction, bytes);
        // Every byte is part of one command.
        let length: usize = commands.iter().map(|command| 1 + command.payload.len() / 2).sum();
        assert_eq!(length, bytes.len());
    }
    let _ = inspect(bytes, &Known::default());
}

fn joining() -> JoiningDevice {
    let nwk_key = NwkKey::from_bytes([1; 16]);
    JoiningDevice {
        dev_eui: dev_eui(1),
        join_eui: JoinEui::from_be_bytes([2; 8]),
        root_keys: RootKeys::V1_1 { nwk_key, app_key: AppKey::from_bytes([3; 16]) },
    }
}

/// Everything that reads bytes with keys. Says whether they were accepted.
fn verify(bytes: &[u8]) -> bool {
    let sessions = Sessions::new();
    for number in 1..=3 {
        let reset = number == 2;
        sessions.insert(session(number).with_counter_reset(reset).with_state(last_f_cnt(70_000)));
    }
    let device = joining();
    let joins = Joins::new();
    let root_keys = device.root_keys.clone();
    let version = LorawanVersion::V1_1;
    let joiner = Joiner { dev_eui: device.dev_eui, join_eui: None, root_keys, version };
    joins.insert(joiner, JoinState::default());
    drop(joins.confirm(joins.verify(&device.request(1), None).expect("it is genuine")));
    let known = Known {
        network_keys: Some(session(1).network_keys().clone()),
        app_s_key: Some(session(1).app_s_key().clone()),
        root_keys: Some(device.root_keys.clone()),
        ..Known::default()
    };
    let _ = inspect(bytes, &known);
    sessions.verify(bytes, 0, RadioMetadata::default()).is_ok()
        || joins.verify(bytes, None).is_ok()
        || joins.verify(bytes, Some(device.dev_eui)).is_ok()
}

/// Bytes that get past the first checks more often than chance has it.
fn almost_a_message() -> impl Strategy<Value = Vec<u8>> {
    let genuine = [
        frame(&session(1), 70_001),
        frame(&session(2), 3),
        joining().request(2),
        vec![0x20; 17],
        vec![0x20; 33],
        vec![0xC0; 19],
        vec![0xC0; 24],
    ];
    let length = genuine.len();
    (0..length, vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), 0..4_usize).prop_map(
        move |(which, damages, cut)| {
            let mut bytes = genuine[which].clone();
            for (place, value) in damages {
                let place = place.index(bytes.len());
                // At least one bit is another.
                bytes[place] ^= value | 1;
            }
            bytes.truncate(bytes.len() - cut);
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..300)) {
        parse(&bytes);
        prop_assert!(!verify(&bytes));
    }

    #[test]
    fn damaged_messages(bytes in almost_a_message()) {
        parse(&bytes);
        let genuine =
            [frame(&session(1), 70_001), frame(&session(2), 3), joining().request(2)];
        // Two damages of the same place may undo each other.
        prop_assert_eq!(verify(&bytes), genuine.contains(&bytes));
    }
}
