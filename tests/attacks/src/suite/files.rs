//! Files that are no decoders.

use champollion_registry::package::PackageError::{
    Manifest, ManifestDamaged, ManifestUnpacksTooLarge, Twice, VectorsDamaged, VectorsTooLarge,
};
use champollion_sandbox::{
    Limits,
    LoadError::{
        CoreModule, Imports, Invalid, NotADecoder, NotWebAssembly, TooLarge, UnknownVersion,
    },
};
use miniz_oxide::deflate::compress_to_vec_zlib;

use crate::{
    Attack,
    Refusal::{Load, Package},
    attack::attempt,
    binary::{data_segment, leb},
    guests::{Guest, component, contract},
    package::{MANIFEST, VECTORS},
};

pub(super) fn attacks() -> Vec<Attack> {
    [no_components(), no_decoders(), no_packages(), imports(), proposals()]
        .into_iter()
        .flatten()
        .collect()
}

fn no_components() -> Vec<Attack> {
    let good = Guest::new().component();
    let random: Vec<u8> = (0_u32..4096)
        .scan(0x9e37_79b9_u32, |state, _| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some(state.to_be_bytes()[0])
        })
        .collect();
    let garbage = [&good[..8], &random].concat();
    let padded = [good.clone(), vec![0xff; 100]].concat();
    let mut large = good.clone();
    large.resize(Limits::COMPONENT_BYTES + 1, 0);
    vec![
        attempt!("an empty file", Vec::new(), Load(NotWebAssembly)),
        attempt!("random bytes", random, Load(NotWebAssembly)),
        attempt!("four bytes of a component", good[..4].into(), Load(UnknownVersion)),
        attempt!("WebAssembly of version 99", b"\0asm\x63\0\x01\0".into(), Load(UnknownVersion)),
        attempt!("random bytes behind a good header", garbage, Load(Invalid { .. })),
        attempt!("half a component", good[..good.len() / 2].into(), Load(Invalid { .. })),
        attempt!(
            "a component but its last byte",
            good[..good.len() - 1].into(),
            Load(Invalid { .. })
        ),
        attempt!("a component with more behind its end", padded, Load(Invalid { .. })),
        attempt!(
            "a component larger than the limit",
            large,
            Load(TooLarge { bytes: 4_194_305, limit: Limits::COMPONENT_BYTES })
        ),
        attempt!(
            "a data segment of 100 MB",
            data_segment(100_000_000, 100_000_000),
            Load(TooLarge { limit: Limits::COMPONENT_BYTES, .. })
        ),
        attempt!(
            "a data segment that says it has 100 MB",
            data_segment(10, 100_000_000),
            Load(Invalid { .. })
        ),
        attempt!(
            "a core module",
            wat::parse_str("(module)").expect("it is a module"),
            Load(CoreModule)
        ),
    ]
}

fn no_decoders() -> Vec<Attack> {
    let other_type = contract().replace("f-port: u8", "f-port: u16");
    let other_version = contract().replace("decoder@1.0.0", "decoder@2.0.0");
    let core = Guest::new().core();
    let core_of_other_version = core.replace("@1.0.0", "@2.0.0");
    vec![
        attempt!(
            "a component that exports nothing",
            wat::parse_str("(component)").expect("it is a component"),
            Load(NotADecoder { .. })
        ),
        attempt!(
            "a contract with another type",
            component(&other_type, "decoder", &core),
            Load(NotADecoder { reason }) if reason.contains("type mismatch")
        ),
        attempt!(
            "a contract of a version to come",
            component(&other_version, "decoder", &core_of_other_version),
            Load(NotADecoder { .. })
        ),
    ]
}

/// Decoders that are in order, but for what they say of themselves.
fn no_packages() -> Vec<Attack> {
    let good = crate::package(Guest::new().component());
    // A text that is packed cannot be changed in its place.
    let plain = with_texts(
        &section("champollion:manifest@1", MANIFEST.as_bytes()),
        &section("champollion:vectors@1", VECTORS.as_bytes()),
    );
    vec![
        attempt!(
            "a unit that is not its quantity's",
            changed(&plain, b"unit = \"m3\"", b"unit = \"oz\""),
            Package(Manifest(error)) if error.to_string().contains("\"oz\"")
        ),
        attempt!(
            "a quantity that the vocabulary does not have",
            changed(&plain, b"water.volume", b"water.bushel"),
            Package(Manifest(error)) if error.to_string().contains("water.bushel")
        ),
        attempt!(
            "a manifest that is packed as nothing is",
            changed(&good, PACKED_MANIFEST, b"champollion:manifest@2\x79"),
            Package(ManifestDamaged)
        ),
        attempt!(
            "a manifest that unpacks to nine megabytes",
            with_texts(
                &section("champollion:manifest@2", &zeros(9 << 20)),
                &section("champollion:vectors@1", VECTORS.as_bytes())
            ),
            Package(ManifestUnpacksTooLarge)
        ),
        attempt!(
            "vectors that are packed as nothing is",
            changed(&good, PACKED_VECTORS, b"champollion:vectors@2\x79"),
            Package(VectorsDamaged)
        ),
        attempt!(
            "vectors in both forms",
            [&good[..], &section("champollion:vectors@1", b"[{]")].concat(),
            Package(Twice("champollion:vectors@1"))
        ),
        attempt!(
            "vectors that unpack to nine megabytes",
            with_texts(
                &section("champollion:manifest@1", MANIFEST.as_bytes()),
                &section("champollion:vectors@2", &zeros(9 << 20))
            ),
            Package(VectorsTooLarge)
        ),
    ]
}

/// The name of the section of vectors, with the first byte of what is packed in the format of zlib.
const PACKED_VECTORS: &[u8] = b"champollion:vectors@2\x78";

/// The same of the manifest.
const PACKED_MANIFEST: &[u8] = b"champollion:manifest@2\x78";

/// A package with two sections that may be anything.
fn with_texts(manifest: &[u8], vectors: &[u8]) -> Vec<u8> {
    [&Guest::new().component()[..], manifest, vectors].concat()
}

/// A custom section of a component.
fn section(name: &str, content: &[u8]) -> Vec<u8> {
    let body = [leb(name.len()), name.as_bytes().to_vec(), content.to_vec()].concat();
    [vec![0], leb(body.len()), body].concat()
}

/// So many zeros in the format of zlib: a thousand of them take a byte.
fn zeros(bytes: usize) -> Vec<u8> {
    compress_to_vec_zlib(&vec![0; bytes], 1)
}

/// The same file with other bytes in one place, as many as there were.
fn changed(file: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = file.windows(from.len()).position(|bytes| bytes == from);
    let at = at.expect("the file holds what is changed");
    [&file[..at], to, &file[at + from.len()..]].concat()
}

fn imports() -> Vec<Attack> {
    let wasi = format!(
        "{} package wasi:random@0.2.0 {{ interface random {{ get-random-u64: func() -> u64; }} }}",
        contract().replace("world decoder {", "world decoder { import wasi:random/random@0.2.0;")
    );
    let roll = Guest::running("(drop (call $roll))")
        .with(r#"(import "wasi:random/random@0.2.0" "get-random-u64" (func $roll (result i64)))"#);
    let invented = contract()
        .replace("world decoder {", "world decoder { import give-me-everything: func() -> u32;");
    let ask = Guest::running("(drop (call $ask))")
        .with(r#"(import "$root" "give-me-everything" (func $ask (result i32)))"#);
    vec![
        attempt!(
            "an import of WASI",
            component(&wasi, "decoder", &roll.core()),
            Load(Imports { names }) if *names == ["wasi:random/random@0.2.0"]
        ),
        attempt!(
            "an invented import",
            component(&invented, "decoder", &ask.core()),
            Load(Imports { names }) if *names == ["give-me-everything"]
        ),
    ]
}

/// Returns features that would make two runs differ, or get by the limits.
fn proposals() -> Vec<Attack> {
    let parsed = |text| wat::parse_str(text).expect("it is a component");
    vec![
        attempt!(
            "a second memory",
            Guest::new().with("(memory 1)").component(),
            Load(Invalid { reason }) if reason.contains("multiple memories")
        ),
        attempt!(
            "a shared memory",
            parsed("(component (core module (memory 2 4 shared)))"),
            Load(Invalid { reason }) if reason.contains("threads")
        ),
        attempt!(
            "a memory of 64-bit addresses",
            parsed("(component (core module (memory i64 2)))"),
            Load(Invalid { reason }) if reason.contains("memory64")
        ),
        attempt!(
            "relaxed SIMD",
            Guest::running(
                "(drop (f32x4.relaxed_min (v128.const i64x2 0 0) (v128.const i64x2 0 0)))"
            )
            .component(),
            Load(Invalid { reason }) if reason.contains("relaxed SIMD")
        ),
        attempt!(
            "a memory in each of two modules",
            parsed(
                "(component
                   (core module $m (memory 1))
                   (core instance (instantiate $m)) (core instance (instantiate $m)))"
            ),
            Load(NotADecoder { reason }) if reason.contains("wit/v1")
        ),
    ]
}
