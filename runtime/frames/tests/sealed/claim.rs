use champollion_frames::{Claim, VerifiedUplink};

fn anything<T>() -> T {
    loop {}
}

fn claimed(uplink: VerifiedUplink) -> Claim {
    Claim { uplink, hold: anything() }
}

fn main() {}
