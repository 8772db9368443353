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
pub(super) struct LineWriter {
    lines: mpsc::Sender<Bytes>,
    /// Whether its reader may be told more.
    may_hear: Box<dyn Fn() -> bool + Send + Sync>,
}

/// Begins an answer of lines. It ends when the writer is dropped.
pub(super) fn answer_in_lines() -> (LineWriter, Response) {
    let (lines, written) = mpsc::channel(LINES);
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson")];
    let writer = LineWriter { lines, may_hear: Box::new(|| true) };
    (writer, (headers, Body::new(Lines(written))).into_response())
}

impl LineWriter {
    /// The same as long as the reader has the right to be told: after that the answer ends, and with it the work, which
    /// hears at its next line that nobody is there.
    pub(super) fn while_allowed(self, may_hear: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { may_hear: Box::new(may_hear), ..self }
    }

    /// Writes a line. Returns whether the client is still there, and may be told more.
    pub(super) async fn write(&self, line: &impl Serialize) -> bool {
        if !(self.may_hear)() {
            return false;
        }
        let mut bytes = serde_json::to_vec(line).unwrap_or_default();
        bytes.push(b'\n');
        self.lines.send(bytes.into()).await.is_ok()
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

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn an_answer_ends_with_the_right_of_its_reader() {
        let has_right = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&has_right);
        let (lines, answer) = answer_in_lines();
        let lines = lines.while_allowed(move || asked.load(Ordering::Relaxed));
        assert!(lines.write(&1).await);
        has_right.store(false, Ordering::Relaxed);
        assert!(!lines.write(&2).await, "the work ends");
        drop(lines);
        let whole = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(&whole[..], b"1\n");
    }
}
