//! JSON that a person has written: a member that is said twice is refused, and not forgotten in silence.

use champollion_server::repeated_members::find_repeated;
use serde::de::DeserializeOwned;

/// Reads JSON that a person has written, or says why it cannot be read.
pub(super) fn read_own_json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    match find_repeated(text.as_bytes()) {
        Some(repeated) => Err(repeated.to_string()),
        None => serde_json::from_str(text).map_err(|error| error.to_string()),
    }
}
