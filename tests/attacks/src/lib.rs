//! The attack suite: files of hostile decoders, each with the error that it must get.
//!
//! - [`attacks`] is the suite, and [`bombs`] are those of its kind that a compiler needs bounds for.
//!   The sandbox's tests run it, `cargo xtask attacks` writes it out, and the end-to-end tests hand its
//!   files to the real binary.
//! - [`guests`] makes decoders by hand, down to the byte, good ones too.
//! - [`fuzz`] holds what the fuzz targets run, so that ordinary tests can run it as well.
//!
//! Some attacks are written in Rust (`tests/hostile`): run `cargo xtask guests` first.

#![forbid(unsafe_code)]

mod attack;
mod binary;
pub mod chance;
pub mod fuzz;
pub mod guests;
mod hostile;
mod package;
mod suite;

pub use attack::{Attack, Ended, Entry, Refusal};
pub use package::package;
pub use suite::{attacks, bombs};
