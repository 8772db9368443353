//! TLS of the server's own: its certificate and key are files, which are looked at again and again.

mod door;
mod error;
mod pair;
mod settings;
mod validity;

pub use door::{Door, HTTP2};
pub use error::{Fault, TlsError};
pub use settings::TlsSettings;
