//! The end of a session at a broker that the settings have no more.

use std::{fmt::Display, sync::Arc, time::Duration};

use champollion_delivery::dispatch::Backoff;
use rumqttc::{AsyncClient, Event, EventLoop, NetworkOptions, Outgoing, Packet};
use tokio::sync::watch;

use super::{
    connection::CONNECT_SECONDS,
    sessions::{BrokerSession, BrokerSessions},
    status::Trouble,
};

/// The first pause before it is tried again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// The end of a session: with a connection that has no lasting session the broker forgets the one that it kept.
pub struct Farewell {
    session: BrokerSession,
    sessions: Arc<BrokerSessions>,
}

impl Farewell {
    pub(super) fn new(session: BrokerSession, sessions: Arc<BrokerSessions>) -> Self {
        Self { session, sessions }
    }

    /// Ends the session, however often that is to be tried, unless the server stops before.
    pub async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut backoff = Backoff::new(PAUSES);
        let stops = stopped.wait_for(|stopped| *stopped);
        let ends = async {
            while let Err(trouble) = self.end().await {
                let BrokerSession { network_server, client_id, url, .. } = &self.session;
                if self.sessions.not_ended(&self.session, &trouble) {
                    tracing::warn!(
                        %network_server, client_id, url, why = trouble.why,
                        "a session that the settings have no more cannot be ended at its broker; it is \
                         tried again"
                    );
                }
                tokio::time::sleep(backoff.pause()).await;
            }
        };
        tokio::select! {
            () = ends => {}
            _ = stops => {}
        }
    }

    async fn end(&self) -> Result<(), Box<Trouble>> {
        let options = self.session.farewell().map_err(|error| in_the_way(&error))?;
        let (client, mut event_loop) = AsyncClient::new(options, 10);
        let mut network = NetworkOptions::new();
        network.set_connection_timeout(CONNECT_SECONDS);
        event_loop.set_network_options(network);
        visit(&client, &mut event_loop).await?;
        self.sessions.ended(&self.session).await.map_err(|error| in_the_way(&error))?;
        let BrokerSession { network_server, client_id, url, .. } = &self.session;
        tracing::info!(
            %network_server, client_id, url,
            "the session at the broker is ended, since the settings have it no more"
        );
        Ok(())
    }
}

fn in_the_way(error: &impl Display) -> Box<Trouble> {
    Box::new(Trouble::of_other(error))
}

/// Comes to the broker and goes again.
async fn visit(client: &AsyncClient, event_loop: &mut EventLoop) -> Result<(), Box<Trouble>> {
    loop {
        let polled = event_loop.poll().await;
        match polled.map_err(|error| Box::new(Trouble::of(&error, CONNECT_SECONDS)))? {
            Event::Incoming(Packet::ConnAck(_)) => {
                client.try_disconnect().map_err(|error| in_the_way(&error))?;
            }
            Event::Outgoing(Outgoing::Disconnect) => return Ok(()),
            _ => {}
        }
    }
}
