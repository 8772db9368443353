//! What derived decoders have made of a reading, as a record has it.

use champollion_frames::DevEui;
use champollion_sandbox::Measurement;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    measurement::{self, RecordMeasurement},
    record::DecoderName,
};

/// The result of a derived decoder for a reading.
#[derive(Clone, Debug)]
pub enum Derived {
    /// The values that it made.
    Values(DecoderName, Vec<Measurement>),
    /// The reason why it made none, a sentence with its name.
    Warning(String),
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
