//! The greeting of a connection that speaks TLS: its handshake, within its time, and an answer in clear to a client
//! that speaks plain HTTP.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::timed_stream::TimedStream;
use crate::tls::HTTP2;

/// The answer to a request in clear.
const IN_CLEAR: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
    x-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close\r\ncontent-length: 71\r\n\r\n\
    this port speaks HTTPS, and the request came in clear: write https://\r\n";

/// The time in which a client that spoke plain HTTP may take its answer and send its rest.
const FAREWELL_TIME: Duration = Duration::from_secs(1);

/// Bytes of that rest which are read and thrown away. A connection that is closed before is reset, and its client
/// may never read the answer.
const REST_BYTES: u64 = 64 << 10;

/// The reason why a connection came to nothing before its first request.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// The client took too long.
    #[error("the handshake did not end in time")]
    TooSlow,
    /// The client speaks plain HTTP.
    #[error("the client speaks HTTP without TLS")]
    InClear,
    /// The handshake failed, as where the client does not trust the certificate.
    #[error(transparent)]
    Failed(#[from] io::Error),
}

impl Refused {
    /// Returns the label of the metric that counts it.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::TooSlow => "handshake",
            Self::InClear => "in-clear",
            Self::Failed(_) => "handshake-failed",
        }
    }
}

/// Whether client and server have agreed on HTTP/2.
pub(super) fn speaks_http2(stream: &TlsStream<TimedStream>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP2)
}

/// Has the client and the server agree on keys.
pub(super) async fn greet(
    mut stream: TcpStream,
    timed: impl FnOnce(TcpStream) -> TimedStream,
    acceptor: &TlsAcceptor,
    time: Duration,
) -> Result<TlsStream<TimedStream>, Refused> {
    let handshake = async {
        let mut first = [0];
        stream.peek(&mut first).await?;
        // Each method of HTTP begins with a capital letter, and no record of TLS does.
        if first[0].is_ascii_uppercase() {
            drop(timeout(FAREWELL_TIME, say_farewell(&mut stream)).await);
            return Err(Refused::InClear);
        }
        Ok(acceptor.accept(timed(stream)).await?)
    };
    timeout(time, handshake).await.unwrap_or(Err(Refused::TooSlow))
}

/// Answers in clear, and reads what the client still sends.
async fn say_farewell(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(IN_CLEAR).await?;
    stream.shutdown().await?;
    let mut rest = stream.take(REST_BYTES);
    let mut part = [0; 4096];
    while rest.read(&mut part).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_in_clear_has_the_length_that_it_says() {
        let answer = std::str::from_utf8(IN_CLEAR).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{}", body.len());
    }
}
