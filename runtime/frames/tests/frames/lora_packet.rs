//! Frames and joins that npm's lora-packet made and judged: `lora-packet/record.mjs` recorded them.

use champollion_frames::{
    AppKey, AppSKey, DevAddr, FNwkSIntKey, JoinMessage, JoinState, Joiner, Joins, LorawanVersion,
    NetworkKeys, NetworkKeysV1_1, NwkKey, NwkSEncKey, NwkSKey, RadioMetadata, RootKeys,
    SNwkSIntKey, Session, SessionState, Sessions, VerifiedBy,
    device::{Device, Uplink},
};
use sha2::{Digest as _, Sha256};

use super::{dev_eui, last_f_cnt};

const DATA: &str = include_str!("../lora-packet/data.ndjson");
const JOINS: &str = include_str!("../lora-packet/joins.ndjson");

/// A line of `data.ndjson`.
#[derive(serde::Deserialize)]
struct Frame(String, u8, u32, Option<u8>, String, String, u8, u16, u8, u8, String, bool);

fn key(name: &str, number: u8) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(format!("{name} {number}").as_bytes()).into();
    std::array::from_fn(|index| digest[index])
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn session(version: &str, number: u8) -> Session {
    let is_1_1 = version == "1.1";
    let dev_addr = DevAddr::from_u32(u32::from_be_bytes([2, u8::from(is_1_1), 0, number]));
    let network_keys = if is_1_1 {
        NetworkKeys::V1_1(Box::new(NetworkKeysV1_1 {
            f_nwk_s_int_key: FNwkSIntKey::from_bytes(key("FNwkSIntKey", number)),
            s_nwk_s_int_key: SNwkSIntKey::from_bytes(key("SNwkSIntKey", number)),
            nwk_s_enc_key: NwkSEncKey::from_bytes(key("NwkSEncKey", number)),
        }))
    } else {
        NetworkKeys::V1_0(NwkSKey::from_bytes(key("NwkSKey", number)))
    };
    let app_s_key = AppSKey::from_bytes(key("AppSKey", number));
    Session::new(dev_eui(number.into()), dev_addr, network_keys, app_s_key)
}

/// Each frame is accepted exactly if lora-packet calls it genuine, says then what lora-packet put
/// in, and is what our own device would have sent.
#[test]
fn every_frame_is_judged_as_lora_packet_judges_it() {
    let (mut good, mut damaged) = ([0; 2], [0; 2]);
    for line in DATA.lines() {
        let Frame(
            version,
            number,
            f_cnt,
            f_port,
            f_opts,
            payload,
            flags,
            conf,
            tx_dr,
            tx_ch,
            phy,
            is_good,
        ) = serde_json::from_str(line).unwrap();
        let (phy, f_opts, payload) = (bytes(&phy), bytes(&f_opts), bytes(&payload));
        let before = f_cnt.checked_sub(1).map_or(SessionState::default(), last_f_cnt);
        let session = session(&version, number).with_state(before);
        let sessions = Sessions::new();
        sessions.insert(session.clone());
        let told = RadioMetadata {
            data_rate_index: Some(tx_dr),
            channel_index: Some(tx_ch),
            conf_f_cnt: Some(conf),
            ..RadioMetadata::default()
        };
        let answer = sessions.verify(&phy, 0, told);
        assert_eq!(answer.is_ok(), is_good, "{line}: {:?}", answer.err());
        let is_1_1 = usize::from(version == "1.1");
        let Ok(claim) = answer else {
            damaged[is_1_1] += 1;
            continue;
        };
        good[is_1_1] += 1;
        let uplink = claim.confirm();
        assert_eq!(uplink.f_cnt(), f_cnt, "{line}");
        assert_eq!(uplink.f_port(), f_port, "{line}");
        assert_eq!(uplink.f_opts(), f_opts, "{line}");
        assert_eq!(uplink.payload(), payload, "{line}");
        assert_eq!(uplink.confirmed(), flags & 1 != 0, "{line}");
        assert_eq!(uplink.adr(), flags & 2 != 0, "{line}");
        assert_eq!(uplink.verified_by(), VerifiedBy::Mic, "{line}");

        let sent = Uplink {
            f_cnt,
            f_port,
            payload: &payload,
            f_opts: &f_opts,
            confirmed: flags & 1 != 0,
            adr: flags & 2 != 0,
            acknowledges: (flags & 4 != 0).then_some(conf.into()),
            tx_dr,
            tx_ch,
        };
        assert_eq!(Device::of(&session).send(&sent).unwrap(), phy, "{line}");
    }
    assert_eq!([good[0] + damaged[0], good[1] + damaged[1]], [10_000; 2]);
    assert!(damaged.iter().all(|&count| count > 2_000), "{damaged:?}");
}

/// A line of `joins.ndjson`.
#[derive(serde::Deserialize)]
struct Join(
    String,
    AppKey,
    NwkKey,
    champollion_frames::JoinEui,
    champollion_frames::DevEui,
    u16,
    DevAddr,
    String,
    String,
    Vec<String>,
);

#[test]
fn every_join_gives_the_keys_that_lora_packet_derives() {
    let mut joined = 0;
    for line in JOINS.lines() {
        let Join(
            version,
            app_key,
            nwk_key,
            join_eui,
            dev_eui,
            dev_nonce,
            dev_addr,
            request,
            accept,
            keys,
        ) = serde_json::from_str(line).unwrap();
        let (root_keys, version) = match version.as_str() {
            "1.1" => (RootKeys::V1_1 { nwk_key, app_key }, LorawanVersion::V1_1),
            _ => (RootKeys::V1_0(app_key), LorawanVersion::V1_0_3),
        };
        let joins = Joins::new();
        let joiner = Joiner { dev_eui, join_eui: Some(join_eui), root_keys, version };
        joins.insert(joiner, JoinState::default());
        let asked = joins.confirm(joins.verify(&bytes(&request), None).unwrap());
        assert_eq!(asked, JoinMessage::Request { dev_nonce }, "{line}");
        let answer = joins.confirm(joins.verify(&bytes(&accept), None).unwrap());
        let JoinMessage::Accept { session } = answer else { panic!("no session: {line}") };
        assert_eq!(session.dev_addr(), dev_addr, "{line}");
        let derived = match session.network_keys() {
            NetworkKeys::Withheld => Vec::new(),
            NetworkKeys::V1_0(nwk_s_key) => vec![nwk_s_key.reveal_hex()],
            NetworkKeys::V1_1(three) => vec![
                three.f_nwk_s_int_key.reveal_hex(),
                three.s_nwk_s_int_key.reveal_hex(),
                three.nwk_s_enc_key.reveal_hex(),
            ],
        };
        assert_eq!([vec![session.app_s_key().reveal_hex()], derived].concat(), keys, "{line}");
        joined += 1;
    }
    assert_eq!(joined, 1_000);
}
