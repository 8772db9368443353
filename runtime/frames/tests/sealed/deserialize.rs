fn main() {
    let _ = serde_json::from_str::<champollion_frames::VerifiedUplink>("{}");
}
