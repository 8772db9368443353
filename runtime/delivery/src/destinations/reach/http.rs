//! The HTTP client of recipients: it connects by the connector, follows nobody elsewhere, and reads no
//! more of an answer than it was told to.

use std::{error::Error as _, fmt, time::Duration};

use http::{HeaderMap, HeaderValue, Request, StatusCode, header::USER_AGENT};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, Error as ClientError},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::ClientConfig;
use tokio::time::timeout;

use super::connector::{ConnectError, Connector};

/// Most bytes of the head of an answer.
const HEAD_BYTES: usize = 32 << 10;

/// A connection that is not used for so long is closed.
const IDLE: Duration = Duration::from_secs(60);

/// Bytes that a recipient may send ahead on a connection of HTTP/2 before they are read, of one answer and of all
/// together. An answer of which less is read than it has holds no more than these.
const AHEAD: (u32, u32) = (64 << 10, 1 << 20);

/// The pause after which a silent connection of HTTP/2, on which answers are waited for, is asked whether it is there,
/// and the time that it has to say so: many requests share it, and none should wait for one that is lost.
const PROBE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(10));

/// A client of HTTP that goes where it is sent, and nowhere else.
#[derive(Clone)]
pub(crate) struct HttpClient {
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
}

/// An answer, of whose body so much was read as may be.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// There is no connection.
    #[error(transparent)]
    Connect(ConnectError),
    /// There is a connection, and it cannot be made secure.
    #[error("{0}")]
    Tls(String),
    /// The connection was lost.
    #[error("{0}")]
    Lost(String),
}

/// The bound of what is read of a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) bytes: usize,
    /// A body that does not come to its end is not waited for any longer.
    pub(crate) time: Duration,
}

impl HttpClient {
    /// Makes a client that speaks HTTP/2 where the recipient offers it in the handshake of TLS, else HTTP/1.1.
    pub(crate) fn new(tls: ClientConfig, connector: Connector) -> Self {
        const HEAD_SIZE: u32 = HEAD_BYTES as u32;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_buf_size(HEAD_BYTES)
            .http2_max_header_list_size(HEAD_SIZE)
            .http2_initial_stream_window_size(AHEAD.0)
            .http2_initial_connection_window_size(AHEAD.1)
            .http2_keep_alive_interval(PROBE.0)
            .http2_keep_alive_timeout(PROBE.1)
            .build(connector);
        Self { client }
    }

    /// Sends a request and reads the answer. Whoever calls bounds the time that the head of the answer
    /// may take.
    pub(crate) async fn send(
        &self,
        mut request: Request<Bytes>,
        bound: Bound,
    ) -> Result<Answer, HttpError> {
        const OURS: HeaderValue =
            HeaderValue::from_static(concat!("champollion/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().insert(USER_AGENT, OURS);
        let answer = self
            .client
            .request(request.map(Full::new))
            .await
            .map_err(|error| HttpError::of(&error))?;
        let (head, body) = answer.into_parts();
        let body = read(body, bound).await;
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

/// Reads the beginning of a body. Once the status is there, an end that does not come changes nothing.
async fn read(mut body: Incoming, Bound { bytes, time }: Bound) -> Vec<u8> {
    let mut read = Vec::new();
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let Ok(data) = frame.into_data() else { continue };
            let room = bytes - read.len();
            read.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() >= room {
                break;
            }
        }
    };
    drop(timeout(time, reading).await);
    read
}

impl HttpError {
    fn of(error: &ClientError) -> Self {
        let (mut cause, mut last) = (error.source(), error.to_string());
        while let Some(reason) = cause {
            if let Some(error) = reason.downcast_ref::<ConnectError>() {
                return Self::Connect(match error {
                    ConnectError::Address(error) => ConnectError::Address(error.clone()),
                    ConnectError::TimedOut => ConnectError::TimedOut,
                    ConnectError::Io(error) => {
                        ConnectError::Io(std::io::Error::new(error.kind(), error.to_string()))
                    }
                });
            }
            last = reason.to_string();
            cause = reason.source();
        }
        if error.is_connect() { Self::Tls(last) } else { Self::Lost(last) }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HttpClient")
    }
}
