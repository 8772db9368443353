//! Writes the vocabulary as typed constants, so that a decoder cannot misspell a quantity or give it
//! a value of another type, and the contract in the form in which it lies in a decoder's module.

use std::{env, fmt::Write as _, fs, path::Path};

use wit_component::{StringEncoding, metadata};
use wit_parser::Resolve;

const VOCABULARY: &str = "wit/vocabulary.csv";

/// The folder of the contract, and the world in it that a decoder is a component of.
const CONTRACT: &str = "wit/v1";
const WORLD: &str = "decoder";

fn main() {
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    write_vocabulary(&Path::new(&out).join("vocabulary.rs"));
    write_contract(&Path::new(&out).join("contract"));
}

fn write_contract(file: &Path) {
    println!("cargo::rerun-if-changed={CONTRACT}");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(CONTRACT).expect("the contract is part of the sources");
    let world = resolve.select_world(&[package], Some(WORLD)).expect("the contract has the world");
    let contract = metadata::encode(&resolve, world, StringEncoding::UTF8, None);
    fs::write(file, contract.expect("the contract has a form")).expect("OUT_DIR can be written");
}

fn write_vocabulary(file: &Path) {
    println!("cargo::rerun-if-changed={VOCABULARY}");
    let table = fs::read_to_string(VOCABULARY).expect("the vocabulary is part of the sources");
    let mut constants = String::new();
    for line in table.lines().skip(1) {
        let [name, unit, kind, _, _, _, _, meaning] = line
            .splitn(8, ',')
            .collect::<Vec<_>>()
            .try_into()
            .unwrap_or_else(|_| panic!("{VOCABULARY}: not eight columns: {line}"));
        let constant = name.replace(['.', '-'], "_").to_uppercase();
        let rust_type = match kind {
            "boolean" => "bool",
            "integer" => "i64",
            "number" => "f64",
            "text" => "String",
            other => panic!("{VOCABULARY}: {name} is of the unknown type {other}"),
        };
        let in_unit = if unit.is_empty() { String::new() } else { format!(", in `{unit}`") };
        writeln!(
            constants,
            "/// `{name}`{in_unit}: {meaning}.\n\
             pub const {constant}: Quantity<{rust_type}> = Quantity::new({name:?}, {unit:?});"
        )
        .expect("writing to a string");
    }
    fs::write(file, constants).expect("OUT_DIR can be written");
}
