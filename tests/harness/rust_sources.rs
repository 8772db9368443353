//! The Rust sources of the workspace, for tests that hold them to the rules of the house.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders below the workspace that hold no sources of ours.
const FOREIGN: [&str; 4] = ["target", "node_modules", ".git", "champollion-data"];

/// Returns the Rust sources below a folder. The contract in `wit/` is none of them.
#[must_use]
pub fn rust_sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("folders of the workspace can be read").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if !FOREIGN.iter().any(|foreign| name == *foreign) {
                found.extend(rust_sources(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
