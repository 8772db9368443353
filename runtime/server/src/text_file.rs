//! Files that settings name since what stands in them is secret, or has many lines: tokens, passwords,
//! certificates.

use std::{fs, path::Path};

/// The text of a file, without what surrounds it.
pub(crate) fn read(file: &Path) -> Result<String, String> {
    let text = fs::read_to_string(file)
        .map_err(|error| format!("the file {} cannot be read: {error}", file.display()))?;
    match text.trim() {
        "" => Err(format!("the file {} is empty", file.display())),
        text => Ok(text.to_owned()),
    }
}
