//! The library: each folder of `decoders` has a package, which the gate lets through, and vectors that show what the
//! package declares. `cargo xtask guests` makes the packages.

use std::{fs, path::Path};

use champollion_registry::{
    gate::{Gate, fields_without_vector},
    package::Manifest,
};
use champollion_sdk::vectors::{Input, Vector};

use crate::support::all;

/// The fewest vectors of a decoder.
const FEWEST_VECTORS: usize = 6;

#[test]
fn each_decoder_of_the_folder_has_its_package() {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("../decoders");
    let lacking = fs::read_dir(folders).unwrap().filter_map(|entry| {
        let folder = entry.unwrap().path();
        let toml = fs::read_to_string(folder.join("decoder.toml"));
        let toml = toml.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let Manifest { id, version, .. } = Manifest::parse(&toml).unwrap();
        let is_there = all().iter().any(|loaded| {
            let manifest = loaded.package.manifest();
            (&manifest.id, &manifest.version) == (&id, &version)
        });
        (!is_there).then(|| format!("{id} {version}"))
    });
    let lacking: Vec<String> = lacking.collect();
    assert!(lacking.is_empty(), "run `cargo xtask guests` first: no package of {lacking:?}");
}

#[test]
fn each_package_has_vectors_that_show_what_it_declares() {
    let faults: Vec<String> = all()
        .iter()
        .flat_map(|loaded| {
            let (id, vectors) = (&loaded.package.manifest().id, loaded.package.vectors());
            let count = vectors.len();
            let few = (count < FEWEST_VECTORS)
                .then(|| format!("{id} has {count} vectors and needs {FEWEST_VECTORS}"));
            let no_failure = (!vectors.iter().any(is_failure))
                .then(|| format!("{id} has no vector of a payload that must fail"));
            let unseen = fields_without_vector(&loaded.package).join(", ");
            let unseen = (!unseen.is_empty())
                .then(|| format!("{id} declares fields that no vector holds: {unseen}"));
            [few, no_failure, unseen].into_iter().flatten()
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Whether a vector is of a payload that must fail.
fn is_failure(vector: &Vector) -> bool {
    matches!(vector.input, Input::Uplink(_)) && vector.expect.get("failure").is_some()
}

/// The gate tries them as `champollion test` and a server do, with all random payloads.
#[test]
fn each_package_gets_through_the_gate() {
    let refused: Vec<String> = all()
        .iter()
        .flat_map(|loaded| {
            let trial = Gate::default().try_out(&loaded.package, &loaded.decoder);
            let id = &loaded.package.manifest().id;
            trial.findings.into_iter().map(move |finding| format!("{id}: {finding}"))
        })
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
