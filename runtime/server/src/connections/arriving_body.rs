//! The body of a request, which must have arrived within its time.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::phase::RequestProgress;

/// The error of a body that did not arrive in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body did not arrive within {} seconds", .0.as_secs())]
pub struct BodyTooSlow(Duration);

/// A body with a deadline.
pub(super) struct ArrivingBody {
    body: Incoming,
    request: Arc<RequestProgress>,
    time: Duration,
    deadline: Instant,
    /// Made when the body is waited for; most have arrived with their header.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl ArrivingBody {
    pub(super) fn new(body: Incoming, request: Arc<RequestProgress>, time: Duration) -> Self {
        if body.is_end_stream() {
            request.body_ended();
        }
        Self { body, request, time, deadline: Instant::now() + time, sleep: None }
    }
}

impl HttpBody for ArrivingBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => {
                if frame.is_none() || self.body.is_end_stream() {
                    self.request.body_ended();
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                let (time, deadline) = (self.time, self.deadline);
                let sleep =
                    self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
                // A sleep that has ended must not be asked again.
                let is_over = sleep.is_elapsed() || sleep.as_mut().poll(context).is_ready();
                if is_over {
                    Poll::Ready(Some(Err(BodyTooSlow(time).into())))
                } else {
                    Poll::Pending
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for ArrivingBody {
    fn drop(&mut self) {
        self.request.body_ended();
    }
}
