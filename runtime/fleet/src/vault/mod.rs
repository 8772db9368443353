//! The vault: values of secret tables are sealed before the store writes them, and opened when they are read.
//!
//! The rooms above see a [`Store`](champollion_store::Store) like any other and have no other: what a table
//! declares secret ([`TableName::is_secret`](champollion_store::TableName::is_secret)) cannot be written
//! otherwise. `data_key.rs` says how a value is sealed, `sealed_store.rs` where. Each secret table has a data key
//! of its own; the store keeps the data keys, each wrapped by the master key, in the table `vault`
//! (`wrapped_keys.rs`). The master key lies elsewhere (`master_keys.rs`). To rotate it is to wrap the data keys
//! anew (`rotation.rs`); no sealed value changes. Nodes of one store know each other by a key that follows from a data
//! key (`node_key.rs`).
//!
//! A folder in which a secret table was written in clear is written anew when it is opened (`opening.rs`).

mod authentication_code;
mod data_key;
mod error;
mod key_file;
mod key_name;
mod key_place;
mod master_key;
mod master_keys;
mod message_key;
mod node_key;
mod opening;
mod rotation;
mod sealed_store;
mod settings;
#[cfg(test)]
mod tests;
mod wrapped_keys;

pub use error::{UnusableKey, VaultError};
pub use key_name::KeyName;
pub use key_place::KeyPlace;
pub use message_key::{MessageError, MessageKey};
pub use node_key::{AnswerKey, NONCE_BYTES, NodeKey, Stamp};
pub use opening::{OpenedVault, Vault};
pub use rotation::{Rotated, RotationError};
pub use settings::{KeyFrom, VaultSettings};
