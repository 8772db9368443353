use champollion_frames::VerifiedUplink;

fn renumber(mut genuine: VerifiedUplink) {
    genuine.f_cnt = 7;
}

fn main() {}
