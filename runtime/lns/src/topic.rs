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
}

impl Topic<'_> {
    /// Where the device lives, as the topic says it.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            application: self.application.map(str::to_owned),
            device: self.device_name.map(str::to_owned),
        }
    }
}
