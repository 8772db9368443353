//! Decoder packages and the registry that keeps them.
//!
//! A decoder is one `.wasm` file: a component, or a script in an empty one ([`Code`]), that carries its
//! [`Manifest`] and its vectors inside ([`Package`]). It is published by running every vector in the sandbox ([`Rehearsal`]); what does
//! not answer as it says of itself is refused. A published version never changes: it is named by its
//! digest. Devices ask for a decoder by id and semantic-version requirement.

#![forbid(unsafe_code)]

mod catalogue;
mod error;
mod id;
mod index;
mod load;
mod loaded;
mod manifest;
mod package;
mod quarantine;
mod recognized;
mod registry;
mod rehearsal;
mod sections;

pub use catalogue::{CatalogueEntry, CatalogueVersion};
pub use error::{DamagedIndex, PublishError, RegistryError, ResolveError, UnusableError};
pub use id::{DecoderId, DecoderIdError, DecoderRef};
pub use loaded::LoadedDecoder;
pub use manifest::{
    Command, Device, Direction, Field, FieldType, Manifest, ManifestError, Port, ScriptDeclaration,
    VariableDeclaration,
};
pub use package::{Package, PackageError};
pub use quarantine::{QuarantineRule, Quarantined};
pub use recognized::with_recognized_dialect;
pub use registry::{Published, Registry, RegistryConfig};
pub use rehearsal::{Answer, Rehearsal, VectorDiffers, outcome, run, variables};
pub use sections::Code;
