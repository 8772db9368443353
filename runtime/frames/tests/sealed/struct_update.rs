use champollion_frames::VerifiedUplink;

fn with_another_payload(genuine: VerifiedUplink) -> VerifiedUplink {
    VerifiedUplink { payload: [1, 2, 3].into(), ..genuine }
}

fn main() {}
