//! Adapters for network servers: bytes in, messages out.
//!
//! An adapter reads, and does nothing: no input or output, no device, no key. What reads a message is a
//! pure function of its bytes, the same for HTTP and MQTT: it gives a [`Message`], or says by
//! [`Unreadable`] which field is not what it should be. How a command is handed over to a network server
//! is a pure function too ([`outgoing`]). Taking what a message hands over, and sending what goes out, is
//! the caller's.

#![forbid(unsafe_code)]

pub mod actility;
mod adapter;
pub mod aws;
pub mod chirpstack;
mod command;
mod handed_key;
mod json;
pub mod kerlink;
mod kind;
pub mod loriot;
mod message;
mod name;
pub mod outgoing;
pub mod phy;
mod radio;
#[cfg(test)]
mod tests;
pub mod ts002;
pub mod tts;
mod unreadable;
mod whereabouts;

pub use adapter::{feedback, read, whereabouts};
pub use command::{Event, Feedback, Priority, Which};
pub use handed_key::HandedKey;
pub use kind::Kind;
pub use message::{Content, Frame, GATEWAYS, Joined, Message};
pub use name::{NetworkServerName, NetworkServerNameError};
pub use unreadable::{Fault, Unreadable};
pub use whereabouts::Whereabouts;
