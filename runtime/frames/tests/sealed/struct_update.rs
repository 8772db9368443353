use champollion_frames::VerifiedUplink;

fn with_another_payload(genuine: VerifiedUplink) -> VerifiedUplink {
    VerifiedUplink { payload: Box::new([1, 2, 3]), ..genuine }
}

fn main() {}
