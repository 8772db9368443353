//! Connections of a network server that are kept, each of which waits for an answer before it sends the next frame.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use champollion_server::api::apart::PATH;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

/// The end of the head of an answer.
const HEAD_END: &str = "\r\n\r\n";

/// A connection, with the head of its requests.
pub(crate) struct Connection {
    stream: TcpStream,
    head: String,
    answer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr, token: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server takes connections");
        stream.set_nodelay(true).expect("the system lets small writes go");
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\n"
        );
        Self { stream, head, answer: Vec::new() }
    }

    /// Sends a body and returns the whole answer.
    pub(crate) async fn ask(&mut self, body: &str) -> &str {
        let length = body.len();
        let request = format!("{}Content-Length: {length}{HEAD_END}{body}", self.head);
        self.stream.write_all(request.as_bytes()).await.expect("the server reads");
        self.answer.clear();
        while !is_whole(&self.answer) {
            let count = self.stream.read_buf(&mut self.answer).await.expect("the server answers");
            assert!(count > 0, "the server hung up");
        }
        str::from_utf8(&self.answer).expect("an answer is text")
    }
}

/// Connections that are busy at the same time.
pub(crate) struct Traffic(Vec<Connection>);

impl Traffic {
    pub(crate) async fn open(connections: usize, address: SocketAddr, token: &str) -> Self {
        let mut open = Vec::with_capacity(connections);
        for _ in 0..connections {
            open.push(Connection::open(address, token).await);
        }
        Self(open)
    }

    /// Hands over the frames of each connection, and returns the time until the last receipt.
    pub(crate) async fn hand_over(&mut self, frames: Vec<Vec<String>>) -> Duration {
        assert_eq!(frames.len(), self.0.len(), "each connection has frames");
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for (mut connection, frames) in self.0.drain(..).zip(frames) {
            tasks.spawn(async move {
                for frame in frames {
                    let answer = connection.ask(&frame).await;
                    assert!(answer.contains(r#""status":"accepted""#), "refused: {answer}");
                }
                connection
            });
        }
        self.0 = tasks.join_all().await;
        began.elapsed()
    }
}

/// Whether an answer has its head and as many bytes of a body as that says.
fn is_whole(answer: &[u8]) -> bool {
    let text = str::from_utf8(answer).unwrap_or_default();
    let Some((head, body)) = text.split_once(HEAD_END) else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    let length = length.and_then(|length| length.trim().parse().ok());
    body.len() >= length.expect("an answer has a length")
}
