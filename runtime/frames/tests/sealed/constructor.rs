use champollion_frames::{PhyPayload, RadioMetadata, VerifiedUplink};

fn anything<T>() -> T {
    loop {}
}

fn main() {
    let phy = PhyPayload::parse(&[0x40; 12]).unwrap();
    let _ = VerifiedUplink::open(anything(), &phy, anything(), 0, RadioMetadata::default().into());
}
