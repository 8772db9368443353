//! Destinations: what accepts records one by one, where it may be, and how it is trusted.

mod destination_limits;
mod failure;
// The destination of examples/destination, held against this crate.
#[cfg(test)]
#[path = "../../../../examples/destination/mod.rs"]
pub mod lines;
pub mod mqtt;
pub mod postgres;
pub mod push;
mod reach;
mod recipient;
mod secret;
mod settings;
mod target;
mod tls;
mod words;

pub use destination_limits::DestinationLimits;
pub(crate) use failure::Failure;
pub use failure::FailureKind;
#[cfg(feature = "postgres")]
pub(crate) use reach::Allowance;
#[cfg(any(feature = "postgres", feature = "sftp"))]
pub(crate) use reach::Limited;
pub use reach::{
    AddressError, AddressRules, ConnectError, Connector, Network, NetworkError, Ports, PortsError,
    Reach, listed,
};
pub(crate) use reach::{Bound, HttpClient, HttpError};
pub use recipient::{HandoverResult, Parcel, Recipient, Shaped, Verdict};
pub use secret::Secret;
pub use settings::DestinationSettings;
pub(crate) use target::Target;
pub use tls::{ClientCertificate, Tls, TlsError, TlsPart};
