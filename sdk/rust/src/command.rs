//! Reads a command and writes what the device expects.

use serde::de::DeserializeOwned;

use crate::{Command, Downlink, Failure};

impl Command {
    /// The command as a type of the decoder's own; what does not fit it is an invalid command.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.data)
            .map_err(|error| Failure::invalid_command(error.to_string()))
    }
}

impl Downlink {
    /// A downlink without warnings.
    #[must_use]
    pub fn new(f_port: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self { f_port, payload: payload.into(), warnings: Vec::new() }
    }

    /// The same with something that its sender should know.
    #[must_use]
    pub fn warn(mut self, warning: impl Into<String>) -> Self {
        self.warnings.push(warning.into());
        self
    }
}
