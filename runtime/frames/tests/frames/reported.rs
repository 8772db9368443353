//! Uplinks of which a network server tells the content.

use champollion_frames::{
    AppSKey, Claim, DevAddr, Fingerprint, Mic, NextState, RadioMetadata, Refusal, ReportedUplink,
    Reports, VerifiedBy,
    device::{Device, Uplink},
};

use super::{dev_eui, session};

const NOW: u64 = 1_767_225_600_000;
const MINUTE: u64 = 60_000;
/// The clock, later than all that is received.
const LATER: u64 = NOW + 1_000 * MINUTE;

fn report(f_cnt: u32, received_at_ms: u64) -> ReportedUplink {
    ReportedUplink {
        dev_eui: dev_eui(1),
        dev_addr: Some(DevAddr::from_u32(0x0102_0304)),
        f_cnt,
        f_port: Some(2),
        payload: vec![0xAB],
        is_encrypted: false,
        confirmed: true,
        adr: true,
        mic: None,
        received_at_ms: Some(received_at_ms),
    }
}

fn take(reports: &Reports, report: ReportedUplink) -> Result<Claim, Refusal> {
    reports.accept(report, None, LATER, NOW, RadioMetadata::default())
}

/// Whether the counter started over, of an uplink that must be accepted.
#[track_caller]
fn accept(reports: &Reports, report: ReportedUplink) -> bool {
    take(reports, report).expect("an uplink to be accepted").confirm().counter_reset()
}

#[track_caller]
fn refuse(reports: &Reports, report: ReportedUplink) -> Refusal {
    take(reports, report).expect_err("an uplink to be refused")
}

#[test]
fn what_is_told_becomes_the_uplink() {
    let reports = Reports::new();
    let uplink = take(&reports, report(70_000, NOW)).unwrap().confirm();
    assert_eq!(uplink.verified_by(), VerifiedBy::NetworkServer);
    assert_eq!((uplink.dev_eui(), uplink.f_cnt()), (dev_eui(1), 70_000));
    assert_eq!(uplink.dev_addr(), report(0, 0).dev_addr);
    assert_eq!(uplink.application_payload(), Some((2, &[0xAB][..])));
    assert!(uplink.confirmed() && uplink.adr() && !uplink.counter_reset());
    assert_eq!((uplink.mic(), uplink.phy_payload(), uplink.f_opts()), (None, &[][..], &[][..]));
    assert_eq!(reports.state(dev_eui(1)).last_f_cnt(), Some(70_000));

    let mac_only = ReportedUplink { f_port: None, payload: vec![], ..report(70_001, NOW) };
    assert_eq!(take(&reports, mac_only).unwrap().uplink().application_payload(), None);
}

#[test]
fn a_retry_is_a_duplicate_once_the_first_is_durable() {
    let reports = Reports::new();
    let (dev_eui, f_cnt) = (dev_eui(1), 5);
    let claim = take(&reports, report(5, NOW)).unwrap();
    let in_flight = Refusal::InFlight { dev_eui, f_cnt, pending: 5 };
    assert_eq!(refuse(&reports, report(5, NOW)), in_flight);
    drop(claim);
    assert!(!accept(&reports, report(5, NOW)), "it was given back");
    assert_eq!(refuse(&reports, report(5, NOW)), Refusal::Duplicate { dev_eui, f_cnt });
    for f_cnt in 6..20 {
        accept(&reports, report(f_cnt, NOW + u64::from(f_cnt)));
        assert!(matches!(refuse(&reports, report(5, NOW)), Refusal::Duplicate { .. }), "{f_cnt}");
    }
}

#[test]
fn the_state_survives_a_restart() {
    let reports = Reports::new();
    let claim = take(&reports, report(5, NOW)).unwrap();
    let NextState::Report(foretold) = claim.next_state() else { panic!("it is a report") };
    claim.confirm();
    assert_eq!(reports.state(dev_eui(1)), foretold);
    let stored = serde_json::to_string(&foretold).unwrap();

    let restarted = Reports::new();
    restarted.insert(dev_eui(1), serde_json::from_str(&stored).unwrap());
    assert!(matches!(refuse(&restarted, report(5, NOW)), Refusal::Duplicate { .. }));
    assert!(!accept(&restarted, report(6, NOW)));
    restarted.remove(dev_eui(1));
    assert!(!accept(&restarted, report(5, NOW)));
}

/// A gateway was out of reach for a while, and its frames come after newer ones.
#[test]
fn what_was_held_up_is_taken_and_the_counter_stays() {
    let reports = Reports::new();
    accept(&reports, report(100, NOW));
    for f_cnt in 10..60 {
        let received = NOW - MINUTE * u64::from(100 - f_cnt);
        let uplink = take(&reports, report(f_cnt, received)).unwrap().confirm();
        assert!(uplink.held_up() && !uplink.counter_reset(), "{f_cnt} is no restart");
    }
    assert_eq!(reports.state(dev_eui(1)).last_f_cnt(), Some(100));
    assert!(!accept(&reports, report(101, NOW + MINUTE)));
    assert!(matches!(refuse(&reports, report(59, NOW - MINUTE * 41)), Refusal::Duplicate { .. }));
}

/// A network server whose clock is wrong says once that it is 2100.
#[test]
fn a_moment_in_the_future_holds_nothing_up() {
    let reports = Reports::new();
    accept(&reports, report(1, 4_102_444_800_000));
    let uplink =
        reports.accept(report(2, LATER + 1), None, LATER + 1, NOW, RadioMetadata::default());
    assert!(!uplink.unwrap().confirm().held_up());
    assert_eq!(reports.state(dev_eui(1)).last_f_cnt(), Some(2));
}

#[test]
fn a_counter_that_starts_over_refuses_nothing() {
    let reports = Reports::new();
    accept(&reports, report(100, NOW));
    assert!(accept(&reports, report(0, NOW + MINUTE)), "within a session it is said");
    assert!(!accept(&reports, report(1, NOW + 2 * MINUTE)));

    // Under another address it is a new session.
    let elsewhere = |f_cnt, received_at_ms| ReportedUplink {
        dev_addr: Some(DevAddr::from_u32(7)),
        ..report(f_cnt, received_at_ms)
    };
    assert!(!accept(&reports, elsewhere(0, NOW + 3 * MINUTE)));
    assert!(!accept(&reports, elsewhere(1, NOW + 4 * MINUTE)));

    // The network server says that the device has joined; Loriot tells no address.
    reports.insert(dev_eui(1), reports.after_join(dev_eui(1), None));
    let nowhere = ReportedUplink { dev_addr: None, ..report(0, NOW + 5 * MINUTE) };
    assert!(!accept(&reports, nowhere.clone()));
    // Retries of both sessions' frames are still known.
    assert!(matches!(refuse(&reports, nowhere), Refusal::Duplicate { .. }));
    assert!(matches!(refuse(&reports, report(100, NOW)), Refusal::Duplicate { .. }));

    // The same content at the same FCnt, hours later: the device started over again.
    let again = ReportedUplink { dev_addr: None, ..report(0, NOW + 300 * MINUTE) };
    assert!(accept(&reports, again));
}

/// ChirpStack tells the address and ThingPark the MIC too, where The Things Stack and others tell neither.
#[test]
fn an_uplink_through_two_network_servers_is_one() {
    let bare = |f_cnt, at| ReportedUplink { dev_addr: None, ..report(f_cnt, at) };
    let with_mic = |f_cnt: u32, at| ReportedUplink {
        mic: Some(Mic::from_bytes(f_cnt.to_le_bytes())),
        ..report(f_cnt, at)
    };
    let all: [&dyn Fn(u32, u64) -> ReportedUplink; 3] = [&report, &bare, &with_mic];
    for (first, second) in all.iter().flat_map(|one| all.iter().map(move |other| (one, other))) {
        let reports = Reports::new();
        for f_cnt in 5..15 {
            let at = NOW + u64::from(f_cnt) * MINUTE;
            assert!(!accept(&reports, first(f_cnt, at)), "{f_cnt}");
            let other = refuse(&reports, second(f_cnt, at + 800));
            assert_eq!(other, Refusal::Duplicate { dev_eui: dev_eui(1), f_cnt });
        }
        // Later too, as where a network server was away.
        refuse(&reports, second(5, NOW + 5 * MINUTE + 800));
        assert_eq!(reports.state(dev_eui(1)).last_f_cnt(), Some(14));
    }
}

/// The counter starts anew with the same content at once, and the network servers tell of it differently.
#[test]
fn a_new_session_through_two_network_servers_is_a_new_frame() {
    let reports = Reports::new();
    let bare = |f_cnt, at| ReportedUplink { dev_addr: None, ..report(f_cnt, at) };
    let elsewhere =
        |f_cnt, at| ReportedUplink { dev_addr: Some(DevAddr::from_u32(7)), ..report(f_cnt, at) };
    accept(&reports, report(0, NOW));
    refuse(&reports, bare(0, NOW + 500));
    accept(&reports, report(1, NOW + MINUTE));
    // One network server tells of the join, and of the frame that follows before the other does.
    reports.insert(dev_eui(1), reports.after_join(dev_eui(1), None));
    assert!(!accept(&reports, bare(0, NOW + 2 * MINUTE)));
    refuse(&reports, elsewhere(0, NOW + 2 * MINUTE + 500));
    assert!(!accept(&reports, bare(1, NOW + 3 * MINUTE)));
    // Where nobody tells of a join the address does.
    let again =
        |f_cnt, at| ReportedUplink { dev_addr: Some(DevAddr::from_u32(9)), ..bare(f_cnt, at) };
    accept(&reports, elsewhere(2, NOW + 4 * MINUTE));
    assert!(!accept(&reports, again(0, NOW + 5 * MINUTE)));
    refuse(&reports, bare(0, NOW + 5 * MINUTE + 500));
    assert!(!accept(&reports, bare(1, NOW + 6 * MINUTE)), "the address before had its own");
    refuse(&reports, again(1, NOW + 6 * MINUTE + 500));
}

#[test]
fn the_same_uplink_has_the_same_fingerprint_and_others_have_others() {
    let fingerprint = |report: ReportedUplink| {
        take(&Reports::new(), report).unwrap().confirm().fingerprint().to_string()
    };
    let first = fingerprint(report(5, NOW));
    assert_eq!(first.len(), 16);
    assert_eq!(fingerprint(report(5, NOW)), first);
    for other in [
        ReportedUplink { payload: vec![0xAC], ..report(5, NOW) },
        ReportedUplink { payload: vec![], ..report(5, NOW) },
        ReportedUplink { f_port: Some(3), ..report(5, NOW) },
        ReportedUplink { dev_addr: None, ..report(5, NOW) },
        ReportedUplink { received_at_ms: None, ..report(5, NOW) },
        report(5, NOW + 1),
    ] {
        assert_ne!(fingerprint(other.clone()), first, "{other:?}");
    }
    let mic = Mic::from_bytes([1, 2, 3, 4]);
    let told = ReportedUplink { mic: Some(mic), ..report(5, NOW) };
    let uplink = take(&Reports::new(), told).unwrap().confirm();
    assert_eq!((uplink.mic(), uplink.fingerprint()), (Some(mic), Fingerprint::Mic(mic)));
}

#[test]
fn what_is_encrypted_is_decrypted_with_the_session_key() {
    let session = session(1);
    let sent = Uplink { f_cnt: 70_000, f_port: Some(2), payload: b"lamp", ..Uplink::default() };
    let phy = Device::of(&session).send(&sent).unwrap();
    let encrypted = ReportedUplink {
        payload: phy[9..phy.len() - 4].to_vec(),
        is_encrypted: true,
        ..report(70_000, NOW)
    };
    let reports = Reports::new();
    let accept = |report: ReportedUplink, key: Option<&AppSKey>| {
        reports.accept(report, key, LATER, NOW, RadioMetadata::default())
    };
    let unknown = Refusal::UnknownAppSKey { dev_eui: dev_eui(1), dev_addr: encrypted.dev_addr };
    assert_eq!(accept(encrypted.clone(), None).unwrap_err(), unknown);
    assert!(unknown.to_string().contains("DevAddr 01020304"), "{unknown}");
    let nowhere = ReportedUplink { dev_addr: None, ..encrypted.clone() };
    assert_eq!(
        accept(nowhere, Some(session.app_s_key())).unwrap_err(),
        Refusal::UnknownAppSKey { dev_eui: dev_eui(1), dev_addr: None }
    );
    let empty = ReportedUplink { payload: vec![], ..encrypted.clone() };
    assert!(accept(empty, None).is_ok(), "there is nothing to decrypt");
    // MAC commands are under the network's key.
    let mac = ReportedUplink { f_port: Some(0), ..encrypted.clone() };
    assert_eq!(accept(mac, None).unwrap().uplink().payload(), encrypted.payload);

    let uplink = accept(encrypted, Some(session.app_s_key())).unwrap().confirm();
    assert_eq!(uplink.application_payload(), Some((2, &b"lamp"[..])));
}

#[test]
fn of_many_at_once_exactly_one_is_accepted() {
    let reports = Reports::new();
    let accepted = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| take(&reports, report(5, NOW)).map(Claim::confirm).is_ok()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter(|ok| *ok).count()
    });
    assert_eq!(accepted, 1);
}
