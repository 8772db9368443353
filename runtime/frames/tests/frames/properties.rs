//! Properties that hold for every frame.

use champollion_frames::{
    PhyPayload, RadioMetadata, Session, Sessions,
    device::{Device, Uplink},
};
use proptest::{collection::vec, prelude::*};

use super::{frame, last_f_cnt, refuse, session, sessions, verify};

/// Bytes that get past the first checks more often than chance has it.
fn almost_a_frame() -> impl Strategy<Value = Vec<u8>> {
    (prop_oneof![Just(0x40), Just(0x80), any::<u8>()], vec(any::<u8>(), 0..300)).prop_map(
        |(mhdr, rest)| {
            let mut bytes = [&[mhdr], session(1).dev_addr().to_le_bytes().as_slice()].concat();
            bytes.extend(rest);
            bytes
        },
    )
}

fn any_session() -> impl Strategy<Value = Session> {
    any::<([u8; 8], u32, [u8; 16], [u8; 16])>().prop_map(|(dev_eui, dev_addr, nwk, app)| {
        Session::lorawan_1_0(
            champollion_frames::DevEui::from_be_bytes(dev_eui),
            champollion_frames::DevAddr::from_u32(dev_addr),
            champollion_frames::NwkSKey::from_bytes(nwk),
            champollion_frames::AppSKey::from_bytes(app),
        )
    })
}

proptest! {
    #[test]
    fn no_bytes_panic_and_none_are_accepted(bytes in vec(any::<u8>(), 0..300)) {
        let _ = PhyPayload::parse(&bytes);
        prop_assert!(verify(&sessions([session(1)]), &bytes).is_err());
    }

    #[test]
    fn no_bytes_after_a_known_address_panic_and_none_are_accepted(bytes in almost_a_frame()) {
        if let Ok(phy) = PhyPayload::parse(&bytes) {
            prop_assert_eq!(phy.bytes(), &bytes);
            // Every byte is part of one field.
            let fields = 8 + phy.f_opts().len() + usize::from(phy.f_port().is_some())
                + phy.frm_payload().len() + 4;
            prop_assert_eq!(fields, bytes.len());
        }
        let refusal = refuse(&sessions([session(1).with_state(last_f_cnt(70_000))]), &bytes);
        prop_assert!(["malformed", "mic-mismatch"].contains(&refusal.code()));
    }

    #[test]
    fn what_a_device_sends_arrives(
        session in any_session(),
        f_cnt: u32,
        gap in 1..=65_536_u32,
        f_port: Option<u8>,
        payload in vec(any::<u8>(), 0..=227),
        f_opts in vec(any::<u8>(), 0..=15),
        confirmed: bool,
        adr: bool,
    ) {
        let payload = if f_port.is_some() { payload } else { Vec::new() };
        let sent = Uplink {
            f_cnt, f_port, payload: &payload, f_opts: &f_opts, confirmed, adr, ..Uplink::default()
        };
        let phy = Device::of(&session).send(&sent).unwrap();

        let session = match f_cnt.checked_sub(gap) {
            Some(last) => session.with_state(last_f_cnt(last)),
            None if f_cnt <= 0xFFFF => session,
            None => session.with_state(last_f_cnt(f_cnt - 1)),
        };
        let sessions = sessions([session.clone()]);
        let uplink = verify(&sessions, &phy).unwrap().confirm();
        prop_assert_eq!(uplink.dev_eui(), session.dev_eui());
        prop_assert_eq!(uplink.dev_addr(), Some(session.dev_addr()));
        prop_assert_eq!(uplink.f_cnt(), f_cnt);
        prop_assert_eq!(uplink.f_port(), f_port);
        prop_assert_eq!(uplink.payload(), &payload);
        prop_assert_eq!(uplink.f_opts(), &f_opts);
        prop_assert_eq!(uplink.confirmed(), confirmed);
        prop_assert_eq!(uplink.adr(), adr);
        prop_assert_eq!(uplink.phy_payload(), &phy);
        prop_assert_eq!(refuse(&sessions, &phy).code(), "duplicate");
    }

    #[test]
    fn a_frame_with_any_bit_flipped_is_never_accepted(
        session in any_session(),
        f_cnt in 1..200_000_u32,
        payload in vec(any::<u8>(), 0..=40),
        f_opts in vec(any::<u8>(), 0..=15),
    ) {
        let sent =
            Uplink { f_cnt, f_port: Some(1), payload: &payload, f_opts: &f_opts, ..Uplink::default() };
        let mut phy = Device::of(&session).send(&sent).unwrap();
        let sessions = sessions([session.with_state(last_f_cnt(f_cnt - 1))]);
        for bit in 0..phy.len() * 8 {
            phy[bit / 8] ^= 1 << (bit % 8);
            let refusal = refuse(&sessions, &phy);
            prop_assert!(
                ["malformed", "unknown-dev-addr", "mic-mismatch"].contains(&refusal.code()),
                "bit {}: {}", bit, refusal
            );
            phy[bit / 8] ^= 1 << (bit % 8);
        }
        prop_assert!(verify(&sessions, &phy).is_ok());
    }

    /// Frames arrive in any order, and are kept or given up. Whatever happens, none is kept
    /// twice, and each answer is what a much simpler model says.
    #[test]
    fn no_frame_is_kept_twice(
        arrivals in vec((0..40_u32, any::<bool>()), 1..60),
        first in prop_oneof![Just(0), 65_500..65_536_u32],
    ) {
        let session = session(1);
        let sessions: Sessions = sessions([session.clone()]);
        let mut kept: Vec<u32> = Vec::new();
        for (offset, keep) in arrivals {
            // Until a frame was kept, the upper bits of the FCnt cannot be known.
            let f_cnt = if kept.is_empty() { first } else { first + offset };
            let answer = sessions.verify(&frame(&session, f_cnt), 0, RadioMetadata::default());
            match (answer, kept.last().copied()) {
                (Ok(claim), last) => {
                    prop_assert!(last < Some(f_cnt), "{} after {:?}", f_cnt, last);
                    prop_assert_eq!(claim.uplink().f_cnt(), f_cnt);
                    if keep {
                        kept.push(claim.confirm().f_cnt());
                    }
                }
                (Err(refusal), Some(last)) if last == f_cnt => {
                    prop_assert_eq!(refusal.code(), "duplicate");
                }
                (Err(refusal), last) => {
                    prop_assert!(Some(f_cnt) < last);
                    prop_assert_eq!(refusal.code(), "replayed-f-cnt");
                }
            }
        }
    }
}
