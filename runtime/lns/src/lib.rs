//! Adapters for network servers: bytes in, messages out.
//!
//! An [`Adapter`] reads, and does nothing: no input or output, no device, no key. Reading a message is a
//! pure function of its bytes, the same for HTTP and MQTT: it gives all that the message says ([`Heard`]),
//! or says by [`Unreadable`] which field is not what it should be. Handing a command over to a
//! network server is a pure function too ([`outgoing`]). Taking what a message hands over, and sending
//! what goes out, is the caller's.
//!
//! Where a message cannot be read, [`Kind::read`] looks for the [`Mistake`] behind it: the message of another
//! network server or version, XML, an envelope.
//!
//! There is one rule for all: the essentials of an uplink (DevEUI, FCnt, FPort, payload) must be as they
//! should, and what else cannot be read is left out and noted.
//!
//! A new adapter is a folder here and a line in the list of `adapters.rs`. Each [`Kind`] of network server
//! is one of them.

#![forbid(unsafe_code)]

// The adapter of examples/adapter, held against all that holds for adapters.
#[cfg(test)]
#[path = "../../../examples/adapter/mod.rs"]
mod acme;
mod actility;
mod adapter;
mod adapters;
mod aws;
mod chirpstack;
mod command;
mod decoration;
mod described;
mod encoding;
mod essentials;
mod everynet;
mod handed_key;
mod handshake;
mod json;
mod kerlink;
mod kind;
mod lists;
mod live_objects;
mod loriot;
mod message;
mod milesight;
mod mistake;
mod multitech;
mod name;
mod netmore;
pub mod outgoing;
mod own_format;
pub mod phy;
pub mod plain;
mod plain_words;
mod radio;
mod repair;
#[cfg(test)]
mod tests;
mod topic;
mod ts002;
mod tts;
mod unread;
mod unreadable;
mod whereabouts;

pub use adapter::{Adapter, Heard, Incoming, Refusal};
pub use command::{Event, Feedback, Priority, Which};
pub use described::{Description, DescriptionError};
pub use encoding::Encoding;
pub use handed_key::HandedKey;
pub use handshake::{HANDSHAKE_BYTES, Handshake};
pub use kind::Kind;
pub use message::{Content, Frame, GATEWAYS, GatewayStatus, Joined, Message, Nameless};
pub use mistake::{Doors, Mistake, Stranger, Whose, encoding::without_mark};
pub use name::{NetworkServerName, NetworkServerNameError};
pub use own_format::OwnFormat;
pub use plain_words::in_plain_words;
pub use topic::Topic;
pub use unreadable::{Fault, Unreadable};
pub use whereabouts::{Place, Whereabouts};
