//! Lines: records go over TCP, each as a line of JSON, and the recipient answers with a line.

mod definition;
mod recipient;
#[cfg(test)]
mod tests;

pub use definition::{LinesPush, LinesPushError};
pub use recipient::LinesRecipient;
