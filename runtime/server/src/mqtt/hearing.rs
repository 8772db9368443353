//! The knowledge of how a network server speaks through its broker, and of whether it can have told
//! something that was not heard.

use std::collections::HashMap;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;

use champollion_lns::Encoding;

/// Most beginnings of topics whose encodings are known.
const PREFIXES: usize = 64;

/// The knowledge of how a network server speaks through its broker, shared by those who hear and those who
/// answer.
pub struct Hearing {
    /// Whether the topics that are subscribed to hold what the network server tells of commands.
    tells: bool,
    heard: Mutex<Heard>,
    connected: watch::Sender<bool>,
}

/// The knowledge so far. Held for a look, never across an await.
#[derive(Default)]
struct Heard {
    topic_prefix: Option<String>,
    /// The encodings of the last messages, by the beginning of their topics: a broker may carry several network
    /// servers.
    encodings: HashMap<String, Encoding>,
    /// Whether the last message was one that the broker sends again until it is acknowledged.
    is_assured: bool,
    /// Since when there is a connection, while there is one.
    connected_since: Option<Timestamp>,
    /// When a session began that the broker did not know any more, where one did.
    session_since: Option<Timestamp>,
    /// Whether the broker knew the session of the connection that is being made.
    knew_session: bool,
}

impl Hearing {
    /// Nothing was heard yet. `told_by` is the event by which the network server tells of commands.
    pub(super) fn new(topics: &[String], told_by: Option<&str>) -> Self {
        let tells = told_by.is_some_and(|event| topics.iter().any(|topic| covers(topic, event)));
        Self { tells, heard: Mutex::default(), connected: watch::Sender::new(false) }
    }

    /// A message came under a topic with this beginning.
    pub(super) fn message(&self, topic_prefix: Option<&str>, encoding: Encoding) {
        let mut heard = self.heard.lock();
        if heard.topic_prefix.as_deref() != topic_prefix {
            heard.topic_prefix = topic_prefix.map(str::to_owned);
        }
        let prefix = topic_prefix.unwrap_or_default();
        if let Some(known) = heard.encodings.get_mut(prefix) {
            *known = encoding;
        } else if heard.encodings.len() < PREFIXES {
            heard.encodings.insert(prefix.to_owned(), encoding);
        }
    }

    /// A message came that is sent again until it is acknowledged, or once.
    pub(super) fn assurance(&self, is_assured: bool) {
        self.heard.lock().is_assured = is_assured;
    }

    /// The broker lets us in, and knows our session or not.
    pub(super) fn admitted(&self, knew_session: bool) {
        self.heard.lock().knew_session = knew_session;
    }

    /// The topics are subscribed to.
    pub(super) fn connected(&self) {
        let now = Timestamp::now();
        let mut heard = self.heard.lock();
        heard.connected_since = Some(now);
        if !heard.knew_session {
            heard.session_since = Some(now);
        }
        drop(heard);
        self.connected.send_replace(true);
    }

    pub(super) fn disconnected(&self) {
        self.heard.lock().connected_since = None;
        self.connected.send_replace(false);
    }

    /// Says whenever a connection is made or lost.
    pub(crate) fn connections(&self) -> watch::Receiver<bool> {
        self.connected.subscribe()
    }

    /// The beginning of the topics of the last message.
    pub(crate) fn topic_prefix(&self) -> Option<String> {
        self.heard.lock().topic_prefix.clone()
    }

    /// The encoding of the last message under topics with this beginning.
    pub(crate) fn encoding(&self, topic_prefix: &str) -> Option<Encoding> {
        self.heard.lock().encodings.get(topic_prefix).copied()
    }

    /// Whether all that the network server has told of commands since a moment was heard. Where it was not
    /// connected to all the time, that is so where messages come assured and the broker kept the session.
    pub(crate) fn has_heard_all_since(&self, moment: Timestamp) -> bool {
        let heard = self.heard.lock();
        let Some(connected_since) = heard.connected_since.filter(|_| self.tells) else {
            return false;
        };
        let kept = heard.session_since.is_none_or(|since| since <= moment);
        connected_since <= moment || heard.is_assured && kept
    }
}

/// Whether messages of an event are among those of a topic that is subscribed to: the event is the last
/// level of its topic.
fn covers(topic: &str, event: &str) -> bool {
    topic.rsplit('/').next().is_some_and(|level| matches!(level, "#" | "+") || level == event)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn hearing(topic: &str) -> Hearing {
        Hearing::new(&[topic.to_owned()], Some("txack"))
    }

    #[test]
    fn what_may_have_been_missed_is_known() {
        let hearing = hearing("application/+/device/+/event/+");
        let before = Timestamp::now() - Duration::from_secs(60);
        assert!(!hearing.has_heard_all_since(before), "there is no connection");
        hearing.admitted(true);
        hearing.connected();
        let connected = Timestamp::now();
        assert!(hearing.has_heard_all_since(connected));
        assert!(!hearing.has_heard_all_since(before), "messages come once");
        hearing.assurance(true);
        assert!(hearing.has_heard_all_since(before), "the session was kept");
        hearing.disconnected();
        assert!(!hearing.has_heard_all_since(connected));
        hearing.admitted(false);
        hearing.connected();
        assert!(!hearing.has_heard_all_since(before), "the session is a new one");
        assert!(hearing.has_heard_all_since(Timestamp::now()));
    }

    #[test]
    fn silence_means_nothing_where_states_are_not_subscribed_to() {
        for (topic, tells) in [
            ("application/+/device/+/event/+", true),
            ("#", true),
            ("town/application/+/device/+/event/txack", true),
            ("application/+/device/+/event/up", false),
        ] {
            let hearing = hearing(topic);
            hearing.connected();
            assert_eq!(hearing.has_heard_all_since(Timestamp::now()), tells, "{topic}");
        }
        let silent = Hearing::new(&["#".to_owned()], None);
        silent.connected();
        assert!(!silent.has_heard_all_since(Timestamp::now()));
    }

    #[test]
    fn the_last_message_says_how_it_is_answered() {
        let hearing = hearing("#");
        assert_eq!((hearing.topic_prefix(), hearing.encoding("")), (None, None));
        hearing.message(Some("town/"), Encoding::Protobuf);
        assert_eq!(hearing.topic_prefix().as_deref(), Some("town/"));
        hearing.message(Some(""), Encoding::Json);
        assert_eq!(hearing.topic_prefix().as_deref(), Some(""));
        assert_eq!(hearing.encoding(""), Some(Encoding::Json));
        assert_eq!(hearing.encoding("town/"), Some(Encoding::Protobuf));
    }
}
