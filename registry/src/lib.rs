//! Decoder packages and the registry that keeps them.
//!
//! A decoder is one `.wasm` file: a component, or a script in an empty one ([`Code`]), that carries its
//! [`Manifest`] and its vectors inside ([`Package`]). It is published by running every vector in the sandbox ([`Rehearsal`]); what does
//! not answer as it says of itself is refused. A published version never changes: it is named by its
//! digest. Devices ask for a decoder by id and semantic-version requirement.

#![forbid(unsafe_code)]

mod artifact;
mod audit;
mod canary;
mod catalogue;
mod chain;
mod changes;
mod channels;
mod data_paths;
mod error;
mod gate;
mod history;
mod id;
mod index;
mod journal;
mod keyring;
mod load;
mod loaded;
mod loading;
mod manifest;
mod mending;
mod package;
mod publishing;
mod quarantine;
mod recognized;
mod registry;
mod rehearsal;
mod sections;
mod shadow;
mod signing;
mod transfer;
mod trust;
mod verify;

pub use artifact::{Artifact, ArtifactError, CONFIG_TYPE, LAYER_TYPE};
pub use audit::{Actor, AuditEntry};
pub use canary::{Canary, CanaryReport, CanaryRule};
pub use catalogue::{CatalogueEntry, CatalogueVersion};
pub use chain::{BrokenChain, Head, Link};
pub use changes::{Change, Changed, Effect, Mandate};
pub use channels::{Channel, Channels, Deprecation};
pub use data_paths::each_value;
pub use error::{
    ChangeError, DamagedIndex, PublishError, RegistryError, ResolveError, UnusableError,
};
pub use gate::{Admitted, Finding, Gate, Misbehaved, Payload, Report, Tried};
pub use history::{History, IndexEvent, PublishedVersion, VersionName};
pub use id::{DecoderId, DecoderIdError, DecoderRef};
pub use keyring::{HeadError, KeyError, SignedHead};
pub use loaded::LoadedDecoder;
pub use manifest::{
    Command, Device, Direction, Field, FieldType, Manifest, ManifestError, Port, ScriptDeclaration,
    VariableDeclaration,
};
pub use mending::{Mended, Mirror};
pub use package::{Package, PackageError};
pub use publishing::{Publication, Published};
pub use quarantine::{QuarantineRule, Quarantined};
pub use recognized::with_recognized_dialect;
pub use registry::{Registry, RegistryConfig};
pub use rehearsal::{Answer, Rehearsal, VectorDiffers, outcome, run, variables};
pub use sections::Code;
pub use shadow::{Example, Observed, Performance, Shadow, Tally};
pub use signing::{PackageSignature, PublicKey, SecretKey, Signature, UnreadableKey};
pub use transfer::{Obstacle, Step, Transfer};
pub use trust::{Provenance, PublisherKey, Publishers, UntrustedError};
pub use verify::Verification;
