//! Sets how the module is linked.

/// The stack in linear memory, in bytes: QuickJS's interpreter takes about a kilobyte for each call
/// of a JavaScript function. It lies below everything else, so that exhausting it traps.
const STACK_BYTES: usize = 128 << 10;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let family = std::env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    if family == "wasm" {
        println!("cargo::rustc-link-arg=-zstack-size={STACK_BYTES}");
    }
}
