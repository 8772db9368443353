//! Files that people write for the server: TOML that is checked before it is sent, and texts.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use serde::{Serialize, de::DeserializeOwned};

use super::Failure;

/// Reads a file of TOML; `-` is standard input. An error names the line.
pub(super) fn read_toml<T: DeserializeOwned>(file: &Path) -> Result<T, Failure> {
    let text = text(file)?;
    parsed(&text).map_err(Failure::of(unusable(file)))
}

/// Reads a text of TOML. An error names the line.
pub(super) fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        match before {
            Some(before) => {
                format!("line {}: {}", before.matches('\n').count() + 1, error.message())
            }
            None => error.message().to_owned(),
        }
    })
}

/// A value that was read and checked, in the types of the client.
pub(super) fn sent<T: DeserializeOwned>(read: &impl Serialize, task: &str) -> Result<T, Failure> {
    let json = serde_json::to_value(read).map_err(Failure::of(task))?;
    serde_json::from_value(json).map_err(Failure::of(task))
}

/// The text of a file, or of standard input.
pub(super) fn text(file: &Path) -> Result<String, Failure> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    text.map_err(Failure::of(unusable(file)))
}

/// The task that fails where a file is of no use.
pub(super) fn unusable(file: &Path) -> String {
    format!("{} cannot be used", file.display())
}
