//! Writes the vocabulary as typed constants, so that a decoder cannot misspell a quantity or give it
//! a value of another type.

use std::{env, fmt::Write as _, fs, path::Path};

const VOCABULARY: &str = "wit/vocabulary.csv";

fn main() {
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    write_vocabulary(&Path::new(&out).join("vocabulary.rs"));
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
