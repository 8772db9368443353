//! What the benchmarks share: the packages that `cargo xtask guests` built.

use std::{env, fs, path::PathBuf};

use champollion_registry::Package;
use champollion_sandbox::{Decoder, Sandbox, SandboxConfig};

/// A telegram of a water meter with fifteen hours of history, as the maker's document gives it:
/// FPort 100, 47 bytes.
pub const AXIOMA_EXTENDED: (u8, &[u8]) = (
    100,
    &[
        0x0E, 0xA0, 0x35, 0x5D, 0x30, 0x29, 0x35, 0x00, 0x00, 0x54, 0xC0, 0x34, 0x5D, 0xE7, 0x29,
        0x00, 0x00, 0xB8, 0x00, 0xB9, 0x00, 0xB8, 0x00, 0xB8, 0x00, 0xB8, 0x00, 0xB9, 0x00, 0xB8,
        0x00, 0xB8, 0x00, 0xB8, 0x00, 0xB8, 0x00, 0xB8, 0x00, 0xB8, 0x00, 0xB9, 0x00, 0xB9, 0x00,
        0xB9, 0x00,
    ],
);

/// When that telegram was received, in milliseconds since the epoch: two seconds after the meter's
/// clock says.
pub const AXIOMA_RECEIVED_AT: u64 = 1_563_795_472_000;

/// A package that `cargo xtask guests` built.
///
/// # Panics
/// Where it is missing; the message says how to build it.
#[must_use]
pub fn package(name: &str) -> Package {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")),
        PathBuf::from,
    );
    let folder = target.join("decoders");
    let file = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name)))
        .unwrap_or_else(|| panic!("no {name} in {}: run `cargo xtask guests`", folder.display()));
    let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Package::read(bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A decoder in a sandbox with all limits on.
///
/// # Panics
/// Where the package cannot be loaded.
#[must_use]
pub fn load(package: &Package) -> Decoder {
    let sandbox = Sandbox::new(SandboxConfig::default()).unwrap_or_else(|error| panic!("{error}"));
    sandbox.load(package.file()).unwrap_or_else(|error| panic!("{error}"))
}
