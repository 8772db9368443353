//! Reports with a MIC, put together again as the frames that they were.

use champollion_frames::{
    DevAddr, Mic, RadioMetadata, ReportedUplink, Session, VerifiedBy,
    device::{Device, Uplink},
};

use super::{dev_eui, last_f_cnt, session, sessions};

const CLEAR: [u8; 4] = [0x00, 0x27, 0xBD, 0x00];

fn sent(uplink: &Uplink<'_>) -> (Vec<u8>, ReportedUplink) {
    let phy = Device::of(&session(1)).send(uplink).unwrap();
    let header = 8 + uplink.f_opts.len() + usize::from(uplink.f_port.is_some());
    let report = ReportedUplink {
        dev_eui: dev_eui(1),
        dev_addr: Some(session(1).dev_addr()),
        f_cnt: uplink.f_cnt,
        f_port: uplink.f_port.filter(|&f_port| f_port != 0),
        payload: phy[header..phy.len() - 4].to_vec(),
        is_encrypted: false,
        confirmed: uplink.confirmed,
        adr: uplink.adr,
        mic: Some(Mic::from_bytes(phy[phy.len() - 4..].try_into().unwrap())),
        received_at_ms: None,
    };
    (phy, report)
}

fn reassemble(session: &Session, report: &ReportedUplink) -> Option<(Vec<u8>, u32, bool)> {
    let found = session.reassemble(report, &RadioMetadata::default())?;
    Some((found.phy_payload, found.f_cnt, found.was_encrypted))
}

const UPLINK: Uplink<'static> = Uplink {
    f_cnt: 7_011,
    f_port: Some(2),
    payload: &CLEAR,
    f_opts: &[],
    confirmed: false,
    adr: false,
    acknowledges: None,
    tx_dr: 0,
    tx_ch: 0,
};

#[test]
fn the_mic_says_whether_the_payload_is_encrypted() {
    for (confirmed, adr, acknowledges) in
        [(false, false, None), (true, false, None), (false, true, Some(1)), (true, true, Some(9))]
    {
        let (phy, report) = sent(&Uplink { confirmed, adr, acknowledges, ..UPLINK });
        let expected = (phy, 7_011);
        let (frame, f_cnt, was_encrypted) = reassemble(&session(1), &report).unwrap();
        assert_eq!(((frame, f_cnt), was_encrypted), (expected.clone(), true));
        // What is told beside may be wrong, or not told at all.
        let clear = ReportedUplink {
            payload: CLEAR.to_vec(),
            confirmed: false,
            adr: false,
            dev_addr: None,
            ..report
        };
        let (frame, f_cnt, was_encrypted) = reassemble(&session(1), &clear).unwrap();
        assert_eq!(((frame, f_cnt), was_encrypted), (expected, false));
    }
}

#[test]
fn what_was_put_together_is_verified_as_any_frame() {
    let (_, report) = sent(&UPLINK);
    let (frame, ..) = reassemble(&session(1), &report).unwrap();
    let sessions = sessions([session(1)]);
    let uplink = sessions.verify(&frame, 0, RadioMetadata::default()).unwrap().confirm();
    assert_eq!(uplink.application_payload(), Some((2, &CLEAR[..])));
    assert_eq!(uplink.verified_by(), VerifiedBy::Mic);
}

#[test]
fn a_counter_may_be_told_by_its_lower_half() {
    let (phy, report) = sent(&Uplink { f_cnt: 70_001, ..UPLINK });
    let short = ReportedUplink { f_cnt: 70_001 & 0xFFFF, ..report };
    assert_eq!(reassemble(&session(1), &short), None);
    let known = session(1).with_state(last_f_cnt(69_000));
    assert_eq!(reassemble(&known, &short), Some((phy, 70_001, true)));
}

#[test]
fn frames_without_a_payload_are_put_together() {
    for uplink in [
        Uplink { f_port: None, payload: &[], ..UPLINK },
        Uplink { payload: &[], ..UPLINK },
        Uplink { f_port: Some(0), payload: &[0x02], ..UPLINK },
    ] {
        let (phy, report) = sent(&uplink);
        assert_eq!(reassemble(&session(1), &report), Some((phy, 7_011, true)));
    }
}

#[test]
fn what_does_not_fit_is_nothing() {
    let (_, report) = sent(&UPLINK);
    let wrong = |change: fn(&mut ReportedUplink)| {
        let mut report = report.clone();
        change(&mut report);
        reassemble(&session(1), &report)
    };
    assert_eq!(wrong(|report| report.mic = None), None);
    assert_eq!(wrong(|report| report.mic = Some(Mic::from_bytes([0; 4]))), None);
    assert_eq!(wrong(|report| report.payload[0] ^= 1), None);
    assert_eq!(wrong(|report| report.f_cnt += 1), None);
    assert_eq!(wrong(|report| report.f_port = Some(3)), None);
    assert_eq!(wrong(|report| report.dev_addr = Some(DevAddr::from_u32(7))), None);
    assert_eq!(reassemble(&session(2), &report), None);
    let (_, with_commands) = sent(&Uplink { f_opts: &[0x02], ..UPLINK });
    assert_eq!(reassemble(&session(1), &with_commands), None, "its header is not told");
}
