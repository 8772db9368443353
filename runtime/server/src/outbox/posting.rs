//! One attempt to send a message on its way.

use std::time::Duration;

use champollion_delivery::destinations::{DestinationLimits, HandoverResult, Verdict};
use champollion_service::outbox::{Content, Mail, Message, MqttMessage, Webhook};
use serde_json::json;
use uuid::Uuid;

use super::{
    mail_to::MailRecipients,
    targets::{broker, system},
};
use crate::mail::{MailError, Mailer};

/// The ways out of the server.
pub(super) struct Post {
    pub(super) mailer: Option<Mailer>,
    pub(super) limits: DestinationLimits,
    pub(super) recipients: MailRecipients,
}

/// The reason why a message was not sent.
pub(super) struct NotSent {
    /// The words of the recipient, for people.
    pub(super) reason: String,
    /// The part of the way that failed.
    pub(super) fault: Fault,
    /// The pause that the recipient asked for.
    pub(super) pause: Option<Duration>,
}

/// The part of the way that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The message itself: the next one may be taken.
    Message,
    /// The recipient, which would take no other message either.
    Recipient,
    /// The mail server, so that no mail goes anywhere.
    MailServer,
}

impl NotSent {
    fn new(fault: Fault, reason: impl ToString) -> Self {
        Self { reason: reason.to_string(), fault, pause: None }
    }
}

impl From<MailError> for NotSent {
    fn from(error: MailError) -> Self {
        let fault = match &error {
            MailError::NotSent(said) if !said.is_permanent() && !said.is_transient() => {
                Fault::MailServer
            }
            _ => Fault::Message,
        };
        Self::new(fault, error)
    }
}

impl Post {
    /// Sends a message. Ends in a bounded time.
    pub(super) async fn send(&self, message: &Message) -> Result<(), NotSent> {
        match &message.content {
            Content::Mail(mail) => self.mail(message.id, mail).await,
            Content::Webhook(webhook) => self.webhook(message, webhook).await,
            Content::Mqtt(published) => self.publish(message, published).await,
        }
    }

    async fn mail(&self, id: Uuid, mail: &Mail) -> Result<(), NotSent> {
        let Some(mailer) = &self.mailer else {
            let reason = "the server has no mail server: name one under [mail]";
            return Err(NotSent::new(Fault::MailServer, reason));
        };
        // The operator may have confined addresses since the rule was made.
        if let Some(group) = &mail.group {
            let checked = self.recipients.check(group, &mail.to);
            checked.map_err(|reason| NotSent::new(Fault::Message, reason))?;
        }
        Ok(mailer.send_named(&mail.to, &mail.subject, &mail.text, id).await?)
    }

    async fn webhook(&self, message: &Message, webhook: &Webhook) -> Result<(), NotSent> {
        let recipient =
            system(&self.limits, &webhook.group, (webhook.url.as_str(), webhook.secret.as_str()));
        let recipient = recipient.map_err(|reason| NotSent::new(Fault::Recipient, reason))?;
        let body = json!({
            "type": webhook.kind,
            "timestamp": message.queued_at,
            "data": webhook.data,
        });
        result(recipient.post(&message.id.to_string(), body.to_string()).await)
    }

    async fn publish(&self, message: &Message, published: &MqttMessage) -> Result<(), NotSent> {
        let MqttMessage { group, url, user, password, topic, data } = published;
        let place = (url.as_str(), user.as_ref(), password.as_ref());
        let client_id = format!("champollion-{}", message.id.simple());
        let recipient = broker(&self.limits, group, place, client_id);
        let recipient = recipient.map_err(|reason| NotSent::new(Fault::Recipient, reason))?;
        let body = json!({ "id": message.id, "timestamp": message.queued_at, "data": data });
        result(recipient.tell(topic.clone(), body.to_string().into_bytes()).await)
    }
}

/// The meaning of what a recipient said. A recipient that refuses one message may take another, but for one that is
/// busy, or wants nothing any more.
fn result(said: HandoverResult) -> Result<(), NotSent> {
    let pause = match said.verdict {
        Verdict::Taken => return Ok(()),
        Verdict::Later(pause) => pause,
        Verdict::Gone => None,
    };
    let is_refused = matches!(said.status, Some(400..=407 | 409 | 411..=428 | 430..=499));
    let fault = if is_refused { Fault::Message } else { Fault::Recipient };
    Err(NotSent { reason: said.message().to_owned(), fault, pause })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_that_refuses_one_message_is_given_the_next() {
        let fault = |verdict, status| {
            result(HandoverResult::new(verdict, status, "no")).err().map(|not_sent| not_sent.fault)
        };
        assert_eq!(fault(Verdict::Taken, Some(204)), None);
        for refused in [400, 401, 403, 404, 422] {
            assert_eq!(
                fault(Verdict::Later(None), Some(refused)),
                Some(Fault::Message),
                "{refused}"
            );
        }
        for away in [301, 408, 429, 500, 503] {
            assert_eq!(fault(Verdict::Later(None), Some(away)), Some(Fault::Recipient), "{away}");
        }
        assert_eq!(fault(Verdict::Later(None), None), Some(Fault::Recipient));
        assert_eq!(fault(Verdict::Gone, Some(410)), Some(Fault::Recipient));
    }
}
