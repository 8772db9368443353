//! Decoder packages and the registry that keeps them.
//!
//! A decoder is one `.wasm` file: a component, or a script in an empty one ([`Code`](package::Code)),
//! that carries its [`Manifest`](package::Manifest) and its vectors inside
//! ([`Package`](package::Package)). It is published by running every vector in the sandbox
//! ([`Gate`](gate::Gate)); what does not answer as it says of itself is refused. A published version
//! never changes: it is named by its digest. Devices ask for a decoder by id and semantic-version
//! requirement.
//!
//! The [`Registry`] and all that it does stands here; below it lie five rooms, each of which knows only
//! those to its left: `package`, `gate`, `keys` and `channels`, `ledger`. Beside them lie the [`requests`] of partners for
//! decoders that there are not yet.

#![forbid(unsafe_code)]

pub mod channels;
pub mod gate;
pub mod keys;
pub mod ledger;
pub mod package;
pub mod requests;

mod auditing;
mod catalogue;
mod changes;
mod decoder_cache;
mod decoders;
mod error;
mod files;
mod key_changes;
mod loaded_decoder;
mod mapping_changes;
mod opening;
mod publishing;
mod quarantining;
mod registry;
mod sponsoring;

pub use auditing::record_offline;
pub use catalogue::{
    CatalogueEntry, CataloguePlace, CataloguePlaceError, CatalogueQuery, CatalogueQueryError,
    CatalogueSort, CatalogueVersion, Example, Facet, Facets, MappingInForce,
};
pub use changes::{Asking, Change, ChangeError, Changed, Effect, Mandate};
pub use error::RegistryError;
pub use key_changes::KeyError;
pub use loaded_decoder::LoadedDecoder;
pub use mapping_changes::{MappingChangeError, NotHigher};
pub use publishing::{Publication, PublishError, Published};
pub use registry::{Registry, RegistryConfig};
