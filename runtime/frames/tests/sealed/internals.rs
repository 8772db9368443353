use champollion_frames::uplink::{Opener, VerifiedUplink};

fn main() {}
