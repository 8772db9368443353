//! One attempt to send a message on its way.

use std::{collections::HashMap, sync::Arc, time::Duration};

use champollion_delivery::{
    destinations::{
        DestinationLimits, HandoverResult, Verdict, mqtt::MqttRecipient, push::HttpRecipient,
    },
    names::GroupId,
};
use champollion_service::outbox::{Content, Lane, Mail, Message, MqttMessage, Webhook};
use parking_lot::Mutex;
use serde_json::json;
use uuid::Uuid;

use super::{
    mail_to::MailRecipients,
    targets::{broker, system},
};
use crate::mail::{MailError, Mailer};

/// The ways out of the server.
pub(super) struct Post {
    mailer: Option<Mailer>,
    limits: DestinationLimits,
    recipients: MailRecipients,
    systems: Opened<HttpRecipient>,
    brokers: Opened<MqttRecipient>,
}

/// The recipients that messages of this round of their group went to, each by its lane: a connection serves for all of them.
struct Opened<R>(Mutex<HashMap<Lane, Arc<R>>>);

impl<R> Opened<R> {
    fn new() -> Self {
        Self(Mutex::default())
    }

    /// Returns the recipient of a lane, which is made where there is none yet.
    fn get(&self, lane: Lane, make: impl FnOnce() -> Result<R, String>) -> Result<Arc<R>, NotSent> {
        let mut opened = self.0.lock();
        if let Some(recipient) = opened.get(&lane) {
            return Ok(Arc::clone(recipient));
        }
        let made = make().map_err(|reason| NotSent::new(Fault::Recipient, reason))?;
        let recipient = Arc::new(made);
        opened.insert(lane, Arc::clone(&recipient));
        Ok(recipient)
    }

    fn close(&self, group: Option<&GroupId>) {
        self.0.lock().retain(|lane, _| lane.group() != group);
    }
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
    pub(super) fn new(
        mailer: Option<Mailer>,
        limits: DestinationLimits,
        recipients: MailRecipients,
    ) -> Self {
        Self { mailer, limits, recipients, systems: Opened::new(), brokers: Opened::new() }
    }

    /// Ends the connections to the recipients of a group: what comes in its next round goes by new ones.
    pub(super) fn close(&self, group: Option<&GroupId>) {
        self.systems.close(group);
        self.brokers.close(group);
    }

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
        let place = (webhook.url.as_str(), webhook.secret.as_str());
        let make = || system(&self.limits, &webhook.group, place);
        let recipient = self.systems.get(message.lane(), make)?;
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
        let make = || broker(&self.limits, group, place, client_id);
        let recipient = self.brokers.get(message.lane(), make)?;
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
    use std::{
        collections::BTreeMap,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use champollion_delivery::destinations::{AddressRules, Reach};
    use jiff::Timestamp;
    use tokio::{
        io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    /// Takes each request of a connection.
    async fn take_all(stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        loop {
            let (mut length, mut line) = (0, String::new());
            while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) && line != "\r\n" {
                let head = line.to_ascii_lowercase();
                length = head
                    .strip_prefix("content-length:")
                    .map_or(length, |value| value.trim().parse().unwrap());
                line.clear();
            }
            if line.is_empty() {
                return;
            }
            stream.read_exact(&mut vec![0; length]).await.unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_messages_of_a_round_share_a_connection_to_their_system() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(take_all(stream));
            }
        });
        let reach = Reach {
            allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
            allow_ports: vec!["1-65535".parse().unwrap()],
            ..Reach::default()
        };
        let limits = DestinationLimits {
            addresses: AddressRules { all: Arc::new(reach), ..AddressRules::default() },
            plain_http: true,
            folders: None,
            pauses: (Duration::from_secs(1), Duration::from_secs(600)),
            time_zones: BTreeMap::new(),
        };
        let post = Post::new(None, limits, MailRecipients::by(&[], |_, _| false));
        let webhook = Webhook {
            group: "water".parse().unwrap(),
            url,
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
            kind: "alert.raised".to_owned(),
            data: json!({}),
        };
        let messages = 20;
        for _ in 0..messages {
            let message = Message::new(webhook.clone(), Timestamp::UNIX_EPOCH);
            assert_eq!(post.send(&message).await.err().map(|error| error.reason), None);
        }
        // One that is not free again yet leaves the next request a new one.
        let opened = connections.load(Ordering::Relaxed);
        assert!((1..messages / 2).contains(&opened), "{opened}");
        post.close(Some(&webhook.group));
        let message = Message::new(webhook, Timestamp::UNIX_EPOCH);
        assert!(post.send(&message).await.is_ok());
        assert_eq!(connections.load(Ordering::Relaxed), opened + 1);
    }

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
