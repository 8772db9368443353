use std::{env, fs};

use wit_component::{StringEncoding, metadata};
use wit_parser::{Resolve, TypeDefKind};

use super::CONTRACT;
use crate::FailureKind;

/// The folder of the contract, and the world in it that a decoder is a component of.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wit/v1");
const WORLD: &str = "decoder";

/// The file that the section is written in.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/contract_section/mod.rs");

/// The longest part of a line that the section is written in.
const WIDTH: usize = 108;

#[test]
fn the_section_is_that_of_the_contract() {
    let (resolve, package) = contract();
    let world = resolve.select_world(&[package], Some(WORLD)).unwrap();
    let section = metadata::encode(&resolve, world, StringEncoding::UTF8, None).unwrap();
    let source = fs::read_to_string(FILE).unwrap();
    let (before, rest) = source.split_once("pub const CONTRACT").unwrap();
    let (_, after) = rest.split_once("\";\n").unwrap();
    let constant = format!(": &[u8; {}] = b\"{}", section.len(), literal(&section));
    let wanted = format!("{before}pub const CONTRACT{constant}\";\n{after}");
    if env::var_os("CHAMPOLLION_BLESS").is_some() {
        fs::write(FILE, wanted).unwrap();
        return;
    }
    assert!(
        section == CONTRACT,
        "the contract has changed: with CHAMPOLLION_BLESS=1 it is written"
    );
    assert_eq!(source, wanted);
}

#[test]
fn kinds_of_failures_are_numbered_as_in_the_contract() {
    let (resolve, _) = contract();
    let mut of_contract = resolve.types.iter().find_map(|(_, kind)| match &kind.kind {
        TypeDefKind::Enum(kinds) => Some(kinds.cases.iter().map(|case| case.name.clone())),
        _ => None,
    });
    let of_contract: Vec<String> = of_contract.as_mut().unwrap().collect();
    let ours = [
        FailureKind::UnknownPort,
        FailureKind::UnknownMessage,
        FailureKind::TooShort,
        FailureKind::TooLong,
        FailureKind::InvalidValue,
        FailureKind::InvalidCommand,
        FailureKind::MissingVariable,
        FailureKind::Unsupported,
    ];
    for (number, kind) in ours.into_iter().enumerate() {
        assert_eq!(usize::from(kind as u8), number);
        assert_eq!(in_words(kind), of_contract[number]);
    }
    assert_eq!(ours.len(), of_contract.len());
}

fn contract() -> (Resolve, wit_parser::PackageId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(FOLDER).unwrap();
    (resolve, package)
}

/// The name of a kind as the contract writes it: `too-short`.
fn in_words(kind: FailureKind) -> String {
    let mut words = String::new();
    for letter in format!("{kind:?}").chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// Bytes as the source of Rust has them, in lines.
fn literal(bytes: &[u8]) -> String {
    let (mut literal, mut width) = (String::new(), WIDTH);
    for &byte in bytes {
        let first = width >= WIDTH - 4;
        if first {
            literal.push_str("\\\n    ");
            width = 0;
        }
        let written = match byte {
            b'"' | b'\\' => format!("\\{}", char::from(byte)),
            // At the beginning of a line it would be taken for its indent.
            b' ' if first => "\\x20".to_owned(),
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        };
        width += written.len();
        literal.push_str(&written);
    }
    literal
}
