//! Lets a client finish sending what is refused, so that it gets to read why.
//!
//! A request is often answered before its body was read: the token is wrong, the path is wrong, the
//! body is too large. The connection is closed then, and a client that still sends finds it broken
//! and never looks for an answer. So what is left of a body is read and thrown away first, within
//! bounds.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::header::EXPECT,
    response::Response,
};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use parking_lot::Mutex;

/// Bytes that are read and thrown away: four times the largest package. Nobody sends more by mistake.
const LEFTOVER_BYTES: usize = 16 << 20;

/// The time that the reading may take; a common web server allows as much.
const LEFTOVER_TIME: Duration = Duration::from_secs(30);

/// Runs a handler, then reads what it has left of the body.
pub(super) async fn read_leftover<F: Future<Output = Response>>(
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let returned = Slot::default();
    // Who asks before sending, and was not told to, sends nothing.
    let sends = !request.headers().contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    let lent = Lent { body, sends, returned: Arc::clone(&returned) };
    let response = next(Request::from_parts(parts, Body::new(lent))).await;
    let leftover = returned.lock().take();
    if let Some(body) = leftover {
        // Either way the client has had its time.
        drop(tokio::time::timeout(LEFTOVER_TIME, throw_away(body)).await);
    }
    response
}

async fn throw_away(mut body: Body) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > LEFTOVER_BYTES {
            return;
        }
    }
}

type Slot = Arc<Mutex<Option<Body>>>;

/// A body that comes back when the handler drops it before its end.
struct Lent {
    body: Body,
    /// Whether the client sends without being asked to, or was asked by reading.
    sends: bool,
    returned: Slot,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.sends = true;
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.sends && !self.body.is_end_stream() {
            let body = std::mem::take(&mut self.body);
            *self.returned.lock() = Some(body);
        }
    }
}
