//! A network server's connection: as little as is needed, since it takes its time from the server that
//! is measured.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::meters::Meter;

/// The end of the head of an answer.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The status that begins a line of an answer, and the one that every frame must have.
const RECEIPT: &[u8] = b"\"receipt\"";
const ACCEPTED: &[u8] = b"\"status\":\"accepted\"";

/// A connection that is kept.
pub(super) struct Connection {
    stream: TcpStream,
    head: String,
    request: Vec<u8>,
    answer: Vec<u8>,
    next: usize,
    /// When the last request was sent: making frames is not the server's time.
    sent: Option<Instant>,
}

impl Connection {
    pub(super) fn open(address: &str, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).context("the server cannot be reached")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let head = format!(
            "POST /v1/ingest/phy HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
        );
        let (request, answer) = (Vec::new(), Vec::new());
        Ok(Self { stream, head, request, answer, next: 0, sent: None })
    }

    /// Returns the time of the last request, which was begun to be made at `begun`.
    pub(super) fn latency(&self, begun: Instant) -> Duration {
        self.sent.unwrap_or(begun).elapsed()
    }

    /// Hands over one frame of the meter whose turn it is.
    pub(super) fn single(&mut self, meters: &mut [Meter]) -> Result<usize> {
        let meter = self.next % meters.len();
        self.next = self.next.wrapping_add(1);
        let body = meters[meter].frame();
        self.ask("application/json", body.as_bytes())?;
        ensure!(contains(&self.answer, ACCEPTED), "refused: {}", self.shown());
        Ok(1)
    }

    /// Hands over one frame of each meter.
    pub(super) fn lines(&mut self, meters: &mut [Meter]) -> Result<usize> {
        let body: Vec<String> = meters.iter_mut().map(Meter::frame).collect();
        self.ask("application/x-ndjson", body.join("\n").as_bytes())?;
        let lines = self.answer.split(|&byte| byte == b'\n');
        let receipts = lines.filter(|line| contains(line, RECEIPT) && contains(line, ACCEPTED));
        let accepted = receipts.count();
        ensure!(accepted == meters.len(), "{accepted} of {} accepted", meters.len());
        Ok(accepted)
    }

    fn ask(&mut self, content_type: &str, body: &[u8]) -> Result<()> {
        self.request.clear();
        write!(
            self.request,
            "{}Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            self.head,
            body.len()
        )?;
        self.request.extend_from_slice(body);
        self.sent = Some(Instant::now());
        self.stream.write_all(&self.request)?;
        self.read_answer()
    }

    fn read_answer(&mut self) -> Result<()> {
        self.answer.clear();
        let mut buffer = [0; 16 << 10];
        let (mut head_end, mut length) = (None, 0);
        loop {
            let count = self.stream.read(&mut buffer).context("the server does not answer")?;
            ensure!(count > 0, "the server hung up");
            self.answer.extend_from_slice(&buffer[..count]);
            if head_end.is_none()
                && let Some(end) = find(&self.answer, HEAD_END)
            {
                length = content_length(&self.answer[..end])?;
                head_end = Some(end + HEAD_END.len());
            }
            if head_end.is_some_and(|end| self.answer.len() >= end + length) {
                return Ok(());
            }
        }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.answer).into_owned()
    }
}

fn content_length(head: &[u8]) -> Result<usize> {
    let head = std::str::from_utf8(head).context("the head of the answer is no text")?;
    for line in head.lines() {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            return value.trim().parse().context("the length of the answer is no number");
        }
    }
    bail!("the answer has no length: {head}")
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    find(text, part).is_some()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
