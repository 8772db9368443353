//! Takes the messages of one network server: reads each, has the intake take it, and parks what
//! cannot be read.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use champollion_delivery::dispatch::Backoff;
use champollion_frames::{JoinRefusal, Refusal};
use champollion_lns::{Description, Heard, Incoming, Kind, NetworkServerName, Topic};
use champollion_registry::ledger::Actor;
use champollion_store::{Health, Store};
use rumqttc::{Publish, QoS};

use super::hearing::Hearing;
use crate::{
    ingest::{Authority, IngestError, Messages, Origin, Receipt, Speaker},
    network_servers::{observations::Observed, settings::NetworkServer},
    parked::{NewParked, PARKED_BYTES, Parked, ParkedMessage},
};

/// The first pause before a message is taken again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(5));

/// After so many tries a message that cannot be kept, though the store works, is parked: some fault
/// that it alone has must not hold up all others for ever.
const TRIES: u32 = 12;

/// Takes the messages of one network server.
pub struct Receiver {
    server: NetworkServerName,
    kind: Kind,
    description: Option<Description>,
    speaker: Speaker,
    /// Most bytes of a message that is read.
    message_bytes: usize,
    messages: Messages,
    observed: Arc<Observed>,
    parked: Arc<Parked>,
    store: Arc<dyn Store>,
    hearing: Option<Arc<Hearing>>,
}

/// A message that has come.
pub(super) struct Arrived {
    topic: String,
    /// Of one that is too large only the beginning.
    payload: Vec<u8>,
    /// The size of the message in bytes.
    bytes: usize,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It cannot be read.
    #[error("{detail}")]
    Unreadable {
        /// The reason, for programs.
        code: &'static str,
        /// The reason, for people.
        detail: String,
    },
    /// It can be read, and what it hands over is refused for good.
    #[error("{0}")]
    Refused(String),
    /// It should be tried again.
    #[error("{0}")]
    Later(String),
}

impl Arrived {
    /// Keeps what is needed to acknowledge it apart from what it says.
    pub(super) fn split(mut publish: Publish) -> (Self, Publish) {
        let payload = std::mem::take(&mut publish.payload);
        let bytes = payload.len();
        let payload = payload[..bytes.min(PARKED_BYTES)].to_vec();
        let topic = std::mem::take(&mut publish.topic);
        (Self { topic, payload, bytes }, publish)
    }
}

impl NotTaken {
    /// The reason that counts of two messages that came together: what is to be tried again, then what is to
    /// be kept for a person, then what is refused. Those that were taken are known again.
    fn or(self, earlier: Option<Self>) -> Self {
        let weight = |why: &Self| match why {
            Self::Later(_) => 2,
            Self::Unreadable { .. } => 1,
            Self::Refused(_) => 0,
        };
        match earlier {
            Some(earlier) if weight(&earlier) >= weight(&self) => earlier,
            _ => self,
        }
    }
}

impl Receiver {
    /// Makes the receiver of the messages of the network server that is observed.
    pub(crate) fn new(
        settings: &NetworkServer,
        shared_devices: bool,
        message_bytes: usize,
        messages: Messages,
        observed: Arc<Observed>,
        parked: Arc<Parked>,
        store: Arc<dyn Store>,
    ) -> Self {
        let server = observed.server().clone();
        let speaker = Speaker {
            name: server.as_str().into(),
            by: Arc::new(Actor::named(server.as_str())),
            authority: Authority::Of {
                server: Arc::new(server.clone()),
                unassigned: shared_devices,
            },
            payloads: settings.payload,
            trace: None,
        };
        let (kind, description) = (settings.kind, settings.json.clone());
        Self {
            server,
            kind,
            description,
            speaker,
            message_bytes,
            messages,
            observed,
            parked,
            store,
            hearing: None,
        }
    }

    /// The same that notes how the network server speaks.
    #[must_use]
    pub(crate) fn noting(self, hearing: Arc<Hearing>) -> Self {
        Self { hearing: Some(hearing), ..self }
    }

    /// Notes a message as it comes, whatever becomes of it.
    pub(super) fn arrived(&self, publish: &Publish) {
        let is_json = publish.payload.trim_ascii_start().first() == Some(&b'{');
        let matches = |filter: &str| rumqttc::matches(&publish.topic, unshared(filter));
        let encoding = if is_json { "json" } else { "binary" };
        self.observed.arrived(publish.qos != QoS::AtMostOnce, encoding, matches);
    }

    pub(super) fn device_of(&self, topic: &str) -> String {
        self.kind.topic(topic).map_or(topic, |topic| topic.device).to_owned()
    }

    /// Takes a message, or parks it; tries again for as long as the connection is there that it came
    /// by. Says whether it is to be acknowledged.
    pub(super) async fn take(&self, arrived: &Arrived, connection: &AtomicBool) -> bool {
        let mut backoff = Backoff::new(PAUSES);
        let mut tries = 0;
        loop {
            tries += 1;
            let why = match self.read(&arrived.topic, &arrived.payload, arrived.bytes).await {
                Ok(what) => {
                    self.count(what);
                    return true;
                }
                Err(NotTaken::Refused(why)) => {
                    self.count("refused");
                    tracing::info!(
                        network_server = %self.server, topic = arrived.topic, why,
                        "a message is refused"
                    );
                    return true;
                }
                Err(NotTaken::Unreadable { code, detail }) => {
                    match self.park(arrived, code, &detail).await {
                        Ok(()) => return true,
                        Err(why) => why,
                    }
                }
                Err(NotTaken::Later(why)) => {
                    let is_its_own = tries >= TRIES && self.store.health() == Health::Ready;
                    if is_its_own && self.park(arrived, "not-kept", &why).await.is_ok() {
                        return true;
                    }
                    why
                }
            };
            self.count("tried-again");
            tracing::debug!(network_server = %self.server, why, "a message is tried again");
            tokio::time::sleep(backoff.pause()).await;
            if !connection.load(Ordering::Relaxed) {
                return false;
            }
        }
    }

    /// Takes a message that was parked; says what it came to.
    pub async fn take_parked(&self, message: &ParkedMessage) -> Result<&'static str, NotTaken> {
        let ParkedMessage { info, payload } = message;
        self.read(&info.topic, payload, info.bytes).await
    }

    async fn read(
        &self,
        topic: &str,
        payload: &[u8],
        bytes: usize,
    ) -> Result<&'static str, NotTaken> {
        let unreadable = |code: &'static str, detail: String| NotTaken::Unreadable { code, detail };
        let limit = self.message_bytes.min(PARKED_BYTES);
        if bytes > limit {
            let detail = format!("the message has {bytes} bytes, and {limit} are the limit");
            return Err(unreadable("message-too-large", detail));
        }
        let said = self.kind.topic(topic).ok_or_else(|| {
            let detail = format!("{topic:?} is no topic of {}", self.kind.product());
            unreadable("unknown-topic", detail)
        })?;
        let incoming = Incoming {
            event: said.event,
            content_type: None,
            description: self.description.as_ref(),
            body: payload,
        };
        let (mut taken, mut failed) = ("ignored", None);
        for heard in self.kind.read_all(&incoming) {
            let heard = heard.map_err(|error| unreadable(error.code(), error.to_string()));
            match self.take_one(heard, &said).await {
                Ok(word) => taken = word,
                Err(why) => failed = Some(why.or(failed)),
            }
        }
        failed.map_or(Ok(taken), Err)
    }

    async fn take_one(
        &self,
        heard: Result<Heard, NotTaken>,
        said: &Topic<'_>,
    ) -> Result<&'static str, NotTaken> {
        let heard = heard?;
        if let Some(hearing) = &self.hearing {
            hearing.message(said.prefix, heard.encoding);
        }
        let whereabouts = said.place().written_as(heard.encoding).at(self.server.clone());
        let origin = Origin {
            speaker: &self.speaker,
            server: Some(&self.server),
            whereabouts: Some(&whereabouts),
        };
        Ok(word(&self.messages.take(heard, &origin).await?))
    }

    async fn park(&self, arrived: &Arrived, code: &str, detail: &str) -> Result<(), String> {
        tracing::warn!(
            network_server = %self.server, topic = arrived.topic, code, detail,
            "a message cannot be read, and is parked"
        );
        let new = NewParked {
            network_server: &self.server,
            topic: &arrived.topic,
            payload: &arrived.payload,
            bytes: arrived.bytes,
            code,
            detail,
        };
        self.parked.park(&new).await.map_err(|error| error.to_string())?;
        self.count("parked");
        Ok(())
    }

    fn count(&self, result: &'static str) {
        metrics::counter!(
            "champollion_mqtt_messages_total",
            "network_server" => self.server.to_string(), "result" => result
        )
        .increment(1);
    }
}

impl From<IngestError> for NotTaken {
    fn from(error: IngestError) -> Self {
        let passes = matches!(
            error,
            IngestError::NotKept(_)
                | IngestError::Full(_)
                | IngestError::Busy(_)
                | IngestError::Behind
                | IngestError::Refused(Refusal::InFlight { .. })
                | IngestError::JoinRefused(JoinRefusal::InFlight { .. })
        );
        if passes { Self::Later(error.to_string()) } else { Self::Refused(error.to_string()) }
    }
}

/// Returns the filter of a shared subscription, `$share/GROUP/FILTER`, and others as they are.
fn unshared(filter: &str) -> &str {
    let shared = filter.strip_prefix("$share/").and_then(|rest| rest.split_once('/'));
    shared.map_or(filter, |(_, filter)| filter)
}

/// Returns the word for a receipt in metrics.
fn word(receipt: &Receipt) -> &'static str {
    match receipt {
        Receipt::Accepted { .. } | Receipt::Merged { .. } => "accepted",
        Receipt::MacOnly { .. } => "mac-only",
        Receipt::Duplicate { .. } | Receipt::JoinDuplicate { .. } => "duplicate",
        Receipt::JoinRequested { .. } | Receipt::Joined { .. } => "joined",
        Receipt::Ignored { .. } => "ignored",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_subscription_is_matched_by_its_filter() {
        assert_eq!(unshared("$share/champollion/application/#"), "application/#");
        assert_eq!(unshared("application/+/device/+/event/up"), "application/+/device/+/event/up");
        assert_eq!(unshared("$share/odd"), "$share/odd");
    }
}
