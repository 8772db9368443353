//! The folders of the library's decoders, as the sources have them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use champollion_registry::package::Manifest;
use champollion_sdk::vectors::{self, Vector};

/// A folder of `decoders`.
pub(crate) struct Folder {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) vectors: Vec<Vector>,
    pub(crate) readme: String,
}

/// The folder of the whole repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folders of all decoders, in the order of their names.
pub(crate) fn folders() -> Vec<Folder> {
    let entries = fs::read_dir(repository().join("decoders")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort_unstable();
    paths.into_iter().map(folder).collect()
}

fn folder(path: PathBuf) -> Folder {
    let read = |file: &str| {
        let text = fs::read_to_string(path.join(file));
        text.unwrap_or_else(|error| panic!("{}: {error}", path.join(file).display()))
    };
    Folder {
        name: path.file_name().unwrap().to_str().unwrap().to_owned(),
        manifest: Manifest::parse(&read("decoder.toml")).unwrap(),
        vectors: vectors::parse(&read("vectors.json")).unwrap(),
        readme: read("README.md"),
        path,
    }
}
