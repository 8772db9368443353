//! Gateways, as frames and status messages show them: when each was last heard, by which rhythm, and whether it is silent.

mod book;
mod gateway;
mod hearing;
mod rhythm;
mod telling;

pub use book::{GatewayBook, Judging};
pub use gateway::{Gateway, GatewayEvent, GatewayState, GatewayTurn, Turned};
pub use hearing::Hearing;
pub use rhythm::Rhythm;
pub use telling::GatewayMails;
