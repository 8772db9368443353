use champollion_frames::Claim;

fn twice(claim: &Claim) -> Claim {
    claim.clone()
}

fn main() {}
