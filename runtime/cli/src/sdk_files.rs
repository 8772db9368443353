//! The SDK for Rust as files: the binary has them inside, so that a new decoder needs nothing but Rust.

use std::{fs, path::Path};

use toml::{Table, Value};

use super::Failure;

include!(concat!(env!("OUT_DIR"), "/sdk_files.rs"));

/// The manifest of the SDK in its workspace.
const MANIFEST: &str = include_str!("../../../sdk/rust/Cargo.toml");

/// The manifest of the workspace, which has the versions.
const WORKSPACE: &str = include_str!("../../../Cargo.toml");

/// Writes the SDK into a folder, as a crate that belongs to no workspace.
pub(super) fn write(folder: &Path) -> Result<(), Failure> {
    let task = format!("the SDK cannot be written into {}", folder.display());
    let manifest = manifest().map_err(Failure::of(&task))?;
    let files = FILES.iter().map(|(path, text)| (*path, (*text).to_owned()));
    for (path, text) in files.chain([("sdk/rust/Cargo.toml", manifest)]) {
        let path = folder.join(path);
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, text))
            .map_err(Failure::of(&task))?;
    }
    Ok(())
}

/// The manifest of the SDK with what it has of the workspace, and without what only its own tests need.
fn manifest() -> Result<String, String> {
    let mut manifest: Table = toml::from_str(MANIFEST).map_err(|error| error.to_string())?;
    let workspace: Table = toml::from_str(WORKSPACE).map_err(|error| error.to_string())?;
    let workspace = workspace.get("workspace").and_then(Value::as_table).ok_or("no workspace")?;
    for left_out in ["dev-dependencies", "lints"] {
        manifest.remove(left_out);
    }
    // What concerns the crate as it is packed: a page that is not laid out, and the list of its files.
    let package = manifest.get_mut("package").and_then(Value::as_table_mut).ok_or("no package")?;
    for left_out in ["readme", "include"] {
        package.remove(left_out);
    }
    for (name, value) in &mut manifest {
        resolve(name, value, workspace);
    }
    toml::to_string(&manifest).map_err(|error| error.to_string())
}

/// Puts in the place of `workspace = true` what the workspace says, in the tables of the package, of dependencies, of
/// those of the build script and of targets.
fn resolve(name: &str, value: &mut Value, workspace: &Table) {
    let Value::Table(table) = value else { return };
    let name = name.strip_prefix("build-").unwrap_or(name);
    let Some(given) = workspace.get(name).and_then(Value::as_table) else {
        for (name, value) in table.iter_mut() {
            resolve(name, value, workspace);
        }
        return;
    };
    for (name, value) in table.iter_mut() {
        let Value::Table(own) = value else { continue };
        let inherits = own.remove("workspace").is_some();
        if let Some(given) = given.get(name).filter(|_| inherits) {
            *value = merged(given, std::mem::take(own));
        }
    }
}

/// Adds what the crate says to what the workspace gives.
fn merged(given: &Value, own: Table) -> Value {
    if own.is_empty() {
        return given.clone();
    }
    let mut merged = match given {
        Value::Table(given) => given.clone(),
        version => Table::from_iter([("version".to_owned(), version.clone())]),
    };
    for (key, value) in own {
        match (merged.get_mut(&key), value) {
            (Some(Value::Array(before)), Value::Array(more)) => before.extend(more),
            (_, value) => drop(merged.insert(key, value)),
        }
    }
    merged.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_is_whole_and_inherits_nothing() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap_or_else(|error| panic!("{error}"));
        for file in ["src/lib.rs", "build.rs", "wit/v1/decoder.wit", "wit/vocabulary.csv"] {
            assert!(folder.path().join("sdk/rust").join(file).is_file(), "{file}");
        }
        let manifest = fs::read_to_string(folder.path().join("sdk/rust/Cargo.toml")).unwrap();
        assert!(!manifest.contains("workspace"), "{manifest}");
        let manifest: Table = toml::from_str(&manifest).unwrap();
        assert_eq!(manifest["package"]["edition"].as_str(), Some("2024"));
        assert_eq!(manifest["dependencies"]["serde"]["version"].as_str(), Some("1"));
        let native = &manifest["target"]["cfg(not(target_family = \"wasm\"))"]["dependencies"];
        let features = native["jiff"]["features"].as_array().unwrap();
        assert!(features.len() >= 2, "{native:?}");
    }
}
