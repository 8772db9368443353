//! HTTP push: records are posted to a recipient, as Standard Webhooks says.
//!
//! Source: the Standard Webhooks specification, <https://www.standardwebhooks.com>.

mod answer;
mod client;
mod definition;
mod signature;

pub use answer::retry_after;
pub use client::HttpRecipient;
pub use definition::{Authorization, HttpPush, HttpPushError, RetiringSecret};
pub use signature::{SigningKey, SigningKeyError};
