//! The input of a derived decoder, and what comes of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{Measurement, Variable};

/// A reading as a derived decoder sees it.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The measurements of the reading, and those that other derived decoders have made of it.
    pub measurements: Vec<Measurement>,
    /// The reception of the frame.
    pub received_at: Timestamp,
    /// The variables that the operator has set on the device.
    pub variables: Vec<Variable>,
    /// The memory of the reading before; nothing at first.
    pub before: Option<Memory>,
}

/// The memory of a derived decoder of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Memory {
    /// The moment of the reading that it is of.
    pub at: Timestamp,
    /// The values by their names.
    #[schema(value_type = HashMap<String, Value>)]
    pub values: Map<String, Json>,
}

/// The result of a derived decoder.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DerivedReading)]
pub struct Derivation {
    /// The measurements that it has made.
    pub measurements: Vec<Measurement>,
    /// The memory for the device's next reading; absent where it stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remembered: Option<Memory>,
}
