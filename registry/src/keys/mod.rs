//! Keys: signatures of packages, the publishers whose signatures are known, and what is trusted.

mod keyring;
mod signing;
mod trust;

pub use keyring::{PublisherKey, Publishers};
pub use signing::{PackageSignature, PublicKey, SecretKey, Signature, UnreadableKey};
pub use trust::{Provenance, UntrustedError};
