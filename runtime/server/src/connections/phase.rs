//! The phase that a connection is in: it decides which time is over, and which connection makes room.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::body::{Body, Bytes, HttpBody};
use futures_util::task::AtomicWaker;
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;

/// The phase of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing was sent since the last answer.
    Idle,
    /// The header of a request is awaited, or a part of it has arrived.
    Header,
    /// The header of a request has arrived, and the body not to its end.
    Body,
    /// A request is answered.
    Answer,
}

/// The progress of a connection, as its stream, its requests and its place see it.
pub(super) struct Progress {
    state: Mutex<State>,
    /// Wakes the task of the connection.
    connection: AtomicWaker,
}

/// The state of a connection: its requests under way, and the phase while there is none.
struct State {
    between_requests: Phase,
    /// Whether requests share the connection, as those of HTTP/2 do.
    shared: bool,
    /// The requests so far: the same phase of another request is another one.
    requests: u32,
    under_way: Vec<UnderWay>,
}

/// A request under way.
struct UnderWay {
    number: u32,
    /// Whether its body has arrived, so that it is being answered.
    arrived: bool,
    /// The moment at which a piece of its answer was given that was not followed by a question for the next.
    given: Option<Instant>,
}

impl Progress {
    /// Of a new connection the first header is awaited.
    pub(super) fn new() -> Self {
        let state = State {
            between_requests: Phase::Header,
            shared: false,
            requests: 0,
            under_way: Vec::new(),
        };
        Self { state: Mutex::new(state), connection: AtomicWaker::new() }
    }

    /// Notes that requests share the connection. Bytes between requests begin no header then: they may as well
    /// be those with which clients see whether the connection lives.
    pub(super) fn is_shared(&self) {
        self.state.lock().shared = true;
    }

    pub(super) fn phase(&self) -> Phase {
        self.state.lock().phase()
    }

    /// The phase with the number of the request that it belongs to.
    pub(super) fn moment(&self) -> (Phase, u32) {
        let state = self.state.lock();
        (state.phase(), state.requests)
    }

    /// Begins a request, whose header has arrived.
    pub(super) fn request_began(self: &Arc<Self>) -> Arc<RequestProgress> {
        let mut state = self.state.lock();
        state.requests = state.requests.wrapping_add(1);
        let number = state.requests;
        state.under_way.push(UnderWay { number, arrived: false, given: None });
        Arc::new(RequestProgress { connection: Arc::clone(self), number })
    }

    /// Bytes came: where nothing was awaited, a header begins.
    pub(super) fn bytes_came(&self) {
        let mut state = self.state.lock();
        if state.under_way.is_empty() && !state.shared {
            state.between_requests = Phase::Header;
        }
    }

    /// Whether the client has not taken a piece of an answer for so long. HTTP/2 lets a client hold up one answer
    /// while the connection itself goes on, which its stream does not see.
    pub(super) fn is_held_up(&self, time: Duration) -> bool {
        let state = self.state.lock();
        let given = state.under_way.iter().filter_map(|request| request.given);
        given.into_iter().any(|given| given.elapsed() >= time)
    }

    /// Says which task works on the connection.
    pub(super) fn worked_on_by(&self, context: &Context<'_>) {
        self.connection.register(context.waker());
    }
}

impl State {
    fn phase(&self) -> Phase {
        if self.under_way.is_empty() {
            self.between_requests
        } else if self.under_way.iter().any(|request| request.arrived) {
            Phase::Answer
        } else {
            Phase::Body
        }
    }

    fn request(&mut self, number: u32) -> Option<&mut UnderWay> {
        self.under_way.iter_mut().find(|request| request.number == number)
    }
}

/// The progress of one request, from its header to the end of its answer.
pub(super) struct RequestProgress {
    connection: Arc<Progress>,
    number: u32,
}

impl RequestProgress {
    fn change(&self, change: impl FnOnce(&mut UnderWay)) {
        // A request that is over changes no more.
        if let Some(request) = self.connection.state.lock().request(self.number) {
            change(request);
        }
    }

    pub(super) fn body_ended(&self) {
        self.change(|request| request.arrived = true);
    }

    /// The request is over. Where it was the last one, the connection is idle from now on. Its task must read once
    /// more then, so that the time of idleness begins: by itself hyper would not, for it waits for what it asked for
    /// before the answer.
    fn over(&self) {
        let mut state = self.connection.state.lock();
        let before = state.under_way.len();
        state.under_way.retain(|request| request.number != self.number);
        if state.under_way.is_empty() && before > 0 {
            state.between_requests = Phase::Idle;
            drop(state);
            self.connection.connection.wake();
        }
    }
}

impl Drop for RequestProgress {
    /// A request may be taken back before there is an answer.
    fn drop(&mut self) {
        self.over();
    }
}

/// The body of an answer, which says when it was given.
pub(super) struct AnsweredBody {
    body: Body,
    request: Arc<RequestProgress>,
}

impl AnsweredBody {
    pub(super) fn new(body: Body, request: Arc<RequestProgress>) -> Self {
        Self { body, request }
    }
}

impl HttpBody for AnsweredBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        // Where nothing is there to be given, the client is not to blame.
        let given = matches!(frame, Poll::Ready(Some(Ok(_)))).then(Instant::now);
        self.request.change(|request| request.given = given);
        frame
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
        self.request.over();
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[test]
    fn a_connection_goes_from_phase_to_phase() {
        let progress = Arc::new(Progress::new());
        assert_eq!(progress.moment(), (Phase::Header, 0));
        progress.bytes_came();
        let request = progress.request_began();
        assert_eq!(progress.moment(), (Phase::Body, 1));
        progress.bytes_came();
        assert_eq!(progress.phase(), Phase::Body, "bytes of a body begin no header");
        request.body_ended();
        assert_eq!(progress.phase(), Phase::Answer);
        drop(AnsweredBody::new(Body::empty(), Arc::clone(&request)));
        request.body_ended();
        assert_eq!(progress.phase(), Phase::Idle, "what comes late changes nothing");
        progress.bytes_came();
        assert_eq!(progress.moment(), (Phase::Header, 1));
        drop(request);
        assert_eq!(progress.moment(), (Phase::Header, 1), "a request is over once");
    }

    #[test]
    fn requests_that_share_a_connection_have_one_phase() {
        let progress = Arc::new(Progress::new());
        progress.is_shared();
        let (first, second) = (progress.request_began(), progress.request_began());
        assert_eq!(progress.phase(), Phase::Body);
        first.body_ended();
        assert_eq!(progress.phase(), Phase::Answer, "one is answered, so the connection stays");
        drop(AnsweredBody::new(Body::empty(), first));
        assert_eq!(progress.phase(), Phase::Body, "the other still sends");
        drop(second);
        assert_eq!(progress.moment(), (Phase::Idle, 2), "it was taken back");
        progress.bytes_came();
        assert_eq!(progress.phase(), Phase::Idle, "the bytes may be those of a sign of life");
    }

    #[tokio::test]
    async fn an_answer_is_held_up_once_a_piece_was_given_and_none_is_asked_for() {
        let progress = Arc::new(Progress::new());
        let request = progress.request_began();
        request.body_ended();
        let mut body = AnsweredBody::new(Body::from("records"), request);
        assert!(!progress.is_held_up(Duration::ZERO), "nothing was given yet");
        body.frame().await.unwrap().unwrap();
        assert!(progress.is_held_up(Duration::ZERO));
        assert!(!progress.is_held_up(Duration::from_secs(60)));
        assert!(body.frame().await.is_none());
        assert!(!progress.is_held_up(Duration::ZERO), "it was asked for more");
    }
}
