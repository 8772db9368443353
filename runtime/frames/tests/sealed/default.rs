fn main() {
    let _: champollion_frames::VerifiedUplink = Default::default();
}
