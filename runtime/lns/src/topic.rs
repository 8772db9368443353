//! The topics under which network servers publish messages.

use crate::Place;

/// A topic, and what it says of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic<'topic> {
    /// The event of the message: `up`, `join`, …
    pub event: &'topic str,
    /// The application, where the network server has applications.
    pub application: Option<&'topic str>,
    /// The device, in a word that is the same in all its topics.
    pub device: &'topic str,
    /// The network server's name of the device, where that is not the DevEUI.
    pub device_name: Option<&'topic str>,
    /// The beginning that all topics of the network server have, with the slash at its end: commands go
    /// there too.
    pub prefix: Option<&'topic str>,
}

impl Topic<'_> {
    /// Where the device lives, as the topic says it.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            application: self.application.map(str::to_owned),
            device: self.device_name.map(str::to_owned),
            topic_prefix: self.prefix.map(str::to_owned),
            encoding: None,
        }
    }
}

/// Returns what stands before the last `own` levels of a topic, with the slash at its end.
pub(crate) fn before<'topic>(topic: &'topic str, levels: &[&str], own: usize) -> &'topic str {
    let before = levels.len().saturating_sub(own);
    let bytes: usize = levels[..before].iter().map(|level| level.len() + 1).sum();
    topic.get(..bytes).unwrap_or_default()
}
