//! The fleet: objects and those who own them, and the vault in which their keys lie.
//!
//! - [`vault`]: the store of secret values, sealed on the disk, and the master key that opens it.

#![forbid(unsafe_code)]

pub mod vault;
