//! Connections of clients: taken within bounds, timed, and ended in an orderly way when the server stops.

mod arriving_body;
mod client_address;
mod descriptors;
mod phase;
mod places;
mod settings;
mod timed_stream;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Once},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower_service::Service as _;

use arriving_body::ArrivingBody;
use phase::{AnsweredBody, Phase};
use places::{Place, Places};
use timed_stream::TimedStream;

pub use arriving_body::BodyTooSlow;
pub use client_address::{ClientAddress, network_of};
pub use descriptors::raise_descriptors;
pub use settings::{ConnectionLimits, ForwardedHeader};

/// The pause after the system could not give a connection, as where it has no descriptors left.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves connections until the server stops, and then until the last request under way has ended.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Arc<ConnectionLimits>,
    mut stopped: watch::Receiver<bool>,
) {
    let places = Places::new(&limits);
    let (alive, ended) = watch::channel(());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = until(&mut stopped) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let trusted = limits.trusts(peer.ip());
                let Some(place) = places.take(peer.ip(), trusted) else {
                    turn_away(stream);
                    continue;
                };
                let connection = Connection { peer, place, limits: Arc::clone(&limits) };
                let (router, stopped, ended) = (router.clone(), stopped.clone(), ended.clone());
                tokio::spawn(async move {
                    connection.serve(stream, router, stopped).await;
                    drop(ended);
                });
            }
            Err(error) if is_of_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "a connection cannot be taken");
                places.make_room();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop((listener, ended));
    alive.closed().await;
}

/// Waits until the server stops.
async fn until(stopped: &mut watch::Receiver<bool>) {
    // The sender going away means stopping as well.
    drop(stopped.wait_for(|stopped| *stopped).await);
}

/// An error of one connection, which went away before it was taken.
fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Ends a connection for which there is no place: all others are in the middle of an answer.
fn turn_away(stream: TcpStream) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::warn!("connections are turned away: all places of [connections] are taken");
    });
    metrics::counter!("champollion_connections_ended_total", "reason" => "no-place").increment(1);
    const ANSWER: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";
    // A client that does not take these few bytes at once gets none.
    drop(stream.try_write(ANSWER));
}

/// A connection of a client.
struct Connection {
    peer: SocketAddr,
    place: Place,
    limits: Arc<ConnectionLimits>,
}

impl Connection {
    async fn serve(self, stream: TcpStream, router: Router, mut stopped: watch::Receiver<bool>) {
        let Self { peer, place, limits } = self;
        let progress = Arc::clone(place.progress());
        // Answers are written whole; waiting for more would only hold back their ends.
        drop(stream.set_nodelay(true));
        let stream = TimedStream::new(stream, Arc::clone(&progress), &limits);
        let header_bytes = limits.header_bytes();
        let body_time = limits.body_time();
        let service = service_fn(|request: Request<Incoming>| {
            progress.request_began();
            let (progress, limits) = (Arc::clone(&progress), Arc::clone(&limits));
            let mut router = router.clone();
            async move {
                let address = limits.client(peer, request.headers());
                let mut request = request.map(|body| {
                    Body::new(ArrivingBody::new(body, Arc::clone(&progress), body_time))
                });
                request.extensions_mut().insert(ConnectInfo(peer));
                request.extensions_mut().insert(address);
                let response = router.call(request).await;
                response.map(|response| response.map(|body| AnsweredBody::new(body, progress)))
            }
        });
        // The stream itself keeps the times of headers and of idleness, which hyper has as one.
        let connection = http1::Builder::new()
            .header_read_timeout(None::<Duration>)
            .max_buf_size(header_bytes)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = place.evicted() => {
                metrics::counter!("champollion_connections_ended_total", "reason" => "made-room")
                    .increment(1);
                return;
            }
            () = until(&mut stopped) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "a connection broke off");
        }
    }
}
