//! Looks for the script engine, which `cargo xtask guests` builds. Nothing is built here: without
//! the engine the crate works for components, and says at run time that there are no scripts.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let engine = engine_file(&out);
    println!("cargo::rerun-if-changed={}", engine.display());
    let bytes = fs::read(&engine).unwrap_or_default();
    fs::write(out.join("script-engine.wasm"), bytes)
}

/// `target/engine/champollion-script-engine.wasm`, wherever the target folder is: it is the one that
/// `OUT_DIR` lies in, `target/<profile>/build/<crate>/out`, or `target/<triple>/<profile>/…` where a
/// target was named.
fn engine_file(out: &Path) -> PathBuf {
    const FILE: &str = "engine/champollion-script-engine.wasm";
    let folders: Vec<&Path> = out.ancestors().skip(4).take(2).collect();
    folders
        .iter()
        .map(|folder| folder.join(FILE))
        .find(|file| file.is_file())
        .unwrap_or_else(|| folders.first().unwrap_or(&out).join(FILE))
}
