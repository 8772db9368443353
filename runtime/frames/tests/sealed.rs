//! Nothing outside the crate builds a `VerifiedUplink`: each file in `sealed/` is a way someone
//! would try, and must not compile for the reason in the `.stderr` beside it. After a change of
//! compiler, `TRYBUILD=overwrite cargo test -p champollion-frames --test sealed` writes them anew.

/// The variable that has cargo start another driver for rustc, which says the same faults in other words.
const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";

#[test]
fn a_verified_uplink_cannot_be_built_outside() {
    // SAFETY: This is the only test of its process, and nothing else in it reads its environment meanwhile.
    unsafe { std::env::remove_var(WRAPPER) };
    trybuild::TestCases::new().compile_fail("tests/sealed/*.rs");
}
