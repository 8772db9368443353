//! The connection to the broker of one network server, kept up for as long as the server runs.
//!
//! One task reads and writes, so it knows by which connection a message came: an acknowledgement goes
//! out only over that one. What was not acknowledged the broker sends again over the next.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::{
    destinations::mqtt::{Outbox, OutgoingMessage},
    dispatch::Backoff,
};
use rumqttc::{
    AsyncClient, ConnAck, ConnectionError, Event, EventLoop, MqttOptions, NetworkOptions, Outgoing,
    Packet, QoS, SubAck, SubscribeFilter, SubscribeReasonCode,
};
use tokio::sync::{mpsc, watch};

use super::{
    hearing::Hearing,
    inbox::Inbox,
    receiver::Receiver,
    sessions::{BrokerSession, BrokerSessions},
    settings::{REQUESTS, UNACKNOWLEDGED},
    status::{Status, Trouble},
};

/// The first pause after a connection was lost, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// A connection that lasts so long was a good one: the next pause is short again.
const GOOD: Duration = Duration::from_secs(10);

/// The time that telling the broker of our leaving may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Seconds that the broker may take to let us in.
pub(super) const CONNECT_SECONDS: u64 = 10;

/// The connection to the broker of one network server.
pub struct Connection {
    pub(super) options: MqttOptions,
    pub(super) topics: Vec<String>,
    pub(super) receiver: Arc<Receiver>,
    pub(super) status: Arc<Status>,
    pub(super) subscription: Subscription,
    pub(super) hearing: Arc<Hearing>,
    pub(super) orders: mpsc::Receiver<OutgoingMessage>,
}

/// The session at the broker, and the topics that it is to have no more.
pub(super) struct Subscription {
    pub(super) session: BrokerSession,
    pub(super) sessions: Arc<BrokerSessions>,
    /// Topics whose end the broker has not acknowledged yet.
    pub(super) unsubscribing: usize,
}

/// The next event of the connection.
enum Next {
    /// The broker said something, or something was said to it.
    Polled(Result<Event, ConnectionError>),
    /// The server is asked to stop.
    Stop,
}

impl Connection {
    /// Keeps the connection up, until the server stops.
    pub async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let (client, mut event_loop) = AsyncClient::new(self.options.clone(), REQUESTS);
        let mut network = NetworkOptions::new();
        network.set_connection_timeout(CONNECT_SECONDS).set_tcp_nodelay(true);
        event_loop.set_network_options(network);
        let mut inbox = Inbox::new(Arc::clone(&self.receiver));
        let mut outbox = Outbox::new(UNACKNOWLEDGED);
        let mut backoff = Backoff::new(PAUSES);
        let mut connected: Option<Instant> = None;
        loop {
            let next =
                self.next(&client, &mut event_loop, &mut inbox, &mut outbox, &mut stopped).await;
            match next {
                Next::Stop => {
                    // Said while nothing more is read: the session goes on when we come back.
                    drop(client.try_disconnect());
                    drop(tokio::time::timeout(FAREWELL, farewell(&mut event_loop)).await);
                    return;
                }
                Next::Polled(Ok(event)) => {
                    if matches!(event, Event::Incoming(Packet::ConnAck(_))) {
                        connected = Some(Instant::now());
                    }
                    self.heard(event, &client, &mut inbox, &mut outbox).await;
                }
                Next::Polled(Err(error)) => {
                    self.status.disconnected(Trouble::of(&error, CONNECT_SECONDS));
                    if connected.is_some() {
                        self.status.observed().ended();
                    }
                    self.hearing.disconnected();
                    inbox.give_up();
                    outbox.give_up();
                    forget(&mut event_loop);
                    if connected.take().is_some_and(|since| since.elapsed() >= GOOD) {
                        backoff = Backoff::new(PAUSES);
                    }
                    let pause = tokio::time::sleep(backoff.pause());
                    if self.wait(pause, &mut stopped).await {
                        return;
                    }
                }
            }
        }
    }

    /// Waits for the next event of the connection. Meanwhile messages that were taken are acknowledged, and
    /// others are sent. The future that reads is never given up half way.
    async fn next(
        &mut self,
        client: &AsyncClient,
        event_loop: &mut EventLoop,
        inbox: &mut Inbox,
        outbox: &mut Outbox,
        stopped: &mut watch::Receiver<bool>,
    ) -> Next {
        let is_connected = event_loop.network.is_some();
        let mut poll = pin!(event_loop.poll());
        loop {
            tokio::select! {
                result = &mut poll, if inbox.has_room() => return Next::Polled(result),
                publish = inbox.next() => {
                    // There is always room, see `REQUESTS`.
                    if let Err(error) = client.try_ack(&publish) {
                        tracing::error!(%error, "a message could not be acknowledged");
                    }
                }
                Some(order) = self.orders.recv(), if !is_connected || outbox.has_room() => {
                    if is_connected { outbox.send(client, order) } else { order.refuse() }
                }
                _ = stopped.wait_for(|stopped| *stopped) => return Next::Stop,
            }
        }
    }

    /// Waits before the next try; says whether the server stops. Who wants something sent is told at
    /// once that it cannot be.
    async fn wait(
        &mut self,
        pause: tokio::time::Sleep,
        stopped: &mut watch::Receiver<bool>,
    ) -> bool {
        let mut pause = pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return false,
                Some(order) = self.orders.recv() => order.refuse(),
                _ = stopped.wait_for(|stopped| *stopped) => return true,
            }
        }
    }

    async fn heard(
        &mut self,
        event: Event,
        client: &AsyncClient,
        inbox: &mut Inbox,
        outbox: &mut Outbox,
    ) {
        match event {
            Event::Incoming(Packet::ConnAck(answer)) => {
                self.hearing.admitted(answer.session_present);
                self.entered(answer, client).await;
            }
            Event::Incoming(Packet::SubAck(answer)) => self.subscribed(&answer).await,
            Event::Incoming(Packet::UnsubAck(_)) => {
                let left = self.subscription.unsubscribing.saturating_sub(1);
                self.subscription.unsubscribing = left;
                if left == 0 {
                    self.settle().await;
                }
            }
            Event::Incoming(Packet::Publish(publish)) => {
                self.hearing.assurance(publish.qos != QoS::AtMostOnce);
                inbox.put(publish);
            }
            Event::Incoming(Packet::PubAck(answer)) => outbox.acknowledged(answer.pkid),
            Event::Outgoing(Outgoing::Publish(number)) => outbox.written(number),
            _ => {}
        }
    }

    /// The broker has let us in: says which topics we want, and which no more.
    async fn entered(&mut self, answer: ConnAck, client: &AsyncClient) {
        let Subscription { session, sessions, .. } = &self.subscription;
        // Before anything is subscribed to: what is not remembered nobody ends.
        let is_kept = answer.session_present;
        let before = match sessions.enter(session, is_kept).await {
            Ok(before) => before,
            Err(error) => {
                tracing::error!(%error, "the session at the broker cannot be remembered");
                None
            }
        };
        let observed = self.status.observed();
        observed.lost_before(before.as_ref().and_then(|before| before.lost_at));
        observed.entered(&self.topics, before.is_some(), is_kept);
        // Also where the broker knows our session: the topics in the settings may be others than before.
        let topics = self.topics.iter();
        let topics = topics.map(|topic| SubscribeFilter::new(topic.clone(), QoS::AtLeastOnce));
        if let Err(error) = client.try_subscribe_many(topics) {
            tracing::error!(%error, "the topics cannot be subscribed to");
        }
        let known = before.map(|before| before.topics).unwrap_or_default();
        let stale: Vec<String> =
            known.into_iter().filter(|topic| is_kept && !self.topics.contains(topic)).collect();
        self.subscription.unsubscribing = stale.len();
        for topic in stale {
            tracing::info!(
                network_server = %self.status.server(), topic,
                "a topic that the settings name no more is unsubscribed from"
            );
            if let Err(error) = client.try_unsubscribe(topic) {
                tracing::error!(%error, "a topic cannot be unsubscribed from");
            }
        }
    }

    async fn subscribed(&self, answer: &SubAck) {
        let refused = |code: &SubscribeReasonCode| *code == SubscribeReasonCode::Failure;
        if let Some(index) = answer.return_codes.iter().position(refused) {
            let topic = self.topics.get(index).map(String::as_str).unwrap_or_default();
            self.status.disconnected(Trouble::of_topic(topic));
            return;
        }
        let unassured = self
            .topics
            .iter()
            .zip(&answer.return_codes)
            .filter(|(_, code)| **code == SubscribeReasonCode::Success(QoS::AtMostOnce));
        self.status.observed().granted(unassured.map(|(topic, _)| topic.clone()).collect());
        self.status.connected();
        self.hearing.connected();
        if self.subscription.unsubscribing == 0 {
            self.settle().await;
        }
    }

    /// The session has the topics of the settings, and no others.
    async fn settle(&self) {
        let Subscription { session, sessions, .. } = &self.subscription;
        if let Err(error) = sessions.settle(session).await {
            // The next connection unsubscribes once more, which does no harm.
            tracing::error!(%error, "the topics of the session at the broker cannot be remembered");
        }
    }
}

/// Reads on until the broker was told that we go, or is gone.
async fn farewell(event_loop: &mut EventLoop) {
    let told = Event::Outgoing(Outgoing::Disconnect);
    while event_loop.network.is_some() && event_loop.poll().await.is_ok_and(|event| event != told) {
    }
}

/// Forgets the client's remains of a connection that is gone.
fn forget(event_loop: &mut EventLoop) {
    event_loop.clean();
    event_loop.state.events.clear();
    event_loop.state.collision = None;
    event_loop.pending.clear();
}
