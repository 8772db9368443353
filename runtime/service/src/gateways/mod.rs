//! Gateways, as frames and status messages show them: when each was last heard, by which rhythm, and whether it is silent.

mod gateway;
mod hearing;
mod rhythm;

pub use gateway::{Gateway, GatewayEvent, GatewayTurn};
pub use hearing::{GatewayBook, Hearing, Turned};
pub use rhythm::Rhythm;
