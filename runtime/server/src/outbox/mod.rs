//! The sender of the outbox: mails, webhooks and messages of MQTT that wait in the store are sent, each as often as it
//! takes.

mod keeping;
mod mail_to;
mod posting;
mod sender;
mod settings;
mod standing;
mod targets;

pub(crate) use mail_to::MailRecipients;
pub use mail_to::{MailTo, UnknownMailTo};
pub(crate) use sender::{Parts, Sender};
pub use settings::OutboxSettings;
pub(crate) use standing::Standing;
pub(crate) use targets::{check, check_system, sign};
