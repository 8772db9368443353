//! Network servers without an adapter of their own: settings describe how their messages are written, and
//! JSON pointers say where everything stands.

mod description;
mod pointer;
#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{Fault, Heard, Incoming, Unreadable, adapter::Adapter, repair, unread::Unread};

pub use description::{Description, DescriptionError};

/// The adapter that reads messages by their description.
pub(crate) struct Described;

impl Adapter for Described {
    fn name(&self) -> &'static str {
        "json"
    }

    fn product(&self) -> &'static str {
        "a network server that the settings describe"
    }

    fn other_names(&self) -> &'static [&'static str] {
        &["described", "custom", "generic"]
    }

    fn needs_description(&self) -> bool {
        true
    }

    // Nobody knows which members the messages have.
    fn recognizes(&self, _: &Json) -> bool {
        false
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let description = incoming.description.ok_or_else(|| {
            let why = "nothing in the settings describes it";
            Unreadable::new("", Fault::Invalid(why.to_owned()))
        })?;
        let unread = Unread::default();
        let json = repair::read(incoming.body, &unread)?;
        let message = uplink::read(description, &json, &unread)?;
        Ok(Heard::from(message).with_unread(unread))
    }

    // Its messages are as many as there are descriptions: the tests here have their own.
    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        None
    }
}
