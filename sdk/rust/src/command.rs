//! Reads a command and writes what the device expects.

use crate::{
    Command, Downlink, Failure,
    json::{self, Json, Map, Mismatch},
};
use serde::de::DeserializeOwned;

impl Command {
    /// The command as a type of the decoder's own; what does not fit it is an invalid command. Objects are made into
    /// types with named fields, lists into others; keys of maps must be texts.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        T::deserialize(&self.json()?).map_err(|Mismatch(message)| Failure::invalid_command(message))
    }

    /// Returns the names of the command's members, in their order.
    pub fn names(&self) -> Result<Vec<String>, Failure> {
        Ok(self.members()?.into_iter().map(|(name, _)| name).collect())
    }

    /// The members of the command, where a decoder looks for them by their names.
    pub fn members(&self) -> Result<Map<String, Json>, Failure> {
        match self.json()? {
            Json::Object(members) => Ok(members),
            _ => Err(Failure::invalid_command("a command is an object")),
        }
    }

    fn json(&self) -> Result<Json, Failure> {
        json::parse(&self.data).map_err(Failure::invalid_command)
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
