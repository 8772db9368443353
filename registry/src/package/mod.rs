//! Decoder packages: one `.wasm` file each, with the decoder, its manifest and its vectors.

mod data_paths;
mod decoder_loader;
mod decoder_toml;
mod error;
mod id;
mod kebab_case;
mod limits;
mod link;
mod manifest;
mod manifest_check;
mod manifest_shape;
mod mapping;
mod mapping_toml;
mod packed;
mod parts;
mod recognized_dialect;
mod sections;
mod summary;
mod use_cases;
mod vectors;
mod wasm_file;

pub use data_paths::each_value;
pub use decoder_loader::UnusableError;
pub use decoder_toml::ManifestError;
pub use error::PackageError;
pub use id::{DecoderId, DecoderIdError, DecoderRef};
pub use link::{Link, LinkError};
pub use manifest::{
    Command, Device, Direction, Field, FieldType, Manifest, Port, ScriptDeclaration, ToldUnit,
    VariableDeclaration,
};
pub use mapping::{MappedField, Mapping, MappingFault};
pub use mapping_toml::{MappingFile, MappingFileError};
pub use parts::PackageParts;
pub use recognized_dialect::with_recognized_dialect;
pub use sections::Code;
pub use use_cases::{UseCase, use_cases};
pub use vectors::{Answer, measurement, outcome, run, variables};
pub use wasm_file::Package;

pub(crate) use decoder_loader::load_file;
pub(crate) use sections::Sections;
pub(crate) use summary::Summary;
