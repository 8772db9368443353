//! Bodies that are sent in pieces, and hold something until their client has taken nearly all of them.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Bytes, HttpBody};
use http_body::{Frame, SizeHint};

/// Bytes of a piece. The HTTP library takes a body out of the hands of its maker as soon as it has room for the
/// next piece in its buffer, so a body in one piece would be let go of before any of it is read.
const PIECE: usize = 16 << 10;

/// A body of which all bytes are known. What it holds is given back once the last piece is on its way, or the client
/// has gone.
pub(super) struct HeldBody<Held> {
    rest: Bytes,
    _held: Held,
}

impl<Held> HeldBody<Held> {
    pub(super) fn new(bytes: impl Into<Bytes>, held: Held) -> Self {
        Self { rest: bytes.into(), _held: held }
    }
}

impl<Held: Unpin> HttpBody for HeldBody<Held> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let next = PIECE.min(self.rest.len());
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(next)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_body_comes_whole_and_holds_on_until_its_last_piece() {
        let bytes: Vec<u8> = (0..40_000_u32).map(|index| index as u8).collect();
        let held = Arc::new(());
        let mut body = HeldBody::new(bytes.clone(), Arc::clone(&held));
        assert_eq!(body.size_hint().exact(), Some(40_000));
        let mut taken = Vec::new();
        while let Some(frame) = body.frame().await {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE && Arc::strong_count(&held) == 2);
            taken.extend_from_slice(&piece);
        }
        assert!(taken == bytes && body.is_end_stream());
        drop(body);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
