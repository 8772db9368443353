//! Values of a frame as they are read: under the maker's names, and as measurements.

use super::{Json, Map};
use crate::{Failure, Measurement, Reading};

/// Adds an item to a list, which begins with it where there is none.
#[inline(never)]
pub(super) fn add(name: &str, item: Json, values: &mut Map<String, Json>) {
    match values.get_mut(name) {
        Some(Json::Array(items)) => items.push(item),
        _ => values.put(name, Json::Array(vec![item])),
    }
}

/// The values that a frame has told so far.
#[derive(Debug, Default)]
pub struct Told {
    pub(super) data: Map<String, Json>,
    settings: Map<String, Json>,
    pub(super) measurements: Vec<Measurement>,
    warnings: Vec<String>,
}

impl Told {
    /// Puts a value into `data`. Where its name is there already, the later one stays.
    pub fn say(&mut self, name: impl AsRef<str>, value: impl Into<Json>) {
        self.data.put(name.as_ref(), value.into());
    }

    /// Adds an item to a list in `data`.
    pub fn say_also(&mut self, name: &str, item: impl Into<Json>) {
        add(name, item.into(), &mut self.data);
    }

    /// Adds a measurement to the reading.
    pub fn measure(&mut self, measurement: Measurement) {
        self.measurements.push(measurement);
    }

    /// Adds a sentence that the reader should know.
    pub fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// Returns the settings that the device has repeated, by their names.
    pub(super) fn settings(&mut self) -> &mut Map<String, Json> {
        &mut self.settings
    }

    #[inline(never)]
    pub(super) fn reading(mut self) -> Result<Reading, Failure> {
        if !self.settings.is_empty() {
            self.data.put("settings", self.settings.into());
        }
        let reading = Reading::new(&self.data)?.with_all(self.measurements);
        Ok(reading.warn_all(self.warnings))
    }
}
