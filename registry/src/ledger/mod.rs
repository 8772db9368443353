//! The ledger: what was published and what became of it, line by line, so that nobody need trust who keeps it.

mod archive;
mod audit;
mod bounded;
mod chain;
mod counted;
mod error;
mod event;
mod flaw;
mod heads;
mod history;
mod index;
mod journal;
pub(crate) mod key_tables;
mod mappings;
mod mending;
mod oci_artifact;
mod resolve;
mod rivals;
mod signed_head;
mod space;
mod transfer;
mod verify;

pub use archive::{Archive, ArchiveError, CheckedArchive, Checkpoint, check_archive};
pub use audit::{Actor, AuditEntry};
pub use bounded::without_queries;
pub use chain::{BrokenChain, Head, Link};
pub use error::DamagedIndex;
pub use event::{IndexEvent, PublishedVersion, VersionName};
pub use flaw::Flaw;
pub use history::History;
pub use mappings::KeptMapping;
pub use mending::{Mended, Mirror};
pub use oci_artifact::{Artifact, ArtifactError, CONFIG_TYPE, LAYER_TYPE};
pub use resolve::ResolveError;
pub use signed_head::{HeadError, SignedHead};
pub use space::{AuditFull, AuditLimits, AuditUsage};
pub use transfer::{Obstacle, Step, Transfer};
pub use verify::Verification;

pub(crate) use error::LedgerError;
pub(crate) use heads::is_behind;
pub(crate) use index::{
    CHANNELS, Entry, Index, IndexLine, Listed, StoredVersion, VERSIONS, read_index,
};
pub(crate) use journal::{Journal, Turn};
pub(crate) use mappings::{MAPPINGS, read_mappings};
pub(crate) use mending::{FileError, PackageFiles};
pub(crate) use resolve::{no_version, not_given};
pub(crate) use rivals::Rivals;
pub(crate) use verify::Held;
