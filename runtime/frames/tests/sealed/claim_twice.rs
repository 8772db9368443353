use champollion_frames::{Claim, VerifiedUplink};

fn twice(claim: Claim) -> (VerifiedUplink, VerifiedUplink) {
    (claim.confirm(), claim.confirm())
}

fn main() {}
