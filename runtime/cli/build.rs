//! Lists the files of the SDK for Rust, so that the binary can lay them beside a new decoder.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The folders whose files a decoder in Rust is built with, from the root of the repository.
const FOLDERS: [&str; 2] = ["sdk/rust/src", "sdk/rust/wit/v1"];

/// Files beside these folders.
const FILES: [&str; 2] = ["sdk/rust/build.rs", "sdk/rust/wit/vocabulary.csv"];

fn main() {
    let own = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let root = Path::new(&own).join("../..").canonicalize().expect("the workspace is there");
    let mut paths: Vec<PathBuf> = FILES.iter().map(|file| root.join(file)).collect();
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
        collect(&root.join(folder), &mut paths);
    }
    paths.sort();
    let mut table =
        String::from("/// The files with their paths.\nconst FILES: &[(&str, &str)] = &[\n");
    for path in paths {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.strip_prefix(&root).expect("it is below the root").display().to_string();
        let file = path.display().to_string();
        writeln!(table, "    ({name:?}, include_str!({file:?})),").expect("writing to a string");
    }
    table.push_str("];\n");
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("sdk_files.rs"), table).expect("OUT_DIR can be written");
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is part of the sources") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() { collect(&path, paths) } else { paths.push(path) }
    }
}
