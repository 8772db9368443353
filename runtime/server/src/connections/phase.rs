//! The phase that a connection is in: it decides which time is over, and which connection makes room.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU32, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use futures_util::task::AtomicWaker;
use http_body::{Frame, SizeHint};

/// The phase of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// Nothing was sent since the last answer.
    Idle,
    /// The header of a request is awaited, or a part of it has arrived.
    Header,
    /// The header has arrived, and the body not to its end.
    Body,
    /// A request is answered.
    Answer,
}

/// The progress of a connection, as its stream, its requests and its place see it.
pub(super) struct Progress {
    phase: AtomicU8,
    /// The requests so far: the same phase of another request is another one.
    requests: AtomicU32,
    /// Wakes the task of the connection.
    connection: AtomicWaker,
}

impl Progress {
    /// Of a new connection the first header is awaited.
    pub(super) fn new() -> Self {
        let phase = AtomicU8::new(Phase::Header as u8);
        Self { phase, requests: AtomicU32::new(0), connection: AtomicWaker::new() }
    }

    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Idle,
            1 => Phase::Header,
            2 => Phase::Body,
            _ => Phase::Answer,
        }
    }

    /// The phase with the number of the request that it belongs to.
    pub(super) fn moment(&self) -> (Phase, u32) {
        (self.phase(), self.requests.load(Ordering::Relaxed))
    }

    pub(super) fn request_began(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.set(Phase::Body);
    }

    /// Bytes came: where nothing was awaited, a header begins.
    pub(super) fn bytes_came(&self) {
        self.replace(Phase::Idle, Phase::Header);
    }

    pub(super) fn body_ended(&self) {
        self.replace(Phase::Body, Phase::Answer);
    }

    /// Says which task works on the connection.
    pub(super) fn worked_on_by(&self, context: &Context<'_>) {
        self.connection.register(context.waker());
    }

    /// The connection is idle from now on. Its task must read once more, so that the time of idleness begins:
    /// by itself hyper would not, for it waits for what it asked for before the answer.
    fn answered(&self) {
        self.set(Phase::Idle);
        self.connection.wake();
    }

    fn set(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    fn replace(&self, from: Phase, to: Phase) {
        let (from, to) = (from as u8, to as u8);
        // Another phase has come meanwhile, which is the later one.
        let _ = self.phase.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// The body of an answer, which says when it was given.
pub(super) struct AnsweredBody {
    body: Body,
    progress: Arc<Progress>,
}

impl AnsweredBody {
    pub(super) fn new(body: Body, progress: Arc<Progress>) -> Self {
        Self { body, progress }
    }
}

impl HttpBody for AnsweredBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AnsweredBody {
    fn drop(&mut self) {
        self.progress.answered();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_goes_from_phase_to_phase() {
        let progress = Arc::new(Progress::new());
        assert_eq!(progress.moment(), (Phase::Header, 0));
        progress.bytes_came();
        progress.request_began();
        assert_eq!(progress.moment(), (Phase::Body, 1));
        progress.bytes_came();
        assert_eq!(progress.phase(), Phase::Body, "bytes of a body begin no header");
        progress.body_ended();
        assert_eq!(progress.phase(), Phase::Answer);
        drop(AnsweredBody::new(Body::empty(), Arc::clone(&progress)));
        progress.body_ended();
        assert_eq!(progress.phase(), Phase::Idle, "what comes late changes nothing");
        progress.bytes_came();
        assert_eq!(progress.moment(), (Phase::Header, 1));
    }
}
