//! Publishes records through one broker. The connection is made when there is something to publish, and
//! kept for as long as it lasts; when it is lost, what was not acknowledged is handed over again.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, MqttOptions, NetworkOptions,
    Outgoing, Packet, Transport,
};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    sync::mpsc,
    time::{error::Elapsed, timeout},
};
use tokio_rustls::TlsConnector;

use super::{
    definition::{MqttPush, MqttPushError},
    outbox::Outbox,
    publisher::{NotPublished, OutgoingMessage, Publisher},
    relay::relay,
    topic::TopicPattern,
};
use crate::{
    destinations::{
        Connector, DestinationLimits, Failure, FailureKind, HandoverResult, Parcel, Recipient,
        Secret,
    },
    names::RouteKey,
    records::Head,
};

/// Messages that may be on their way to the broker at once.
const UNACKNOWLEDGED: u16 = 64;

/// The longest silence towards the broker where the route does not set one.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The largest message: a record as the store takes it, and the topic.
const PACKET_BYTES: usize = 256 << 10;

/// Seconds that the broker may take to let us in.
const CONNECT_SECONDS: u64 = 10;

/// The time that the broker has to acknowledge a message, the connection included.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests to the client that wait to be written.
const REQUESTS: usize = 128;

/// A recipient that publishes records through a broker.
pub struct MqttRecipient {
    host: String,
    port: u16,
    tls: Option<Arc<ClientConfig>>,
    client_id: String,
    /// The user and the password.
    credentials: Option<(String, String)>,
    topic: TopicPattern,
    connector: Connector,
    route: Mutex<Option<RouteKey>>,
    connection: tokio::sync::Mutex<Option<Publisher>>,
    /// Why the last connection ended, where it failed.
    ended: Arc<Mutex<Option<Failure>>>,
}

impl MqttPush {
    /// Makes the recipient that publishes records through the broker.
    ///
    /// # Errors
    /// Says what of the definition cannot be.
    pub fn recipient(
        &self,
        destination_limits: &DestinationLimits,
        connector: Connector,
    ) -> Result<MqttRecipient, MqttPushError> {
        let url = &self.url;
        let is_secure = match url.scheme() {
            "mqtts" => true,
            "mqtt" if destination_limits.plain_http => false,
            "mqtt" => return Err(MqttPushError::Plain),
            _ => return Err(MqttPushError::Url),
        };
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(MqttPushError::Url)?;
        let has_more = url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
            || !matches!(url.path(), "" | "/");
        if has_more || !url.username().is_empty() {
            return Err(MqttPushError::UrlParts);
        }
        let port = self.port();
        connector.check(host, port)?;
        let credentials = match (&self.user, &self.password) {
            (None, None) => None,
            (None, Some(_)) => return Err(MqttPushError::PasswordAlone),
            (Some(user), password) => {
                let password = password.as_ref().map_or("", Secret::reveal);
                Some((user.clone(), password.to_owned()))
            }
        };
        Ok(MqttRecipient {
            host: host.to_owned(),
            port,
            tls: is_secure.then(|| self.tls.config()).transpose()?.map(Arc::new),
            // The name is made whole once the route is known.
            client_id: self.client_id.clone().unwrap_or_default(),
            credentials,
            topic: self.topic.clone(),
            connector,
            route: Mutex::default(),
            connection: tokio::sync::Mutex::default(),
            ended: Arc::default(),
        })
    }
}

impl MqttRecipient {
    /// The same for a route, whose name is in topics and in the name that the broker knows us by.
    #[must_use]
    pub fn of_route(mut self, key: &RouteKey) -> Self {
        if self.client_id.is_empty() {
            // Who tries the route while it is in use must not be taken for it: a broker lets only one
            // of a name in.
            let own = getrandom::u32().unwrap_or_default();
            self.client_id = format!("champollion-{}-{}-{own:08x}", key.group, key.name);
        }
        self.route = Mutex::new(Some(key.clone()));
        self
    }

    /// The connection that there is, or a new one.
    async fn publisher(&self) -> Result<Publisher, Failure> {
        let mut connection = self.connection.lock().await;
        match &*connection {
            Some(publisher) if publisher.is_open() => Ok(publisher.clone()),
            _ => {
                let through = self.connect().await?;
                let (publisher, orders) = Publisher::new();
                let ended = Arc::clone(&self.ended);
                tokio::spawn(keep(self.options(through), orders, ended));
                *connection = Some(publisher.clone());
                Ok(publisher)
            }
        }
    }

    /// Connects to the broker, and returns the address of the relay to the connection.
    async fn connect(&self) -> Result<String, Failure> {
        let unreachable = |kind, reason: &dyn std::fmt::Display| {
            Failure::new(kind, format!("the broker cannot be reached: {reason}"))
        };
        let stream = self.connector.connect(&self.host, self.port).await;
        let stream = stream.map_err(|error| unreachable((&error).into(), &error))?;
        let relayed = match &self.tls {
            None => relay(stream),
            Some(config) => {
                let insecure = |reason: &dyn std::fmt::Display| {
                    let words = format!("there is no secure connection to the broker: {reason}");
                    Failure::new(FailureKind::NotSecure, words)
                };
                // An IPv6 address in a URL stands in brackets.
                let name = self.host.trim_start_matches('[').trim_end_matches(']').to_owned();
                let name = ServerName::try_from(name).map_err(|error| insecure(&error))?;
                let connector = TlsConnector::from(Arc::clone(config));
                relay(connector.connect(name, stream).await.map_err(|error| insecure(&error))?)
            }
        };
        relayed.map_err(|error| unreachable(FailureKind::Unreachable, &error))
    }

    /// The options of a client that speaks through a relay.
    fn options(&self, relay: String) -> MqttOptions {
        let mut options = MqttOptions::new(self.client_id.clone(), relay, self.port);
        options
            .set_keep_alive(KEEP_ALIVE)
            .set_inflight(UNACKNOWLEDGED)
            .set_max_packet_size(PACKET_BYTES, PACKET_BYTES)
            .set_transport(Transport::Unix);
        if let Some((user, password)) = &self.credentials {
            options.set_credentials(user, password);
        }
        options
    }

    async fn publish(&self, parcel: &Parcel) -> Result<(), Failure> {
        for record in &parcel.records {
            let topic = {
                let head = Head::read(&record.json);
                let head = head.map_err(|error| Failure::new(FailureKind::Unusable, error))?;
                let route = self.route.lock();
                let (group, name) = route
                    .as_ref()
                    .map(|key| (key.group.as_str(), key.name.as_str()))
                    .unwrap_or_default();
                self.topic.of(group, name, &head)
            };
            self.send(topic, record.json.as_bytes().to_vec()).await?;
        }
        Ok(())
    }

    /// Publishes a message under a topic, and waits until the broker has it.
    async fn send(&self, topic: String, payload: Vec<u8>) -> Result<(), Failure> {
        let publisher = self.publisher().await?;
        let published = publisher.publish(topic, payload).await;
        published.map_err(|error| self.ended.lock().clone().unwrap_or_else(|| error.into()))
    }

    /// Publishes something that is no record, under a topic of its own. Ends in a bounded time.
    pub async fn tell(&self, topic: String, payload: Vec<u8>) -> HandoverResult {
        result(timeout(PATIENCE, self.send(topic, payload)).await)
    }
}

#[async_trait]
impl Recipient for MqttRecipient {
    async fn hand_over(&self, parcel: &Parcel) -> HandoverResult {
        result(timeout(PATIENCE, self.publish(parcel)).await)
    }
}

/// Returns the result of what was published, or was not in time.
fn result(published: Result<Result<(), Failure>, Elapsed>) -> HandoverResult {
    match published {
        Ok(Ok(())) => HandoverResult::taken(None),
        Ok(Err(failure)) => HandoverResult::failed(&failure),
        Err(_) => HandoverResult::failed(&NotPublished::Unanswered.into()),
    }
}

impl From<NotPublished> for Failure {
    fn from(error: NotPublished) -> Self {
        let kind = match error {
            NotPublished::NotConnected => FailureKind::Unreachable,
            NotPublished::Unanswered => FailureKind::TimedOut,
        };
        Self::new(kind, error)
    }
}

/// Keeps a connection for as long as it lasts, and for as long as somebody may publish over it.
async fn keep(
    options: MqttOptions,
    mut orders: mpsc::Receiver<OutgoingMessage>,
    ended: Arc<Mutex<Option<Failure>>>,
) {
    let (client, mut event_loop) = AsyncClient::new(options, REQUESTS);
    let mut network = NetworkOptions::new();
    network.set_connection_timeout(CONNECT_SECONDS).set_tcp_nodelay(true);
    event_loop.set_network_options(network);
    let mut outbox = Outbox::new(UNACKNOWLEDGED);
    let why = converse(&client, &mut event_loop, &mut orders, &mut outbox).await;
    *ended.lock() = why;
    outbox.give_up();
    orders.close();
    while let Some(order) = orders.recv().await {
        order.refuse();
    }
}

/// Ends with why the connection did; with nothing where nobody publishes over it any more.
async fn converse(
    client: &AsyncClient,
    event_loop: &mut EventLoop,
    orders: &mut mpsc::Receiver<OutgoingMessage>,
    outbox: &mut Outbox,
) -> Option<Failure> {
    loop {
        let mut poll = std::pin::pin!(event_loop.poll());
        // The future that reads is never given up half way.
        let event = loop {
            tokio::select! {
                event = &mut poll => break event,
                order = orders.recv(), if outbox.has_room() => match order {
                    Some(order) => outbox.send(client, order),
                    None => {
                        // Whether the broker hears of it changes nothing.
                        drop(client.try_disconnect());
                        return None;
                    }
                }
            }
        };
        match event {
            Ok(Event::Outgoing(Outgoing::Publish(number))) => outbox.written(number),
            Ok(Event::Incoming(Packet::PubAck(answer))) => outbox.acknowledged(answer.pkid),
            Ok(_) => {}
            Err(error) => {
                return Some(Failure::new(kind_of(&error), sentence(&error, CONNECT_SECONDS)));
            }
        }
    }
}

fn kind_of(error: &ConnectionError) -> FailureKind {
    match error {
        ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword
            | ConnectReturnCode::NotAuthorized
            | ConnectReturnCode::BadClientId,
        ) => FailureKind::NotLetIn,
        ConnectionError::Tls(_) => FailureKind::NotSecure,
        ConnectionError::NetworkTimeout => FailureKind::TimedOut,
        ConnectionError::Io(_) => FailureKind::Unreachable,
        _ => FailureKind::ConnectionLost,
    }
}

/// Describes a failure of a connection, for people.
#[must_use]
pub fn sentence(error: &ConnectionError, connect_seconds: u64) -> String {
    match error {
        ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        ) => "the broker does not accept the user name and the password".to_owned(),
        ConnectionError::ConnectionRefused(ConnectReturnCode::BadClientId) => {
            "the broker does not accept the client id".to_owned()
        }
        ConnectionError::Tls(error) => {
            format!("there is no secure connection to the broker: {error}")
        }
        ConnectionError::NetworkTimeout => {
            format!("the broker did not answer within {connect_seconds} s")
        }
        ConnectionError::Io(error) => format!("the broker cannot be reached: {error}"),
        error => format!("the connection to the broker was lost: {error}"),
    }
}
