//! Answers that go on for as long as work does: a line of JSON for every few steps of it, as it is done.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use http_body::Frame;
use serde::Serialize;
use tokio::sync::mpsc;

/// Lines that wait for a slow reader; then the work waits too.
const LINES: usize = 16;

/// The lines, as they are made.
struct Lines(mpsc::Receiver<Bytes>);

/// The end of an answer at which its lines are written.
pub(super) struct LineWriter(mpsc::Sender<Bytes>);

/// Begins an answer of lines. It ends when the writer is dropped.
pub(super) fn answer_in_lines() -> (LineWriter, Response) {
    let (lines, written) = mpsc::channel(LINES);
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson")];
    (LineWriter(lines), (headers, Body::new(Lines(written))).into_response())
}

impl LineWriter {
    /// Writes a line. Returns whether the client is still there.
    pub(super) async fn write(&self, line: &impl Serialize) -> bool {
        let mut bytes = serde_json::to_vec(line).unwrap_or_default();
        bytes.push(b'\n');
        self.0.send(bytes.into()).await.is_ok()
    }
}

impl http_body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let line = ready!(self.0.poll_recv(context));
        Poll::Ready(line.map(|line| Ok(Frame::data(line))))
    }
}
