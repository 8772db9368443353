//! Reads a command and writes what the device expects.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::{Command, Downlink, Failure, command_tree::Tree};

impl Command {
    /// The command as a type of the decoder's own; what does not fit it is an invalid command.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.data)
            .map_err(|error| Failure::invalid_command(error.to_string()))
    }

    /// The same for a decoder of many commands, of which the code becomes half as large. Errors are those of
    /// [`parse`](Self::parse) without the line and column, which of a command say little; keys of maps must be texts.
    pub fn parse_compact<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let tree: Tree = self.parse()?;
        T::deserialize(&tree).map_err(|mismatch| Failure::invalid_command(mismatch.0))
    }
}

impl Command {
    /// The members of the command, where a decoder looks for them by their names. Asking serde_json for a map would bring
    /// the words for all that is none.
    pub(crate) fn members(&self) -> Result<Map<String, Json>, Failure> {
        match self.parse()? {
            Json::Object(members) => Ok(members),
            _ => Err(Failure::invalid_command("a command is an object")),
        }
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
