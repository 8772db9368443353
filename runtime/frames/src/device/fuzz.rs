//! Entry points of the fuzz targets, for bytes of any kind; ordinary tests run them too. None of it may
//! panic, and nothing may be accepted that no device sent.

use crate::{
    address::{DevAddr, DevEui, JoinEui},
    device::{Device, joining::JoiningDevice},
    direction::Direction,
    inspect::{Known, inspect},
    join_frames::{JoinAccept, JoinRequest, RejoinRequest},
    joins::{JoinState, Joiner, Joins},
    keys::{
        AppKey, AppSKey, FNwkSIntKey, NetworkKeysV1_1, NwkKey, NwkSEncKey, NwkSKey, RootKeys,
        SNwkSIntKey,
    },
    mac_commands::mac_commands,
    metadata::RadioMetadata,
    phy_payload::PhyPayload,
    session::{Session, SessionState},
    sessions::Sessions,
    version::LorawanVersion,
};

/// The address of all sessions.
const DEV_ADDR: DevAddr = DevAddr::from_u32(0x0102_0304);

/// The last FCnt of all sessions: beyond 16 bits.
const LAST_F_CNT: u32 = 70_000;

/// Everything that reads bytes without a key.
///
/// # Panics
/// Where it should not: that is what is looked for.
pub fn parse(bytes: &[u8]) {
    if let Ok((_, phy)) = PhyPayload::parse_either(bytes) {
        // Every byte is part of one field.
        let port = usize::from(phy.f_port().is_some());
        let fields = 8 + phy.f_opts().len() + port + phy.frm_payload().len() + 4;
        assert_eq!(fields, bytes.len());
    }
    let _ = PhyPayload::parse(bytes).map(|phy| phy.message().len());
    let _ = JoinRequest::parse(bytes).map(|request| request.dev_nonce());
    let _ = RejoinRequest::parse(bytes).map(|request| request.mic());
    let _ = JoinAccept::check_length(bytes);
    for direction in [Direction::Up, Direction::Down] {
        let commands = mac_commands(direction, bytes);
        // Every byte is part of one command.
        let length: usize = commands.iter().map(|command| 1 + command.payload.len() / 2).sum();
        assert_eq!(length, bytes.len());
    }
    let _ = inspect(bytes, &Known::default());
}

/// Everything that reads bytes with keys. Says whether they were accepted, which only
/// [`genuine`] messages are.
///
/// # Panics
/// Where it should not: that is what is looked for.
#[must_use]
pub fn verify(bytes: &[u8]) -> bool {
    let sessions = Sessions::new();
    sessions_of_devices().into_iter().for_each(|session| drop(sessions.insert(session)));
    let device = joining();
    let joins = Joins::new();
    let (dev_eui, root_keys) = (device.dev_eui, device.root_keys.clone());
    let version = LorawanVersion::V1_1;
    let joiner = Joiner { dev_eui, join_eui: None, root_keys, version };
    joins.insert(joiner, JoinState::default());
    let asked = joins.verify(&device.request(1), None).expect("it is genuine");
    drop(joins.confirm(asked));

    let [session, ..] = sessions_of_devices();
    let known = Known {
        network_keys: Some(session.network_keys().clone()),
        app_s_key: Some(session.app_s_key().clone()),
        root_keys: Some(device.root_keys),
        ..Known::default()
    };
    let _ = inspect(bytes, &known);
    // Told, since otherwise half of a MIC of LoRaWAN 1.1 is searched for among all data rates and
    // channels, and some damages of it are that of another channel.
    let metadata = RadioMetadata {
        data_rate_index: Some(0),
        channel_index: Some(0),
        ..RadioMetadata::default()
    };
    sessions.verify(bytes, 0, metadata).is_ok()
        || joins.verify(bytes, None).is_ok()
        || joins.verify(bytes, Some(dev_eui)).is_ok()
}

/// Messages that are accepted, to start from.
#[must_use]
pub fn genuine() -> Vec<Vec<u8>> {
    let [plain, forgetful, newer] = sessions_of_devices();
    let frame = |session: &Session, f_cnt| {
        Device::of(session).uplink(1, b"payload", f_cnt, false).expect("it fits in a frame")
    };
    vec![
        frame(&plain, LAST_F_CNT + 1),
        frame(&forgetful, 3),
        frame(&newer, LAST_F_CNT + 9),
        joining().request(2),
    ]
}

/// One of LoRaWAN 1.0.x, one of a device that forgets its counter, one of 1.1.
fn sessions_of_devices() -> [Session; 3] {
    let dev_eui = |number| DevEui::from_be_bytes([number; 8]);
    let app_s_key = || AppSKey::from_bytes([9; 16]);
    let of_1_0 = |number| {
        let nwk_s_key = NwkSKey::from_bytes([number; 16]);
        Session::lorawan_1_0(dev_eui(number), DEV_ADDR, nwk_s_key, app_s_key())
    };
    let keys = NetworkKeysV1_1 {
        f_nwk_s_int_key: FNwkSIntKey::from_bytes([3; 16]),
        s_nwk_s_int_key: SNwkSIntKey::from_bytes([4; 16]),
        nwk_s_enc_key: NwkSEncKey::from_bytes([5; 16]),
    };
    let of_1_1 = Session::lorawan_1_1(dev_eui(3), DEV_ADDR, keys, app_s_key());
    [of_1_0(1), of_1_0(2).with_counter_reset(true), of_1_1].map(|session| {
        session.with_state(SessionState { last_f_cnt: Some(LAST_F_CNT), ..SessionState::default() })
    })
}

fn joining() -> JoiningDevice {
    let nwk_key = NwkKey::from_bytes([6; 16]);
    JoiningDevice {
        dev_eui: DevEui::from_be_bytes([7; 8]),
        join_eui: JoinEui::from_be_bytes([8; 8]),
        root_keys: RootKeys::V1_1 { nwk_key, app_key: AppKey::from_bytes([1; 16]) },
    }
}
