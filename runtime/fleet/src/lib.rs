//! The fleet: objects and those who own them, and the vault in which their keys lie.
//!
//! - [`objects`]: the fields of the territory's sheet that a device has.
//! - [`points`]: places that outlive the devices on them, and the series of their indexes.
//! - [`sheets`]: files of spreadsheets, a device in a row: read, judged by those above, and written.
//! - [`vault`]: the store of secret values, sealed on the disk, and the master key that opens it.

#![forbid(unsafe_code)]

pub mod objects;
mod plain_text;
pub mod points;
pub mod sheets;
pub mod vault;

pub use plain_text::plain;
