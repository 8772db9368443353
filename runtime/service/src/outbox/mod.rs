//! The outbox: messages to people and to systems, which are kept until they are sent.
//!
//! A message is put into the batch of the change that it tells of, so that neither is there without the other. It is
//! sent as often as it takes; a recipient that gets one twice knows it by its id, which for a mail is its Message-ID. None
//! is dropped without a word: what a group has no room for is folded into one message that counts it, and what a
//! recipient does not take for very long is given up in a batch that tells of it.

mod book;
mod digest;
mod folding;
mod local_time;
mod mail_pace;
mod message;
mod numbers;
mod pauses;
mod shelf;
mod turns;

#[cfg(test)]
mod tests;

pub use book::{Attempt, End, Folding, Outbox, OutboxError, Waiting};
pub use digest::DIGEST_FROM;
pub use folding::Folded;
pub use local_time::LocalTime;
pub use mail_pace::{MailLimits, MailPace};
pub use message::{Content, Gist, Lane, Language, Mail, Message, MqttLane, MqttMessage, Webhook};
pub use pauses::{PauseTimes, Pauses};
pub use shelf::{Beyond, Shelf};
pub use turns::Turns;
