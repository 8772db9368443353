//! Folding: what a group has no room for is told as one message, which counts it.

use champollion_fleet::names::GroupId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Content, Language, LocalTime, Mail, Message, MqttMessage, Waiting, Webhook};

/// The kind of the event, as systems are told it.
const KIND: &str = "messages.folded";

/// Messages that are told as a number alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folded {
    /// The number of messages.
    pub count: u64,
    /// The moment at which the first of them was put into the outbox.
    pub since: Timestamp,
}

impl Folded {
    /// The count before any message.
    pub(super) fn none(now: Timestamp) -> Self {
        Self { count: 0, since: now }
    }

    /// Counts a message, or those in whose place it is.
    pub(super) fn add(&mut self, waiting: &Waiting) {
        let own = Self { count: 1, since: waiting.message.queued_at };
        let Self { count, since } = waiting.folded.as_ref().unwrap_or(&own);
        self.count = self.count.saturating_add(*count);
        self.since = self.since.min(*since);
    }

    /// The message that tells of them on the way of one of them; nothing where no group tells on it, or there are none.
    pub(super) fn message(
        &self,
        like: &Message,
        clocks: &LocalTime,
        now: Timestamp,
    ) -> Option<Message> {
        let group = like.lane().group().filter(|_| self.count > 0)?.clone();
        let data = || json!({ "group": group, "count": self.count, "since": self.since });
        let content = match &like.content {
            Content::Mail(mail) => Content::Mail(self.mail(mail, &group, clocks)),
            Content::Webhook(webhook) => {
                let (kind, data) = (KIND.to_owned(), data());
                Content::Webhook(Webhook { kind, data, ..webhook.clone() })
            }
            Content::Mqtt(message) => {
                let data = json!({ "type": KIND, "folded": data() });
                Content::Mqtt(MqttMessage { data, ..message.clone() })
            }
        };
        Some(Message::new(content, now))
    }

    fn mail(&self, like: &Mail, group: &GroupId, clocks: &LocalTime) -> Mail {
        let (count, language) = (self.count, like.language);
        let since = clocks.to_second(self.since, language);
        let (subject, text) = match language {
            Language::En => (
                format!("Champollion: {count} more messages since {since}"),
                format!(
                    "As many messages of {group} waited as may, so that these are told as a number: {count} since \
                     {since}. The alerts themselves stand in the list of alerts.\n"
                ),
            ),
            Language::Fr => (
                format!("Champollion : {count} autres messages depuis le {since}"),
                format!(
                    "Autant de messages de {group} attendaient que permis, et ceux-ci sont donc dits par leur nombre : \
                     {count} depuis le {since}. Les alertes elles-mêmes sont dans la liste des alertes.\n"
                ),
            ),
        };
        let mail = Mail::new(like.to.clone(), language, &subject, &text);
        // It tells of several already: a line of a digest would hide how many.
        mail.of_several().of_group(group.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn waiting(content: impl Into<Content>, second: i64) -> Waiting {
        let queued_at = Timestamp::from_second(second).unwrap();
        let message = Message { queued_at, ..Message::new(content, queued_at) };
        Waiting { message, attempts: 0, reason: None, folded: None }
    }

    fn mail(language: Language) -> Mail {
        let mail = Mail::new("ada@city.example".parse().unwrap(), language, "leak", "text");
        mail.of_group("water".parse().unwrap())
    }

    #[test]
    fn messages_are_counted_with_those_that_were_folded_before() {
        let mut folded = Folded::none(Timestamp::from_second(1_000).unwrap());
        folded.add(&waiting(mail(Language::En), 600));
        let before = Folded { count: 118, since: Timestamp::from_second(60).unwrap() };
        folded.add(&Waiting { folded: Some(before), ..waiting(mail(Language::En), 900) });
        folded.add(&waiting(mail(Language::En), 700));
        assert_eq!(folded, Folded { count: 120, since: Timestamp::from_second(60).unwrap() });
    }

    #[test]
    fn each_channel_is_told_on_its_own_way() {
        let folded = Folded { count: 120, since: Timestamp::UNIX_EPOCH };
        let (clocks, now) = (LocalTime::default(), Timestamp::UNIX_EPOCH);
        for (language, subject) in [
            (Language::En, "Champollion: 120 more messages since 1970-01-01 00:00:00 +00:00"),
            (
                Language::Fr,
                "Champollion : 120 autres messages depuis le 01/01/1970 00:00:00 +00:00",
            ),
        ] {
            let like = Message::new(mail(language), now);
            let message = folded.message(&like, &clocks, now).unwrap();
            assert_eq!(message.lane(), like.lane());
            let Content::Mail(told) = &message.content else { panic!("{message:?}") };
            assert_eq!(told.subject, subject);
            assert!(told.is_of_several && told.text.contains("water"));
        }
        let (group, url) = ("water".parse().unwrap(), "https://city.example/".to_owned());
        let (secret, kind) = ("whsec_AAAA".to_owned(), "alert.raised".to_owned());
        let like = Message::new(Webhook { group, url, secret, kind, data: Value::Null }, now);
        let message = folded.message(&like, &clocks, now).unwrap();
        assert_eq!(message.lane(), like.lane());
        let Content::Webhook(told) = &message.content else { panic!("{message:?}") };
        assert_eq!((told.kind.as_str(), &told.data["count"]), (KIND, &json!(120)));
        // Mails that no group tells are in nobody's quota.
        let own = Mail { group: None, ..mail(Language::En) };
        assert!(folded.message(&Message::new(own, now), &clocks, now).is_none());
    }
}
