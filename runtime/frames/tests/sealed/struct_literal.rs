use champollion_frames::{Fingerprint, Mic, RadioMetadata, VerifiedBy, VerifiedUplink};

fn main() {
    let _ = VerifiedUplink {
        dev_eui: "0102030405060708".parse().unwrap(),
        dev_addr: Some("01020304".parse().unwrap()),
        f_cnt: 1,
        f_port: Some(1),
        payload: [1, 2, 3].into(),
        f_opts: Box::new([]),
        confirmed: false,
        adr: false,
        fingerprint: Fingerprint::Mic(Mic::from_bytes([0; 4])),
        phy_payload: [].into(),
        counter_reset: false,
        held_up: false,
        received_at_ms: 0,
        metadata: RadioMetadata::default().into(),
        verified_by: VerifiedBy::Mic,
    };
}
