//! The messages that tell of a notice.

use champollion_fleet::{names::GroupId, people::Email};
use jiff::Timestamp;
use serde_json::json;

use super::{Notice, NoticeHook, NoticeState};
use crate::outbox::{Language, LocalTime, Mail, Message, Webhook};

/// The address of the page of notices, and the clocks of their readers.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'of> {
    /// The address of the page on which notices are read; empty where the server knows none.
    pub page: &'of str,
    /// The clocks by which moments are told.
    pub clocks: &'of LocalTime,
}

/// The words of a mail.
struct Words {
    subject: String,
    text: String,
    /// The whole on one line, for a digest.
    line: String,
}

impl Telling<'_> {
    /// Returns the mail to a reader about a notice as it was at a moment.
    #[must_use]
    pub fn mail(
        &self,
        (notice, at): (&Notice, Timestamp),
        to: Email,
        language: Language,
    ) -> Message {
        let Words { subject, text, line } = self.words((notice, at), language);
        Message::new(Mail::new(to, language, &subject, &text).with_line(&line), at)
    }

    fn words(&self, (notice, at): (&Notice, Timestamp), language: Language) -> Words {
        let kind = kind(notice, at, language);
        let (from, to, open) = match language {
            Language::En => ("From", "to", "an end that is not known yet"),
            Language::Fr => ("Du", "au", "une fin encore inconnue"),
        };
        let moment = |at: Timestamp| self.clocks.to_minute(at, language);
        let end = notice.end.map_or_else(|| open.to_owned(), moment);
        let subject = format!("Champollion: {kind}: {}", notice.title);
        let said = match notice.follow_ups.last() {
            Some(word) => word.text.as_str(),
            None => notice.text.as_str(),
        };
        let span = format!("{from} {} {to} {end}", moment(notice.begin));
        let text = format!("{kind}: {}\n{span}\n\n{said}\n\n{}\n", notice.title, self.page);
        let line = format!("{subject} | {span}");
        Words { subject, text, line }
    }
}

/// Returns the request about an event of a notice to the system of a group, which is told of no other group.
pub(super) fn webhook(
    (notice, event): (&Notice, &str),
    group: &GroupId,
    hook: &NoticeHook,
    now: Timestamp,
) -> Option<Message> {
    let scope = notice.scope.as_seen(|own| own == group)?;
    let notice = Notice { scope, ..notice.clone() };
    let state = notice.state(now);
    let webhook = Webhook {
        group: group.clone(),
        url: hook.url.clone(),
        secret: hook.secret.clone(),
        kind: event.to_owned(),
        data: json!({ "notice": notice, "state": state }),
    };
    Some(Message::new(webhook, now))
}

/// The words for the kind and the state of a notice.
fn kind(notice: &Notice, now: Timestamp, language: Language) -> &'static str {
    use super::NoticeKind::{Incident, Planned};
    let state = notice.state(now);
    match (language, notice.kind, state) {
        (Language::En, _, NoticeState::Cancelled) => "notice taken back",
        (Language::Fr, _, NoticeState::Cancelled) => "avis annulé",
        (Language::En, Planned, _) => "planned work",
        (Language::Fr, Planned, _) => "travaux prévus",
        (Language::En, Incident, NoticeState::Over) => "incident over",
        (Language::Fr, Incident, NoticeState::Over) => "incident terminé",
        (Language::En, Incident, _) => "incident",
        (Language::Fr, Incident, _) => "incident en cours",
    }
}
