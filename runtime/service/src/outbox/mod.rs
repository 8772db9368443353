//! The outbox: messages to people and to systems, which are kept until they are sent.
//!
//! A message is put into the batch of the change that it tells of, so that neither is there without the other. It is
//! sent as often as it takes, and none is ever dropped; a recipient that gets one twice knows it by its id, which for a
//! mail is its Message-ID.

mod book;
mod digest;
mod local_time;
mod message;
mod pauses;
mod turns;

#[cfg(test)]
mod tests;

pub use book::{Attempt, Outbox, OutboxError, Waiting};
pub use digest::DIGEST_FROM;
pub use local_time::LocalTime;
pub use message::{Content, Lane, Language, Mail, Message, MqttLane, MqttMessage, Webhook};
pub use pauses::{PauseTimes, Pauses};
pub use turns::Turns;
