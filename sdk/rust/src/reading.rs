//! Builds what a decoder returns.

use serde::Serialize;

use crate::{
    Failure, Measurement, bounds,
    json::{Unwritable, Writer},
};

/// A reading: the data and the measurements that a decoder makes of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    data: String,
    measurements: Vec<Measurement>,
    warnings: Vec<String>,
    state: Option<Vec<u8>>,
}

impl Reading {
    /// A reading of `data`, in the maker's own words. It must serialize to a JSON object; what
    /// cannot be written as JSON is an invalid value.
    pub fn new(data: &impl Serialize) -> Result<Self, Failure> {
        let mut writer = Writer::new();
        let written = data.serialize(&mut writer);
        Self::written(writer, written)
    }

    /// The part of [`new`](Self::new) that is the same for all types of data.
    #[inline(never)]
    fn written(writer: Writer, written: Result<(), Unwritable>) -> Result<Self, Failure> {
        written.map_err(no_json)?;
        let data = writer.text();
        Ok(Self { data, measurements: Vec::new(), warnings: Vec::new(), state: None })
    }

    /// The same with one measurement more. One that cannot be, such as a battery of 255 %, is no measurement: it stands
    /// in `data` alone, with a warning.
    #[must_use]
    pub fn with(mut self, measurement: Measurement) -> Self {
        self.add(measurement);
        self
    }

    /// The same with more measurements.
    #[must_use]
    pub fn with_all(mut self, measurements: impl IntoIterator<Item = Measurement>) -> Self {
        for measurement in measurements {
            self.add(measurement);
        }
        self
    }

    fn add(&mut self, measurement: Measurement) {
        if bounds::can_be(&measurement) {
            self.measurements.push(measurement);
            return;
        }
        let warning =
            format!("{} has a value that cannot be, and is not measured", measurement.quantity);
        // A history of such values is one fact.
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The same with something that its reader should know.
    #[must_use]
    pub fn warn(mut self, warning: impl Into<String>) -> Self {
        self.warnings.push(warning.into());
        self
    }

    /// The same with more that its reader should know.
    #[must_use]
    pub fn warn_all(mut self, warnings: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.warnings.extend(warnings.into_iter().map(Into::into));
        self
    }

    /// The same with what this decoder wants to be given with the device's next uplink, at most
    /// 1,024 bytes. Without it the state stays as it is.
    #[must_use]
    pub fn remember(mut self, state: impl Into<Vec<u8>>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// The JSON text of `data`.
    #[must_use]
    pub fn data(&self) -> &str {
        &self.data
    }

    /// Returns the measurements in the order in which they were added.
    #[must_use]
    pub fn measurements(&self) -> &[Measurement] {
        &self.measurements
    }

    /// Returns the warnings in the order in which they were added.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns the state that the decoder wants to be given with the device's next uplink.
    #[must_use]
    pub fn state(&self) -> Option<&[u8]> {
        self.state.as_deref()
    }
}

#[cold]
fn no_json(error: Unwritable) -> Failure {
    Failure::invalid_value(format!("data is no JSON: {error}"))
}
