//! The gate: a package is published only if the runtime itself finds nothing wrong with it, and a
//! refusal says all that is.

mod admission;
mod compatibility;
mod cut_summary;
mod declared;
mod finding;
mod fuel;
mod manifest_change;
mod mapped;
mod misread;
mod oddity;
mod random;
mod random_readings;
mod rehearsal;
mod settings;
mod truncation;
mod vector_run;

pub use admission::{Admitted, Gate, Report, Trial, load_candidate};
pub use compatibility::{changes_between, next_version};
pub use cut_summary::{CutSummary, VectorReadOn};
pub use declared::fields_without_vector;
pub use finding::Finding;
pub(crate) use finding::in_words;
pub use fuel::VectorFuel;
pub use manifest_change::{ManifestChange, Property};
pub use misread::Misread;
pub use oddity::{Oddity, UnseenField};
pub use random::{Misbehaved, Payload, Tried};
pub use rehearsal::{Rehearsal, RehearsalError};
pub use settings::PublicationSettings;
pub use truncation::{CutPayloads, CutVector};
pub use vector_run::{VectorDiffers, VectorRun, run_vectors};

pub(crate) use compatibility::incompatibilities;

pub(crate) use mapped::incompatible_mappings;
