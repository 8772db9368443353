//! Messages, and the ways on which they go.

use champollion_fleet::{names::GroupId, people::Email};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Most bytes of the subject of a mail: longer lines are cut by programs that show them.
const SUBJECT_BYTES: usize = 200;

/// Most bytes of a topic, and of a place, in the subject of a digest.
const GIST_BYTES: usize = 48;

/// Most bytes of the line that a digest has of a mail: a digest names many.
const LINE_BYTES: usize = 600;

/// Most bytes of the text of a mail: with its line ends escaped it stays within a value of the store.
pub(super) const TEXT_BYTES: usize = 24 << 10;

/// A message that is to be sent, with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The id of the message. Ids of later messages are greater, and a repeat has the same.
    pub id: Uuid,
    /// The moment at which the message was put into the outbox.
    pub queued_at: Timestamp,
    /// The recipient, and what is told.
    pub content: Content,
}

/// A recipient, and what is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "channel")]
pub enum Content {
    /// A mail to a person.
    Mail(Mail),
    /// A request to a system, as Standard Webhooks says.
    Webhook(Webhook),
    /// A message under a topic of a broker.
    Mqtt(MqttMessage),
}

/// A mail of plain text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// The group that tells the person, where one does: its quotas hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// The address of the person.
    pub to: Email,
    /// The language of the mail.
    pub language: Language,
    /// The subject, which says the most important on one line.
    pub subject: String,
    /// The text of the mail.
    pub text: String,
    /// The whole on one line, as a digest has it; the subject where it is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub line: String,
    /// The shortest form of it, as the subject of a digest has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gist: Option<Gist>,
    /// Whether it tells of several things itself: a digest would have one line for all of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_of_several: bool,
}

/// The shortest form of what a mail tells: what it is about, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gist {
    /// The topic of the mail: all mails of one topic tell alike things.
    pub topic: String,
    /// The place that it tells of.
    pub place: String,
}

/// A request to a system, signed as Standard Webhooks says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// The group whose bounds of addresses hold.
    pub group: GroupId,
    /// The address that is posted to.
    pub url: String,
    /// The secret that requests are signed with: `whsec_` and base64.
    pub secret: String,
    /// The kind of the event, such as `alert.raised`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The event, as JSON of its own.
    pub data: Value,
}

/// A message under a topic of a broker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MqttMessage {
    /// The group whose bounds of addresses hold.
    pub group: GroupId,
    /// The place of the broker: `mqtts://host[:8883]`.
    pub url: String,
    /// The user at the broker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The password of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The topic that it is published under.
    pub topic: String,
    /// The event, as JSON of its own.
    pub data: Value,
}

/// A language that people are written to in.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[schema(as = MessageLanguage)]
pub enum Language {
    /// The English language, as in Britain.
    En,
    /// The French language, as in France.
    #[default]
    Fr,
}

/// The way of a message. Messages of one lane are sent one after the other, and a lane that fails pauses alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The way to the mail server, which all mails share.
    MailServer,
    /// Mails to one address in one language, of one group: what another one tells the same person waits for none of it.
    Mail(Option<GroupId>, Email, Language),
    /// Requests of a group to one address, signed with one secret: those that an old one signs keep back no others.
    Webhook(GroupId, String, String),
    /// Messages of a group under one topic of a broker, as one user with one password.
    Mqtt(Box<MqttLane>),
}

/// The way of messages to a broker. A broker that refuses one topic may take another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MqttLane {
    group: GroupId,
    url: String,
    user: Option<String>,
    password: Option<String>,
    topic: String,
}

impl Message {
    /// Makes a message of a content.
    #[must_use]
    pub fn new(content: impl Into<Content>, now: Timestamp) -> Self {
        Self { id: Uuid::now_v7(), queued_at: now, content: content.into() }
    }

    /// The way that the message goes.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match &self.content {
            Content::Mail(mail) => Lane::Mail(mail.group.clone(), mail.to.clone(), mail.language),
            Content::Webhook(Webhook { group, url, secret, .. }) => {
                Lane::Webhook(group.clone(), url.clone(), secret.clone())
            }
            Content::Mqtt(message) => Lane::Mqtt(Box::new(message.lane())),
        }
    }
}

impl Lane {
    /// The group that tells on this way, where one does.
    #[must_use]
    pub fn group(&self) -> Option<&GroupId> {
        match self {
            Self::MailServer => None,
            Self::Mail(group, ..) => group.as_ref(),
            Self::Webhook(group, ..) => Some(group),
            Self::Mqtt(lane) => Some(&lane.group),
        }
    }

    /// The name of the channel, for metrics and logs, which show no address.
    #[must_use]
    pub const fn channel(&self) -> &'static str {
        match self {
            Self::MailServer | Self::Mail(..) => "mail",
            Self::Webhook(..) => "webhook",
            Self::Mqtt(_) => "mqtt",
        }
    }
}

impl Mail {
    /// Writes a mail. Names that stand in it come from outside: a line break in a subject would end it, and what is
    /// longer than a mail may be is cut.
    #[must_use]
    pub fn new(to: Email, language: Language, subject: &str, text: &str) -> Self {
        let subject = subject.replace(char::is_control, " ");
        let text = text.replace(|letter: char| letter.is_control() && letter != '\n', " ");
        let (subject, text) = (cut(&subject, SUBJECT_BYTES), cut(&text, TEXT_BYTES));
        let (group, line, gist) = (None, String::new(), None);
        Self { group, to, language, subject, text, line, gist, is_of_several: false }
    }

    /// Says which group tells of it.
    #[must_use]
    pub fn of_group(self, group: GroupId) -> Self {
        Self { group: Some(group), ..self }
    }

    /// Adds the line that a digest has of it, cut where it is longer than one may be.
    #[must_use]
    pub fn with_line(self, line: &str) -> Self {
        let line = line.replace(char::is_control, " ");
        Self { line: cut(&line, LINE_BYTES), ..self }
    }

    /// Adds the shortest form of it.
    #[must_use]
    pub fn with_gist(self, gist: Gist) -> Self {
        Self { gist: Some(gist), ..self }
    }

    /// Makes it a mail of several things, which no digest takes.
    #[must_use]
    pub fn of_several(self) -> Self {
        Self { is_of_several: true, ..self }
    }

    /// Returns the line that a digest has of it.
    pub(super) fn line(&self) -> &str {
        if self.line.is_empty() { &self.subject } else { &self.line }
    }
}

impl Gist {
    /// Writes a topic and a place, cut where they are longer than the subject of a digest has room for.
    #[must_use]
    pub fn new(topic: &str, place: &str) -> Self {
        let short = |text: &str| cut(&text.replace(char::is_control, " "), GIST_BYTES);
        Self { topic: short(topic), place: short(place) }
    }
}

impl MqttMessage {
    fn lane(&self) -> MqttLane {
        MqttLane {
            group: self.group.clone(),
            url: self.url.clone(),
            user: self.user.clone(),
            password: self.password.clone(),
            topic: self.topic.clone(),
        }
    }
}

impl From<Mail> for Content {
    fn from(mail: Mail) -> Self {
        Self::Mail(mail)
    }
}

impl From<Webhook> for Content {
    fn from(webhook: Webhook) -> Self {
        Self::Webhook(webhook)
    }
}

impl From<MqttMessage> for Content {
    fn from(message: MqttMessage) -> Self {
        Self::Mqtt(message)
    }
}

/// Cuts a text where it is longer than it may be, between two letters.
fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(bytes - '…'.len_utf8())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_has_one_line_of_subject_and_a_bounded_text() {
        let to: Email = "ada@city.example".parse().unwrap();
        let text = "é".repeat(TEXT_BYTES);
        let mail = Mail::new(to, Language::Fr, "fuite\r\nBcc: all@city.example", &text);
        assert_eq!(mail.subject, "fuite  Bcc: all@city.example");
        assert!(mail.text.len() <= TEXT_BYTES && mail.text.ends_with("é…"));
    }

    #[test]
    fn groups_and_secrets_that_share_an_address_have_lanes_of_their_own() {
        let mail = |group: Option<&str>| {
            let mail = Mail::new("ada@city.example".parse().unwrap(), Language::Fr, "a", "b");
            let mail = Mail { group: group.map(|group| group.parse().unwrap()), ..mail };
            Message::new(mail, Timestamp::UNIX_EPOCH).lane()
        };
        assert_eq!(mail(Some("water")), mail(Some("water")));
        assert_ne!(mail(Some("water")), mail(Some("light")));
        assert_ne!(mail(Some("water")), mail(None));
        assert_eq!(mail(Some("water")).group().map(GroupId::as_str), Some("water"));
        let webhook = |group: &str, secret: &str| {
            let (group, url) = (group.parse().unwrap(), "https://city.example/".to_owned());
            let (secret, kind) = (secret.to_owned(), "notice".to_owned());
            let webhook = Webhook { group, url, secret, kind, data: Value::Null };
            Message::new(webhook, Timestamp::UNIX_EPOCH).lane()
        };
        assert_eq!(webhook("water", "new"), webhook("water", "new"));
        assert_ne!(webhook("water", "new"), webhook("water", "old"), "a rotation passes old ones");
        assert_ne!(webhook("water", "new"), webhook("light", "new"));
        let mqtt = |group: &str, password: &str, topic: &str| {
            let (group, url) = (group.parse().unwrap(), "mqtts://city.example".to_owned());
            let (user, password) = (Some("ada".to_owned()), Some(password.to_owned()));
            let topic = topic.to_owned();
            let message = MqttMessage { group, url, user, password, topic, data: Value::Null };
            Message::new(message, Timestamp::UNIX_EPOCH).lane()
        };
        assert_eq!(mqtt("water", "new", "a"), mqtt("water", "new", "a"));
        let others =
            [mqtt("light", "new", "a"), mqtt("water", "old", "a"), mqtt("water", "new", "b")];
        assert!(others.iter().all(|other| *other != mqtt("water", "new", "a")));
    }
}
