//! Bounds that every backend keeps: names, and sizes in bytes.

use crate::error::StoreError;

/// The longest name of a table or a log. Names start every key; a short one keeps keys small.
pub const MAX_NAME_BYTES: usize = 200;

/// The longest key of a table. Room for a few identifiers joined together.
pub const MAX_KEY_BYTES: usize = 1024;

/// The largest value of a key or a log entry: a LoRaWAN payload has at most 242 bytes, so this is a
/// frame's record with a generous reading. Larger things are what [`Blobs`](crate::Blobs) is for.
/// The embedded backend also counts on it to keep its pages in its log (see `sled/sync.rs`).
pub const MAX_VALUE_BYTES: usize = 64 * 1024;

/// The largest batch. A batch is held in memory while it waits and is applied in one step, during
/// which nobody else can write.
pub const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

pub(crate) fn check_table(name: &str) -> Result<(), StoreError> {
    check_name("table", name)
}

pub(crate) fn check_log(name: &str) -> Result<(), StoreError> {
    check_name("log", name)
}

fn check_name(kind: &'static str, name: &str) -> Result<(), StoreError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > MAX_NAME_BYTES {
        "it is longer than 200 bytes"
    } else if name.contains(char::is_control) {
        // NUL ends a name inside an encoded key; the rest would be unreadable in a message.
        "it contains a control character"
    } else {
        return Ok(());
    };
    Err(StoreError::InvalidName { kind, name: name.to_owned(), reason })
}

pub(crate) fn check_key(key: &[u8]) -> Result<(), StoreError> {
    check_size("key", key.len(), MAX_KEY_BYTES)
}

pub(crate) fn check_value(value: &[u8]) -> Result<(), StoreError> {
    check_size("value", value.len(), MAX_VALUE_BYTES)
}

pub(crate) fn check_batch(size: usize) -> Result<(), StoreError> {
    check_size("batch", size, MAX_BATCH_BYTES)
}

fn check_size(what: &'static str, size: usize, limit: usize) -> Result<(), StoreError> {
    if size > limit {
        return Err(StoreError::TooLarge { what, size, limit });
    }
    Ok(())
}
