//! Tests of packages, whole and broken.

use champollion_registry::package::{Code, ManifestError, Package, PackageError};
use champollion_sandbox::Digest;
use wasm_encoder::{Component, CustomSection, Module, ModuleSection, NestedComponentSection};

use crate::support::{
    DECODER_TOML, MANIFEST, PACKED_MANIFEST, PLAIN_VECTORS, SANDBOX, SCRIPT, VECTORS, VECTORS_JSON,
    component, first_party, with_section,
};

fn read_error(file: Vec<u8>) -> PackageError {
    Package::read(file).expect_err("it is read as a package")
}

fn assemble_error(manifest: &str, vectors: &str) -> PackageError {
    Package::assemble(&component(), manifest, vectors).expect_err("it is taken as a package")
}

#[test]
fn a_package_holds_what_it_was_assembled_of() {
    let package = Package::assemble(&component(), DECODER_TOML, VECTORS_JSON).unwrap();

    let read = Package::read(package.file().to_vec()).unwrap();

    assert_eq!(read.manifest_toml(), DECODER_TOML);
    assert_eq!(read.manifest().id.to_string(), "acme/answer");
    assert_eq!(read.vectors().len(), 1);
    assert_eq!(read.vectors()[0].name, "an answer");
    assert_eq!(read.digest(), Digest::of(package.file()));
    assert_eq!(read.digest(), package.digest());
    assert!(package.file().starts_with(&component()), "the component is as it was");
}

#[test]
fn the_component_of_a_package_is_still_a_decoder() {
    let package = Package::assemble(&component(), DECODER_TOML, VECTORS_JSON).unwrap();
    assert_eq!(SANDBOX.load(package.file()).unwrap().digest(), package.digest());
}

#[test]
fn a_first_party_package_can_be_assembled_again_to_the_byte() {
    let parts = first_party("elsys-ers-co2-1.0.0");
    let again = Package::assemble(&parts.component, &parts.manifest, &parts.vectors).unwrap();
    assert_eq!(again.digest(), Digest::of(&parts.file));
}

#[test]
fn without_manifest_or_vectors_it_is_none() {
    let error = read_error(component());
    assert!(matches!(error, PackageError::Missing { what: "manifest", .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the component has no manifest inside: build it with `champollion build`, which puts \
         decoder.toml into it"
    );

    let error = read_error(with_section(component(), MANIFEST, DECODER_TOML.as_bytes()));
    assert!(matches!(error, PackageError::Missing { what: "vectors", .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the component has no vectors inside: build it with `champollion build`, which puts \
         vectors.json into it"
    );
}

#[test]
fn two_manifests_or_two_lists_of_vectors_contradict_each_other() {
    let package = Package::assemble(&component(), DECODER_TOML, VECTORS_JSON).unwrap();
    let sections = [
        (MANIFEST, DECODER_TOML),
        (PACKED_MANIFEST, DECODER_TOML),
        (VECTORS, VECTORS_JSON),
        (PLAIN_VECTORS, VECTORS_JSON),
    ];
    for (section, content) in sections {
        let error = read_error(with_section(package.file().to_vec(), section, content.as_bytes()));
        assert!(matches!(error, PackageError::Twice(name) if name == section), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!("the component has two sections of the name {section}")
        );
    }
}

/// Packages that were published before their texts were packed are read for ever.
#[test]
fn a_package_with_plain_texts_is_read() {
    let with_manifest = with_section(component(), MANIFEST, DECODER_TOML.as_bytes());
    let before = with_section(with_manifest.clone(), PLAIN_VECTORS, VECTORS_JSON.as_bytes());
    let before = Package::read(before).unwrap();
    let now = Package::assemble(&component(), DECODER_TOML, VECTORS_JSON).unwrap();
    assert_eq!(before.vectors_json(), now.vectors_json());
    assert_eq!(before.vectors().len(), 1);
    assert_eq!((before.manifest_toml(), now.manifest_toml()), (DECODER_TOML, DECODER_TOML));
    assert_eq!(before.parts().manifest, DECODER_TOML.len());
    assert!(now.parts().manifest < before.parts().manifest, "{:?}", now.parts());
    assert!(now.parts().vectors < before.parts().vectors, "{:?}", now.parts());

    let damaged = read_error(with_section(with_manifest, VECTORS, VECTORS_JSON.as_bytes()));
    assert!(matches!(damaged, PackageError::VectorsDamaged), "{damaged:?}");
    let damaged = with_section(component(), PACKED_MANIFEST, DECODER_TOML.as_bytes());
    let damaged = read_error(with_section(damaged, PLAIN_VECTORS, VECTORS_JSON.as_bytes()));
    assert!(matches!(damaged, PackageError::ManifestDamaged), "{damaged:?}");
}

#[test]
fn vectors_of_more_than_eight_mebibytes_are_refused_before_they_are_unpacked() {
    let padded = |bytes: usize| format!("{}{VECTORS_JSON}", " ".repeat(bytes - VECTORS_JSON.len()));
    const LIMIT: usize = 8 << 20;
    assert!(Package::assemble(&component(), DECODER_TOML, &padded(LIMIT)).is_ok());
    let error = assemble_error(DECODER_TOML, &padded(LIMIT + 1));
    assert!(matches!(error, PackageError::VectorsTooLarge), "{error:?}");
    assert!(error.to_string().contains("8388608"), "{error}");
}

#[test]
fn assembling_a_package_again_is_refused() {
    let package = Package::assemble(&component(), DECODER_TOML, VECTORS_JSON).unwrap();
    let error = Package::assemble(package.file(), DECODER_TOML, VECTORS_JSON).unwrap_err();
    assert!(matches!(error, PackageError::Twice(_)), "{error:?}");
}

#[test]
fn what_stands_in_a_nested_module_or_component_is_not_the_packages() {
    let section = CustomSection { name: MANIFEST.into(), data: DECODER_TOML.as_bytes().into() };
    let mut module = Module::new();
    module.section(&section);
    let mut inner = Component::new();
    inner.section(&section);
    let mut outer = Component::new();
    outer.section(&ModuleSection(&module)).section(&NestedComponentSection(&inner));
    let outer = with_section(outer.finish(), PLAIN_VECTORS, VECTORS_JSON.as_bytes());

    let error = read_error(outer.clone());
    assert!(matches!(error, PackageError::Missing { what: "manifest", .. }), "{error:?}");

    // Nor is it in the way of the package's own.
    let package = Package::read(with_section(outer, MANIFEST, DECODER_TOML.as_bytes())).unwrap();
    assert_eq!(package.manifest_toml(), DECODER_TOML);
}

#[test]
fn sections_of_other_tools_are_passed_by() {
    let component = with_section(component(), "producers", b"\x00");
    let component = with_section(component, "champollion:manifest@3", b"of a time to come");
    assert!(Package::assemble(&component, DECODER_TOML, VECTORS_JSON).is_ok());
}

#[test]
fn a_core_module_is_told_from_a_component() {
    let module = wat::parse_str("(module)").unwrap();
    let assembled = Package::assemble(&module, DECODER_TOML, VECTORS_JSON).unwrap_err();
    for error in [read_error(module), assembled] {
        assert!(matches!(error, PackageError::CoreModule), "{error:?}");
        assert_eq!(
            error.to_string(),
            "this is a WebAssembly core module, not a component: build it with `champollion \
             build`, which makes a component of it"
        );
    }
}

#[test]
fn what_is_no_webassembly_is_called_so() {
    for file in [&b""[..], b"\0", b"\0asm", b"function decodeUplink(input) {}", &[0xFF; 64]] {
        let error = read_error(file.to_vec());
        assert!(matches!(error, PackageError::NotWebAssembly(_)), "{error:?}");
        let message = error.to_string();
        assert!(message.starts_with("this is no WebAssembly component: "), "{message}");
    }
}

#[test]
fn a_package_that_ends_too_early_or_too_late_is_refused() {
    let package = Package::assemble(&component(), DECODER_TOML, VECTORS_JSON).unwrap();
    let file = package.file();
    for length in 0..file.len() {
        let error = read_error(file[..length].to_vec());
        assert!(
            matches!(error, PackageError::NotWebAssembly(_) | PackageError::Missing { .. }),
            "cut at {length}: {error:?}"
        );
    }
    let error = read_error([file, b"more"].concat());
    assert!(matches!(error, PackageError::NotWebAssembly(_)), "{error:?}");
}

#[test]
fn at_least_one_vector_is_needed() {
    let error = assemble_error(DECODER_TOML, "[]");
    assert!(matches!(error, PackageError::NoVectors), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the package has no vector: at least one payload with its expected reading is needed"
    );
}

#[test]
fn no_more_vectors_are_taken_than_can_be_run() {
    let vector = |number: usize| {
        format!(
            r#"{{"name":"{number}","uplink":{{"fPort":1,"payload":""}},"expect":{{"reading":{{}}}}}}"#
        )
    };
    let all: Vec<String> = (0..=1_000).map(vector).collect();
    let error = assemble_error(DECODER_TOML, &format!("[{}]", all.join(",")));
    assert!(matches!(error, PackageError::TooManyVectors { count: 1_001 }), "{error:?}");
}

#[test]
fn vectors_that_cannot_be_read_say_where() {
    let error = assemble_error(DECODER_TOML, "[{\n\"name\": 1}]");
    assert!(matches!(error, PackageError::Vectors(_)), "{error:?}");
    let message = error.to_string();
    assert!(message.starts_with("the vectors cannot be read: "), "{message}");
    assert!(message.contains("line 2"), "{message}");
}

#[test]
fn a_vector_has_a_name_of_its_own() {
    let vector = |name: &str| {
        format!(
            r#"{{"name": "{name}", "uplink": {{"fPort": 2, "payload": ""}},
                "expect": {{"reading": {{"data": {{}}}}}}}}"#
        )
    };
    let vectors = format!("[{}, {}, {}]", vector("one"), vector("two"), vector("one"));

    let error = assemble_error(DECODER_TOML, &vectors);

    assert!(matches!(&error, PackageError::SameName(name) if name == "one"), "{error:?}");
    assert_eq!(error.to_string(), "two vectors have the name \"one\"");
}

#[test]
fn a_manifest_has_a_limit_and_may_reach_it() {
    const LIMIT: usize = 56 << 10;
    let padded = |bytes: usize| {
        let comment = "#".repeat(bytes - DECODER_TOML.len() - 1);
        format!("{comment}\n{DECODER_TOML}")
    };
    assert!(Package::assemble(&component(), &padded(LIMIT), VECTORS_JSON).is_ok());

    let error = assemble_error(&padded(LIMIT + 1), VECTORS_JSON);

    assert!(matches!(error, PackageError::ManifestTooLarge { bytes: 57_345 }), "{error:?}");
    assert_eq!(error.to_string(), "the manifest has 57345 bytes, and 57344 are the limit");
}

#[test]
fn manifest_and_vectors_are_text() {
    let latin_1 = b"name = \"Z\xE9ro\"";
    let without_vectors = with_section(component(), MANIFEST, latin_1);
    let error = read_error(with_section(without_vectors, PLAIN_VECTORS, VECTORS_JSON.as_bytes()));
    assert!(matches!(error, PackageError::NotText("manifest")), "{error:?}");
    assert_eq!(error.to_string(), "the manifest inside the component must be UTF-8 text");

    let without_vectors = with_section(component(), MANIFEST, DECODER_TOML.as_bytes());
    let error = read_error(with_section(without_vectors, PLAIN_VECTORS, latin_1));
    assert!(matches!(error, PackageError::NotText("vectors")), "{error:?}");
    assert_eq!(error.to_string(), "the vectors inside the component must be UTF-8 text");
}

#[test]
fn a_manifest_that_cannot_be_used_is_refused_in_its_own_words() {
    let error = assemble_error("id = 1", VECTORS_JSON);
    let PackageError::Manifest(ManifestError::Unreadable(_)) = &error else {
        panic!("{error:?}");
    };
    assert!(error.to_string().starts_with("the manifest cannot be read: "), "{error}");

    let error = assemble_error(&DECODER_TOML.replace("port = 2", "port = 0"), VECTORS_JSON);
    let PackageError::Manifest(ManifestError::Inconsistent(complaints)) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    let line = DECODER_TOML.lines().position(|line| line == "[[ports]]").unwrap() + 1;
    let told = format!("line {line}: port 0 carries MAC commands and is never decoded");
    assert_eq!(complaints[0], told);
}

#[test]
fn a_script_is_a_package_without_code_of_its_own() {
    let source = "function decodeUplink() { return { data: { answer: 42 } }; } // ü";
    let package = Package::assemble_script(source, DECODER_TOML, VECTORS_JSON).unwrap();
    assert_eq!(package.code(), Code::Script(source));

    let read = Package::read(package.file().to_vec()).unwrap();

    assert_eq!(read.code(), Code::Script(source));
    assert_eq!(Code::of(package.file()).unwrap(), Code::Script(source));
    assert_eq!(read.manifest_toml(), DECODER_TOML);
    assert_eq!(read.vectors().len(), 1);
    let component = Package::assemble(&component(), DECODER_TOML, VECTORS_JSON).unwrap();
    assert_eq!(component.code(), Code::Component(component.file()));
}

#[test]
fn a_package_is_a_component_or_a_script() {
    let package = Package::assemble(&component(), DECODER_TOML, VECTORS_JSON).unwrap();
    let error = read_error(with_section(package.file().to_vec(), SCRIPT, b"0"));
    assert!(matches!(error, PackageError::ScriptInComponent), "{error:?}");

    let manifest = format!("{DECODER_TOML}\n[script]\n");
    let error = assemble_error(&manifest, VECTORS_JSON);
    assert!(matches!(error, PackageError::NoScript), "{error:?}");
    assert!(Package::assemble_script("0", &manifest, VECTORS_JSON).is_ok());
}

#[test]
fn a_script_is_text_of_bounded_size() {
    let script = |source: &[u8]| {
        let file = with_section(Component::new().finish(), SCRIPT, source);
        let file = with_section(file, MANIFEST, DECODER_TOML.as_bytes());
        Package::read(with_section(file, PLAIN_VECTORS, VECTORS_JSON.as_bytes()))
    };
    assert!(script(&vec![b' '; 1 << 20]).is_ok());
    let error = script(&vec![b' '; (1 << 20) + 1]).unwrap_err();
    assert!(matches!(error, PackageError::ScriptTooLarge { bytes: 1_048_577 }), "{error:?}");
    assert!(error.to_string().contains("1048577 bytes, and 1048576 are the limit"), "{error}");
    let error = script(b"\xFF").unwrap_err();
    assert!(matches!(error, PackageError::NotText("script")), "{error:?}");
}

#[test]
fn only_a_script_that_is_marked_may_have_no_vector() {
    let marked = |mark: &str| format!("{DECODER_TOML}\n[script]\n{mark}\n");
    for mark in ["untested = true", "failing = [\"an answer\"]"] {
        assert!(Package::assemble_script("0", &marked(mark), "[]").is_ok(), "{mark}");
    }
    let error = Package::assemble_script("0", &marked(""), "[]").unwrap_err();
    assert!(matches!(error, PackageError::NoVectors), "{error:?}");
}
