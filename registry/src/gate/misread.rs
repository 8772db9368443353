//! A payload that was cut short and read all the same.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A payload that was cut short, and read as if it were whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Misread {
    /// The name of the vector.
    pub vector: String,
    /// The bytes that were left.
    pub kept_bytes: usize,
    /// The bytes of the whole payload.
    pub bytes: usize,
    /// The place of the value in `data`, or of the measurement.
    pub path: String,
    /// The value in the reading of the whole payload.
    #[schema(value_type = Value)]
    pub whole: Json,
    /// The value that was made up.
    #[schema(value_type = Value)]
    pub made_up: Json,
}

impl fmt::Display for Misread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { vector, kept_bytes, bytes, path, whole, made_up } = self;
        write!(
            formatter,
            "the vector {vector:?}, cut after {kept_bytes} of {bytes} bytes, reads {path} as {made_up} instead \
             of {whole}"
        )
    }
}
