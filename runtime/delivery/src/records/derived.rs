//! Values that derived decoders have made of a reading, as a record has them.

use champollion_frames::DevEui;
use champollion_sandbox::{Digest, Measurement};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    decoder_name::{DecoderName, made_by},
    measurement::{self, RecordMeasurement},
};

/// The result of a derived decoder for a reading.
#[derive(Clone, Debug)]
pub enum Derived {
    /// The values that it made.
    Values(DecoderName, Vec<Measurement>),
    /// The reason why it made none, a sentence with its name.
    Warning(String),
}

impl Derived {
    /// The digest of the package whose values stand in the record.
    pub(super) fn digest(&self) -> Option<Digest> {
        match self {
            Self::Values(decoder, measurements) if !measurements.is_empty() => Some(decoder.digest),
            _ => None,
        }
    }
}

/// Returns the digest that tells what made a record: its reading, and what was derived of it.
#[must_use]
pub fn derived_by(made: Digest, results: &[Derived]) -> Digest {
    with_derived(made, results.iter().filter_map(Derived::digest))
}

/// The same by the digests of the packages alone.
pub(super) fn with_derived(made: Digest, derived: impl Iterator<Item = Digest>) -> Digest {
    derived.fold(made, |made, derived| made_by(made, Some(derived)))
}

/// The values that a derived decoder has made of the reading.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DerivedValues {
    /// The derived decoder, its version and its digest.
    decoder: DecoderName,
    /// The values that it has made, in the vocabulary.
    measurements: Vec<RecordMeasurement>,
}

/// Takes results apart: the values as a record has them, and the warnings. A decoder that makes nothing of this
/// reading is not named.
pub(super) fn of_results(
    dev_eui: DevEui,
    received_at: Timestamp,
    results: Vec<Derived>,
) -> (Vec<DerivedValues>, Vec<String>) {
    let (mut values, mut warnings) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Derived::Values(_, measurements) if measurements.is_empty() => {}
            Derived::Values(decoder, measurements) => {
                let measurements =
                    measurement::of_derivation(dev_eui, received_at, &decoder.id, measurements);
                values.push(DerivedValues { decoder, measurements });
            }
            Derived::Warning(warning) => warnings.push(warning),
        }
    }
    (values, warnings)
}
