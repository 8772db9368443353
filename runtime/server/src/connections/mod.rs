//! Connections of clients: taken within bounds, timed, and ended in an orderly way when the server stops.

mod arriving_body;
mod client_address;
mod descriptors;
mod greeting;
mod phase;
mod places;
mod settings;
mod timed_stream;

use std::{
    convert::Infallible,
    fmt::Display,
    io,
    net::SocketAddr,
    sync::{Arc, Once},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::{HttpService, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::graceful::GracefulConnection,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use arriving_body::ArrivingBody;
use greeting::{greet, speaks_http2};
use phase::{AnsweredBody, Phase};
use places::{Place, Places};
use timed_stream::TimedStream;

pub use arriving_body::BodyTooSlow;
pub use client_address::{ClientAddress, network_of};
pub use descriptors::raise_descriptors;
pub use settings::{ConnectionLimits, ForwardedHeader};

/// The pause after the system could not give a connection, as where it has no descriptors left.
const PAUSE: Duration = Duration::from_millis(50);

/// The interval at which the answers of a connection of HTTP/2 are looked at.
const LOOK_PERIOD: Duration = Duration::from_secs(1);

/// Bytes of an answer that are held for a stream of HTTP/2 before the body is asked for more. Large answers come in
/// pieces of as much, and others are at most 64 KiB, so this bounds what a connection holds by its streams.
const STREAM_BUFFER_BYTES: usize = 16 << 10;

/// Bytes that a client may send on one stream before the server has read them.
const STREAM_WINDOW_BYTES: u32 = 128 << 10;

/// The same of a whole connection.
const CONNECTION_WINDOW_BYTES: u32 = 256 << 10;

/// A stream of bytes in both directions, secured or not.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for T {}

/// Serves connections until the server stops, and then until the last request under way has ended. With an acceptor
/// they speak TLS, and HTTP/2 where the client offers it.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Arc<ConnectionLimits>,
    acceptor: Option<TlsAcceptor>,
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
                    turn_away(&stream, acceptor.is_some());
                    continue;
                };
                let (limits, stopped) = (Arc::clone(&limits), stopped.clone());
                let connection = Connection { peer, place, limits, stopped };
                let (router, acceptor, ended) = (router.clone(), acceptor.clone(), ended.clone());
                tokio::spawn(async move {
                    connection.serve(stream, router, acceptor).await;
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
fn turn_away(stream: &TcpStream, is_secured: bool) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::warn!("connections are turned away: all places of [connections] are taken");
    });
    ended_because("no-place");
    if is_secured {
        // Whoever speaks TLS would take the answer for a broken handshake.
        return;
    }
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
    stopped: watch::Receiver<bool>,
}

impl Connection {
    async fn serve(self, stream: TcpStream, router: Router, acceptor: Option<TlsAcceptor>) {
        // Answers are written whole; waiting for more would only hold back their ends.
        drop(stream.set_nodelay(true));
        let Some(acceptor) = acceptor else {
            let stream = self.timed(stream);
            return self.serve_http1(stream, router).await;
        };
        let mut stopped = self.stopped.clone();
        let timed = |stream| self.timed(stream);
        let greeted = tokio::select! {
            greeted = greet(stream, timed, &acceptor, self.limits.handshake_time()) => greeted,
            () = self.place.evicted() => return made_room(),
            () = until(&mut stopped) => return,
        };
        match greeted {
            Ok(stream) if speaks_http2(&stream) => self.serve_http2(stream, router).await,
            Ok(stream) => self.serve_http1(stream, router).await,
            Err(refused) => {
                ended_because(refused.reason());
                tracing::debug!(peer = %self.peer, error = %refused, "no TLS was spoken");
            }
        }
    }

    fn timed(&self, stream: TcpStream) -> TimedStream {
        TimedStream::new(stream, Arc::clone(self.place.progress()), &self.limits)
    }

    async fn serve_http1(self, stream: impl Stream, router: Router) {
        // The stream itself keeps the times of headers and of idleness, which hyper has as one.
        let connection = http1::Builder::new()
            .header_read_timeout(None::<Duration>)
            .max_buf_size(self.limits.header_bytes())
            .serve_connection(TokioIo::new(stream), self.requests(router));
        self.drive(connection, None).await;
    }

    async fn serve_http2(self, stream: impl Stream, router: Router) {
        self.place.progress().is_shared();
        let connection = http2::Builder::new(TokioExecutor::new())
            .max_concurrent_streams(self.limits.streams)
            .max_header_list_size(u32::try_from(self.limits.header_bytes()).unwrap_or(u32::MAX))
            .max_send_buf_size(STREAM_BUFFER_BYTES)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .serve_connection(TokioIo::new(stream), self.requests(router));
        let write_time = self.limits.write_time();
        self.drive(connection, Some(write_time)).await;
    }

    /// The service that answers the requests of this connection.
    fn requests(
        &self,
        router: Router,
    ) -> impl HttpService<
        Incoming,
        ResBody = AnsweredBody,
        Error = Infallible,
        Future: Send + 'static,
    > + use<> {
        let (peer, limits) = (self.peer, Arc::clone(&self.limits));
        let progress = Arc::clone(self.place.progress());
        let body_time = limits.body_time();
        service_fn(move |request: Request<Incoming>| {
            let under_way = progress.request_began();
            let limits = Arc::clone(&limits);
            let mut router = router.clone();
            async move {
                let address = limits.client(peer, request.headers());
                let mut request = request.map(|body| {
                    Body::new(ArrivingBody::new(body, Arc::clone(&under_way), body_time))
                });
                request.extensions_mut().insert(ConnectInfo(peer));
                request.extensions_mut().insert(address);
                let response = router.call(request).await;
                response.map(|response| response.map(|body| AnsweredBody::new(body, under_way)))
            }
        })
    }

    /// Has a connection run until it ends. An answer that is held up for longer than `patience` ends it, where the
    /// stream cannot see that.
    async fn drive<C>(mut self, connection: C, patience: Option<Duration>)
    where
        C: GracefulConnection,
        C::Error: Display,
    {
        let mut connection = std::pin::pin!(connection);
        let mut looks = tokio::time::interval(LOOK_PERIOD);
        let mut stopping = false;
        let ended = loop {
            tokio::select! {
                ended = connection.as_mut() => break ended,
                () = self.place.evicted() => return made_room(),
                () = until(&mut self.stopped), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                _ = looks.tick(), if patience.is_some() => {
                    if patience.is_some_and(|time| self.place.progress().is_held_up(time)) {
                        return ended_because("write");
                    }
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(peer = %self.peer, %error, "a connection broke off");
        }
    }
}

fn made_room() {
    ended_because("made-room");
}

/// Counts a connection that the server has ended.
fn ended_because(reason: &'static str) {
    metrics::counter!("champollion_connections_ended_total", "reason" => reason).increment(1);
}
