//! The library of decoders as it comes: a folder of packages.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use champollion_registry::{CatalogueQuery, package::Package};
use semver::Version;

use crate::Failure;

/// The task that fails where there is no library.
const TASK: &str = "the library cannot be read";

/// The folders of the library, as seen from the folder of the program: beside it, and where systems put it.
const PLACES: [&str; 2] = ["library", "../share/champollion/library"];

/// Reads the packages of a folder that satisfy one at least of some wishes, or all where there is none, in the order of
/// their names.
pub(super) fn read(folder: &Path, wishes: &[CatalogueQuery]) -> Result<Vec<Package>, Failure> {
    let mut shelf = Vec::new();
    for file in files(folder)? {
        let task = format!("{} cannot be read", file.display());
        let bytes = fs::read(&file).map_err(Failure::of_file(&task))?;
        let package = Package::read(bytes).map_err(Failure::of(&task))?;
        let manifest = package.manifest();
        if wishes.is_empty() || wishes.iter().any(|wish| wish.selects(manifest)) {
            shelf.push(package);
        }
    }
    shelf.sort_by_key(place);
    Ok(shelf)
}

/// The folder where the library lies that came with the program.
pub(super) fn own_folder() -> Result<PathBuf, Failure> {
    let program = env::current_exe().map_err(Failure::of(TASK))?;
    let places = program.parent().into_iter();
    let mut places = places.flat_map(|folder| PLACES.map(|place| folder.join(place)));
    places.find(|place| place.is_dir()).ok_or_else(|| {
        let advice = "none came with this program: name its folder with --from (of the sources, `cargo xtask guests` \
                      makes target/decoders)";
        Failure::new(TASK, advice)
    })
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let task = format!("{} is no library", folder.display());
    let entries = fs::read_dir(folder).map_err(Failure::of(&task))?;
    let is_package = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "wasm");
    let files = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_package);
    let files: Vec<PathBuf> = files.collect();
    match files.is_empty() {
        true => Err(Failure::new(task, "no file in it is a package (.wasm)")),
        false => Ok(files),
    }
}

fn place(package: &Package) -> (String, Version) {
    let manifest = package.manifest();
    (manifest.id.to_string(), manifest.version.clone())
}
