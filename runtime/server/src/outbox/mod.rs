//! The sender of the outbox: mails, webhooks and messages of MQTT that wait in the store are sent, each as often as it
//! takes.

mod posting;
mod sender;
mod settings;
mod targets;

pub(crate) use sender::Sender;
pub use settings::OutboxSettings;
pub(crate) use targets::{check, check_system, sign};
