//! Looks at a component before it is compiled .

use crate::{Limits, LoadError};

const MAGIC: &[u8] = b"\0asm";
/// Bytes 4 to 7 of a core module: version 1, layer 0.
const CORE_MODULE: [u8; 4] = [1, 0, 0, 0];
/// Bytes 4 to 7 of a component: version 13, layer 1.
const COMPONENT: [u8; 4] = [13, 0, 1, 0];

/// Refuses what need not be compiled to be refused.
pub(crate) fn inspect_file(file: &[u8], limits: &Limits) -> Result<(), LoadError> {
    if file.len() > limits.component_bytes {
        return Err(LoadError::TooLarge { bytes: file.len(), limit: limits.component_bytes });
    }
    if !file.starts_with(MAGIC) {
        return Err(LoadError::NotWebAssembly);
    }
    let version = file.get(4..8);
    if version == Some(&CORE_MODULE) {
        return Err(LoadError::CoreModule);
    }
    if version != Some(&COMPONENT) {
        return Err(LoadError::UnknownVersion);
    }
    Ok(())
}
