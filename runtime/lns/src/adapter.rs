//! The trait that an adapter fulfils, and all that a message says through it. The list of all adapters is
//! `adapters.rs`.

use serde_json::{Map, Value as Json};

#[cfg(test)]
use crate::tests::Sample;
use crate::{
    Description, Encoding, Feedback, Message, Place, Topic, Unreadable, outgoing::Commands,
    unread::Unread,
};

/// The adapter for one kind of network server.
pub trait Adapter: Sync {
    /// The word in the settings and in the paths.
    fn name(&self) -> &'static str;

    /// The name for people.
    fn product(&self) -> &'static str;

    /// Further names that people know the network server by, for those who take them for its path.
    fn other_names(&self) -> &'static [&'static str] {
        &[]
    }

    /// The paths that the network server appends to the address that it is given.
    fn appended_paths(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether messages over HTTP say in the query, as in `?event=up`, what has happened.
    fn says_events_in_the_query(&self) -> bool {
        false
    }

    /// The topics that are subscribed to where the settings name none.
    fn topics(&self) -> &'static [&'static str] {
        &[]
    }

    /// Says to people how its events come so that none is lost while nobody listens.
    fn assured_events(&self) -> &'static str {
        "let the network server publish its messages with QoS 1, and connect to the broker without a clean session"
    }

    /// Reads an MQTT topic; nothing where it is none of the network server's. Of an adapter without topics
    /// of its own all messages are uplinks, and those of one topic are taken in their order.
    fn topic<'topic>(&self, topic: &'topic str) -> Option<Topic<'topic>> {
        Some(Topic {
            event: "up",
            application: None,
            device: topic,
            device_name: None,
            prefix: None,
        })
    }

    /// Whether the settings must describe how messages are written.
    fn needs_description(&self) -> bool {
        false
    }

    /// Whether a body may be a list of messages.
    fn hands_over_lists(&self) -> bool {
        false
    }

    /// Whether a message over HTTP looks like one of this network server's, by members that no other has.
    fn recognizes(&self, json: &Json) -> bool;

    /// Whether a message that is no JSON looks like one of this network server's.
    fn recognizes_text(&self, _text: &str) -> bool {
        false
    }

    /// Reads a message: all that it says, in one go. Callers go by [`Kind::read`](crate::Kind::read), which
    /// names mistakes that are the same for all.
    ///
    /// # Errors
    /// [`Unreadable`] names the field that is not what it should be.
    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable>;

    /// The members of the answer to a request over HTTP, where the protocol has words of its own for it.
    fn http_answer(
        &self,
        _request: &[u8],
        _refusal: Option<&Refusal<'_>>,
    ) -> Option<Map<String, Json>> {
        None
    }

    /// The way in which commands are handed over, where they are.
    fn commands(&self) -> Option<&'static dyn Commands> {
        None
    }

    /// The body that the tests of all adapters take apart, where the network server reports uplinks.
    #[cfg(test)]
    fn sample(&self) -> Option<Sample>;
}

/// A message as it comes in.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'message> {
    /// The event that the message is about, where the network server says that beside it.
    pub event: &'message str,
    /// The encoding of the body, where a header declares it.
    pub content_type: Option<&'message str>,
    /// The description of the message, where the settings give one.
    pub description: Option<&'message Description>,
    /// The body of the message.
    pub body: &'message [u8],
}

/// All that a message says.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The frame, the join, or the kind of a message that hands nothing over.
    pub message: Message,
    /// The feedback on a command, where the message holds one.
    pub feedback: Option<Feedback>,
    /// Where the device lives.
    pub place: Place,
    /// The members beside the essentials that cannot be read, and were left out.
    pub unread: Vec<Unreadable>,
    /// The encoding that the message is written in.
    pub encoding: Encoding,
}

/// Why a request over HTTP is refused.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'problem> {
    /// A word for machines.
    pub code: &'problem str,
    /// A sentence for people.
    pub detail: &'problem str,
    /// Whether the request is not what it should be.
    pub is_malformed: bool,
}

impl From<Message> for Heard {
    fn from(message: Message) -> Self {
        Self {
            message,
            feedback: None,
            place: Place::default(),
            unread: Vec::new(),
            encoding: Encoding::default(),
        }
    }
}

impl Heard {
    /// The same with what a message that hands nothing over tells of a command.
    pub(crate) fn with_feedback(self, feedback: impl FnOnce() -> Option<Feedback>) -> Self {
        match self.message {
            Message::Nothing { .. } => Self { feedback: feedback(), ..self },
            _ => self,
        }
    }

    /// The same with the members that could not be read.
    pub(crate) fn with_unread(self, unread: Unread) -> Self {
        Self { unread: unread.into_members(), ..self }
    }

    /// The same of a message that is written in some encoding.
    pub(crate) fn with_encoding(self, encoding: Encoding) -> Self {
        Self { encoding, ..self }
    }

    /// The same with where the device lives of which a message hands something over.
    pub(crate) fn with_place(self, place: impl FnOnce() -> Place) -> Self {
        match self.message {
            Message::Nothing { .. } => self,
            _ => Self { place: place(), ..self },
        }
    }
}
