//! A point: a reading that an example names.

use serde::Serialize;
use serde_json::Value as Json;

/// A reading that an example says is in an uplink.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Its sensor by the ontology, with a number behind a colon where there are several.
    pub name: String,
    /// The unit of the ontology.
    pub unit: String,
    /// The value that the sensor measured.
    pub value: Json,
}
