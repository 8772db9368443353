//! Nothing outside the crate builds a `VerifiedUplink`: each file in `sealed/` is a way someone
//! would try, and must not compile for the reason in the `.stderr` beside it. After a change of
//! compiler, `TRYBUILD=overwrite cargo test -p champollion-frames --test sealed` writes them anew.

#[test]
fn a_verified_uplink_cannot_be_built_outside() {
    trybuild::TestCases::new().compile_fail("tests/sealed/*.rs");
}
