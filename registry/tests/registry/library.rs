//! The library: each folder of `decoders` has a package, which the gate lets through as a server would, and vectors that
//! show what the package declares. `cargo xtask guests` makes the packages.

use std::{collections::BTreeMap, fs, path::Path};

use champollion_registry::{
    gate::{Gate, fields_without_vector},
    package::{Manifest, Package},
};
use champollion_sdk::vectors::Input;

use crate::support::{SANDBOX, library};

/// The fewest vectors of a decoder.
const FEWEST_VECTORS: usize = 6;

/// A decoder of the folder `decoders`.
struct Member {
    folder: String,
    /// The file of its package within the library.
    file: String,
}

impl Member {
    fn package(&self) -> Result<Package, String> {
        let Self { folder, file } = self;
        let bytes = fs::read(library().join(file)).map_err(|error| {
            format!("{folder} has no package {file}: {error}; run `cargo xtask guests` first")
        })?;
        Package::read(bytes).map_err(|error| format!("{folder}: {error}"))
    }

    /// All that its vectors lack.
    fn lacks(&self) -> Vec<String> {
        let folder = &self.folder;
        let package = match self.package() {
            Ok(package) => package,
            Err(fault) => return vec![fault],
        };
        let vectors = package.vectors();
        let mut lacks = Vec::new();
        if vectors.len() < FEWEST_VECTORS {
            let count = vectors.len();
            lacks.push(format!("{folder} has {count} vectors and needs {FEWEST_VECTORS}"));
        }
        let fails = vectors.iter().any(|vector| {
            matches!(vector.input, Input::Uplink(_)) && vector.expect.get("failure").is_some()
        });
        if !fails {
            lacks.push(format!("{folder} has no vector of a payload that must fail"));
        }
        let unseen = fields_without_vector(&package);
        if !unseen.is_empty() {
            let unseen = unseen.join(", ");
            lacks.push(format!("{folder} declares fields that no vector holds: {unseen}"));
        }
        lacks
    }

    /// The findings for which the gate refuses its package.
    fn refused(&self) -> Vec<String> {
        let package = match self.package() {
            Ok(package) => package,
            Err(fault) => return vec![fault],
        };
        let Manifest { id, version, .. } = package.manifest();
        let admitted =
            Gate::default().admit(package.file().to_vec(), (id, version), None, &SANDBOX);
        let findings = admitted.err().unwrap_or_default();
        findings.iter().map(|finding| format!("{}: {finding}", self.folder)).collect()
    }
}

/// The decoders of the folder `decoders`, in the order of their names.
fn members() -> Vec<Member> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../decoders");
    let folders = fs::read_dir(folder).expect("there are decoders");
    let members = folders.map(|entry| {
        let path = entry.expect("the folder can be read").path();
        let folder = path.file_name().expect("it has a name").to_string_lossy().into_owned();
        let toml = fs::read_to_string(path.join("decoder.toml"));
        let toml = toml.unwrap_or_else(|error| panic!("{folder} has no decoder.toml: {error}"));
        let manifest = Manifest::parse(&toml).unwrap_or_else(|error| panic!("{folder}: {error}"));
        (folder, manifest.id.file_name(&manifest.version))
    });
    let members: BTreeMap<String, String> = members.collect();
    members.into_iter().map(|(folder, file)| Member { folder, file }).collect()
}

#[test]
fn each_decoder_of_the_folder_has_a_package_and_vectors_that_show_it() {
    let lacks: Vec<String> = members().iter().flat_map(Member::lacks).collect();
    assert!(lacks.is_empty(), "{}", lacks.join("\n"));
}

#[test]
fn each_package_of_the_library_gets_through_the_gate() {
    let refused: Vec<String> = members().iter().flat_map(Member::refused).collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
