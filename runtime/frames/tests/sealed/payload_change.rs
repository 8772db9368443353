use champollion_frames::VerifiedUplink;

fn change(genuine: VerifiedUplink) {
    genuine.payload()[0] = 1;
}

fn main() {}
