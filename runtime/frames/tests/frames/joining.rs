//! Devices that join: requests, answers, and the session that comes of both.

use champollion_frames::{
    AppKey, Claim, DevAddr, JoinEui, JoinMessage, JoinRefusal, JoinState, Joiner, Joins,
    LorawanVersion, NetworkKeys, NwkKey, RootKeys, Session, Sessions,
    device::{
        Device,
        joining::{Answer, JoiningDevice},
    },
};

use super::{accept, dev_eui, frame, refuse, verify};

const ANSWER: Answer = Answer {
    join_nonce: 1,
    net_id: 0x13,
    dev_addr: DevAddr::from_u32(0x2601_0203),
    opt_neg: false,
};

fn root_keys(number: u8, version: LorawanVersion) -> RootKeys {
    let app_key = AppKey::from_bytes([number; 16]);
    match version {
        LorawanVersion::V1_1 => {
            RootKeys::V1_1 { nwk_key: NwkKey::from_bytes([number ^ 0x77; 16]), app_key }
        }
        _ => RootKeys::V1_0(app_key),
    }
}

fn device(number: u8, version: LorawanVersion) -> JoiningDevice {
    JoiningDevice {
        dev_eui: dev_eui(number.into()),
        join_eui: JoinEui::from_be_bytes([9; 8]),
        root_keys: root_keys(number, version),
    }
}

fn joiner(device: &JoiningDevice, version: LorawanVersion) -> Joiner {
    Joiner { dev_eui: device.dev_eui, join_eui: None, root_keys: device.root_keys.clone(), version }
}

fn joins(device: &JoiningDevice, version: LorawanVersion) -> Joins {
    let joins = Joins::new();
    joins.insert(joiner(device, version), JoinState::default());
    joins
}

#[track_caller]
fn take(joins: &Joins, phy: &[u8]) -> JoinMessage {
    joins.confirm(joins.verify(phy, None).expect("a message to be accepted"))
}

#[track_caller]
fn session_of(message: JoinMessage) -> Session {
    match message {
        JoinMessage::Accept { session } => *session,
        JoinMessage::Request { .. } => panic!("a join-accept gives a session"),
    }
}

#[track_caller]
fn refused(joins: &Joins, phy: &[u8]) -> JoinRefusal {
    joins.verify(phy, None).expect_err("a message to be refused")
}

#[test]
fn a_request_and_its_answer_give_the_session_that_the_device_has() {
    for (version, opt_neg) in [
        (LorawanVersion::V1_0_2, false),
        (LorawanVersion::V1_0_4, false),
        (LorawanVersion::V1_1, true),
        // A device of 1.1 in a network of 1.0.x.
        (LorawanVersion::V1_1, false),
    ] {
        let device = device(1, version);
        let joins = joins(&device, version);
        let answer = Answer { opt_neg, ..ANSWER };
        let asked = take(&joins, &device.request(0x0203));
        assert_eq!(asked, JoinMessage::Request { dev_nonce: 0x0203 });
        let session = session_of(take(&joins, &device.accept(0x0203, answer)));
        assert_eq!(session, device.session(0x0203, answer));
        assert_eq!((session.dev_eui(), session.dev_addr()), (device.dev_eui, ANSWER.dev_addr));
        let is_1_1 = matches!(session.network_keys(), NetworkKeys::V1_1(_));
        assert_eq!(is_1_1, opt_neg);

        let sessions = Sessions::new();
        sessions.offer(session.clone());
        assert_eq!(accept(&sessions, &frame(&session, 0)), 0);
    }
}

#[test]
fn what_is_no_genuine_request_is_refused() {
    let version = LorawanVersion::V1_0_3;
    let (known, stranger) = (device(1, version), device(2, version));
    let joins = joins(&known, version);
    let refusal = refused(&joins, &stranger.request(1));
    assert_eq!(refusal, JoinRefusal::UnknownDevEui { dev_eui: stranger.dev_eui });

    let request = known.request(1);
    for bit in 8..request.len() * 8 {
        let mut damaged = request.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let code = refused(&joins, &damaged).code();
        assert!(["mic-mismatch", "unknown-dev-eui"].contains(&code), "bit {bit}: {code}");
    }
    assert_eq!(refused(&joins, &request[..22]).code(), "malformed");
    assert_eq!(refused(&joins, &[]).code(), "malformed");

    let elsewhere =
        Joiner { join_eui: Some(JoinEui::from_be_bytes([8; 8])), ..joiner(&known, version) };
    joins.insert(elsewhere, JoinState::default());
    let refusal = refused(&joins, &request);
    assert_eq!(refusal.code(), "other-join-eui");
    assert!(refusal.to_string().contains("0909090909090909"), "{refusal}");

    joins.remove(known.dev_eui);
    assert_eq!(refused(&joins, &request).code(), "unknown-dev-eui");
}

#[test]
fn a_dev_nonce_is_used_once() {
    // Random up to 1.0.3.
    let version = LorawanVersion::V1_0_3;
    let device = device(1, version);
    let joins = joins(&device, version);
    take(&joins, &device.request(500));
    assert_eq!(refused(&joins, &device.request(500)).code(), "duplicate");
    take(&joins, &device.request(7));
    let replay = JoinRefusal::UsedDevNonce { dev_eui: device.dev_eui, dev_nonce: 500 };
    assert_eq!(refused(&joins, &device.request(500)), replay);
    take(&joins, &device.request(8));
}

#[test]
fn since_1_0_4_dev_nonces_only_go_up() {
    for version in [LorawanVersion::V1_0_4, LorawanVersion::V1_1] {
        let device = device(1, version);
        let joins = joins(&device, version);
        take(&joins, &device.request(0));
        take(&joins, &device.request(500));
        assert_eq!(refused(&joins, &device.request(499)).code(), "replayed-dev-nonce");
        take(&joins, &device.request(501));
    }
}

#[test]
fn an_answer_is_taken_once_and_only_for_the_device_that_asked() {
    let version = LorawanVersion::V1_0_3;
    let (one, other) = (device(1, version), device(2, version));
    let joins = joins(&one, version);
    joins.insert(joiner(&other, version), JoinState::default());

    let accept = one.accept(1, ANSWER);
    assert_eq!(refused(&joins, &accept), JoinRefusal::NobodyAsked { tried: 0 });
    take(&joins, &other.request(1));
    assert_eq!(refused(&joins, &accept), JoinRefusal::NobodyAsked { tried: 1 });
    take(&joins, &one.request(1));
    let foreign = joins.verify(&accept, Some(other.dev_eui)).unwrap_err();
    assert_eq!(foreign, JoinRefusal::NobodyAsked { tried: 1 });
    let unknown = joins.verify(&accept, Some(dev_eui(9))).unwrap_err();
    assert_eq!(unknown.code(), "unknown-dev-eui");

    session_of(joins.confirm(joins.verify(&accept, Some(one.dev_eui)).unwrap()));
    assert_eq!(refused(&joins, &accept).code(), "duplicate");
    // Played again after another request, it would give a session that the device does not have.
    take(&joins, &one.request(2));
    assert_eq!(refused(&joins, &accept).code(), "duplicate");
    let second = one.accept(2, Answer { join_nonce: 2, ..ANSWER });
    session_of(take(&joins, &second));
    take(&joins, &one.request(3));
    assert_eq!(refused(&joins, &accept).code(), "replayed-join-nonce");

    let mut damaged = one.accept(3, Answer { join_nonce: 3, ..ANSWER });
    damaged[9] ^= 1;
    assert_eq!(refused(&joins, &damaged).code(), "nobody-asked");
    assert_eq!(refused(&joins, &damaged[..16]).code(), "malformed");
}

#[test]
fn a_second_answer_to_one_request_is_refused() {
    let version = LorawanVersion::V1_0_3;
    let device = device(1, version);
    let joins = joins(&device, version);
    take(&joins, &device.request(1));
    take(&joins, &device.accept(1, ANSWER));
    let second = device.accept(1, Answer { join_nonce: 2, ..ANSWER });
    assert_eq!(refused(&joins, &second).code(), "replayed-join-nonce");
}

#[test]
fn a_claim_is_kept_or_given_back() {
    let version = LorawanVersion::V1_0_4;
    let device = device(1, version);
    let joins = joins(&device, version);
    let claim = joins.verify(&device.request(5), None).unwrap();
    assert_eq!(refused(&joins, &device.request(5)).code(), "in-flight");
    assert_eq!(refused(&joins, &device.request(6)).code(), "in-flight");
    drop(claim);
    take(&joins, &device.request(5));

    let claim = joins.verify(&device.accept(5, ANSWER), None).unwrap();
    assert_eq!(refused(&joins, &device.accept(5, ANSWER)).code(), "in-flight");
    drop(claim);
    take(&joins, &device.accept(5, ANSWER));
}

#[test]
fn nonces_and_what_is_under_way_survive_a_restart() {
    let version = LorawanVersion::V1_0_3;
    let device = device(1, version);
    let before = joins(&device, version);
    let claim = before.verify(&device.request(5), None).unwrap();
    let stored = serde_json::to_string(claim.next_state()).unwrap();

    let after = Joins::new();
    after.insert(joiner(&device, version), serde_json::from_str(&stored).unwrap());
    assert_eq!(refused(&after, &device.request(5)).code(), "duplicate");
    let session = session_of(take(&after, &device.accept(5, ANSWER)));
    assert_eq!(session, device.session(5, ANSWER));

    // Registered again with the same keys, the nonces stay used; with others all starts over.
    after.insert(joiner(&device, version), JoinState::default());
    assert_eq!(refused(&after, &device.request(5)).code(), "duplicate");
    let changed = JoiningDevice { root_keys: root_keys(3, version), ..device };
    after.insert(joiner(&changed, version), JoinState::default());
    take(&after, &changed.request(5));
}

#[test]
fn a_rejoin_request_is_called_by_its_name() {
    let mut phy = vec![0xC0, 2, 1, 2, 3];
    phy.extend(dev_eui(7).to_le_bytes());
    phy.extend([0, 1, 9, 9, 9, 9]);
    let refusal = refused(&Joins::new(), &phy);
    assert_eq!(refusal, JoinRefusal::Rejoin { dev_eui: dev_eui(7) });
    assert_eq!(refused(&Joins::new(), &phy[..18]).code(), "malformed");
}

// The two sessions that a device has between join-accept and first uplink.

fn both(dev_addr: DevAddr) -> (Sessions, Session, Session) {
    let old = super::session(1);
    let device = device(1, LorawanVersion::V1_0_3);
    let new = device.session(1, Answer { dev_addr, ..ANSWER });
    let sessions = super::sessions([old.clone()]);
    accept(&sessions, &frame(&old, 100));
    sessions.offer(new.clone());
    (sessions, old, new)
}

#[test]
fn the_old_session_goes_on_until_the_new_one_is_used() {
    // Whether the addresses differ or not.
    for dev_addr in [ANSWER.dev_addr, super::session(1).dev_addr()] {
        let (sessions, old, new) = both(dev_addr);
        let dev_eui = old.dev_eui();
        assert_eq!(accept(&sessions, &frame(&old, 101)), 101);
        assert_eq!(sessions.get(dev_eui).unwrap().dev_addr(), old.dev_addr());
        assert_eq!(sessions.get_offered(dev_eui), Some(new.clone()));

        let claim: Claim = verify(&sessions, &frame(&new, 0)).unwrap();
        assert!(claim.takes_over());
        assert_eq!(refuse(&sessions, &frame(&old, 102)).code(), "in-flight");
        drop(claim);
        assert_eq!(accept(&sessions, &frame(&old, 102)), 102);

        verify(&sessions, &frame(&new, 0)).unwrap().confirm();
        for settled in [false, true] {
            if settled {
                sessions.settle(dev_eui);
            }
            let refusal = refuse(&sessions, &frame(&old, 103));
            assert!(["mic-mismatch", "unknown-dev-addr"].contains(&refusal.code()), "{refusal}");
            assert_eq!(refuse(&sessions, &frame(&new, 0)).code(), "duplicate");
            assert_eq!(sessions.state(dev_eui).unwrap().last_f_cnt, Some(0));
            assert_eq!(sessions.get_offered(dev_eui), None);
            assert_eq!(sessions.len(), 1);
        }
        let next = verify(&sessions, &frame(&new, 1)).unwrap();
        assert!(!next.takes_over());
        next.confirm();
        assert_eq!(sessions.remove(dev_eui).unwrap().state().last_f_cnt, Some(1));
        assert_eq!(refuse(&sessions, &frame(&new, 2)).code(), "unknown-dev-addr");
    }
}

#[test]
fn a_session_that_is_never_used_makes_room_for_the_next() {
    let (sessions, old, unused) = both(ANSWER.dev_addr);
    let device = device(1, LorawanVersion::V1_0_3);
    let next = device.session(2, Answer { join_nonce: 2, ..ANSWER });
    sessions.offer(next.clone());
    assert_eq!(refuse(&sessions, &frame(&unused, 0)).code(), "mic-mismatch");
    assert_eq!(accept(&sessions, &frame(&old, 101)), 101);
    assert_eq!(accept(&sessions, &frame(&next, 0)), 0);
    // Without being settled: the next join follows at once.
    let third = device.session(3, Answer { join_nonce: 3, ..ANSWER });
    sessions.offer(third.clone());
    assert_eq!(accept(&sessions, &frame(&next, 1)), 1);
    assert_eq!(accept(&sessions, &frame(&third, 0)), 0);
    assert_eq!(refuse(&sessions, &frame(&next, 2)).code(), "mic-mismatch");

    // What the operator registers ends both.
    sessions.offer(next);
    sessions.insert(old.clone());
    assert_eq!(sessions.get_offered(old.dev_eui()), None);
    assert_eq!(accept(&sessions, &frame(&old, 0)), 0);
    assert_eq!(sessions.len(), 1);
}

#[test]
fn a_device_sends_with_its_session_whoever_made_it() {
    let device = device(1, LorawanVersion::V1_1);
    let session = device.session(1, Answer { opt_neg: true, ..ANSWER });
    let sessions = Sessions::new();
    sessions.offer(session.clone());
    let phy = Device::of(&session).uplink(2, b"joined", 0, true).unwrap();
    let claim = verify(&sessions, &phy).unwrap();
    assert!(!claim.takes_over(), "there was none before");
    assert_eq!(claim.confirm().application_payload(), Some((2, b"joined".as_slice())));
}
