use champollion_frames::{PhyPayload, VerifiedUplink};

fn main() {
    let bytes: Vec<u8> = vec![0x40; 12];
    let phy = PhyPayload::parse(&bytes).unwrap();
    let _: VerifiedUplink = phy.into();
    let _: VerifiedUplink = bytes.into();
}
