//! The network servers: a place for each, where its messages are read.
//!
//! What reads a message is a pure function of its bytes, the same for HTTP and MQTT: it gives a
//! [`Message`], or says by [`Unreadable`] which field is not what it should be. It knows no device and
//! no key. What a message hands over is then taken by the [`Intake`](crate::ingest::Intake), in the
//! name of the network server that it comes from.

pub mod actility;
mod any;
pub mod aws;
pub mod chirpstack;
mod config;
mod json;
pub mod kerlink;
pub mod loriot;
mod message;
pub mod outgoing;
pub mod phy;
mod radio;
pub mod ts002;
pub mod tts;
mod unreadable;

pub use any::{feedback, read, whereabouts};
pub use config::{Kind, NetworkServer, NetworkServerName, NetworkServerNameError, NetworkServers};
pub use message::{Content, Joined, Message};
pub use unreadable::{Fault, Unreadable};

#[cfg(test)]
mod tests;
