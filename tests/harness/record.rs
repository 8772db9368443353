//! Records, compared with what decoders say.

use serde_json::Value as Json;

/// Returns the reading that a record was made of: `decoded` without what the record adds to it.
#[must_use]
pub fn reading(decoded: &Json) -> Json {
    let mut reading = decoded.clone();
    if let Some(members) = reading.as_object_mut() {
        members.remove("deviceClock");
    }
    let measurements = reading.get_mut("measurements").and_then(Json::as_array_mut);
    for measured in measurements.into_iter().flatten().filter_map(Json::as_object_mut) {
        for added in ["id", "kind", "current"] {
            measured.remove(added);
        }
    }
    reading
}
