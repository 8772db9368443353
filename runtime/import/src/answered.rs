//! Answers of a codec to its examples, and the values in them.

use serde_json::Value as Json;

use crate::point::Point;

/// The answer of a codec to one example.
pub(super) struct Answered {
    /// The reading as a vector writes it: an object with `data` and perhaps `measurements`.
    pub(super) reading: Json,
    /// The points that the example names.
    pub(super) points: Vec<Point>,
}

/// Returns the values at a path, those of each item where it leads through lists.
pub(super) fn values_at<'json>(data: &'json Json, path: &str) -> Vec<&'json Json> {
    let mut values = vec![data];
    for part in path.split('.') {
        let key = part.trim_end_matches("[]");
        if !key.is_empty() {
            values = values.into_iter().filter_map(|value| value.get(key)).collect();
        }
        for _ in 0..(part.len() - key.len()) / "[]".len() {
            values = values.into_iter().filter_map(Json::as_array).flatten().collect();
        }
    }
    values
}
