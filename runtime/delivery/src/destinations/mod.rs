//! Destinations: what accepts records one by one, where it may be, and how it is trusted.

mod address;
pub mod mqtt;
pub mod push;
mod recipient;
mod secret;
mod surroundings;
mod tls;

pub use address::{AddressError, AddressRule};
pub use recipient::{Handed, Parcel, Recipient, Shaped, Verdict};
pub use secret::Secret;
pub use surroundings::Surroundings;
pub use tls::{ClientCertificate, Tls, TlsError, TlsPart};
