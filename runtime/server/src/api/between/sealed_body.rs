//! A message to another node as a body: its head is the first piece, what its own body has follows as it comes, and the
//! end of it is sealed as well, so that nobody cuts it off.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes, HttpBody};
use champollion_fleet::vault::{MessageError, MessageKey};
use http_body::Frame;

use super::pieces::{PIECE, seal};

/// A body that is sealed while it is read.
pub(super) struct SealedBody {
    key: MessageKey,
    /// The head, which is sealed already.
    head: Option<Bytes>,
    source: Body,
    /// The part of the source that has come and is not sealed yet.
    rest: Bytes,
    /// Whether the last piece is sealed, or there will be none.
    is_ended: bool,
}

impl SealedBody {
    /// The sealed message of a head and a body.
    pub(super) fn new(
        mut key: MessageKey,
        head: &[u8],
        source: Body,
    ) -> Result<Self, MessageError> {
        let is_ended = source.is_end_stream();
        let head = Some(seal(&mut key, head, is_ended)?.into());
        Ok(Self { key, head, source, rest: Bytes::new(), is_ended })
    }

    /// The next piece, which is the last where the source has no more.
    fn piece(&mut self) -> Result<Frame<Bytes>, axum::Error> {
        let piece = self.rest.split_to(PIECE.min(self.rest.len()));
        self.is_ended = self.rest.is_empty() && self.source.is_end_stream();
        self.sealed(&piece)
    }

    fn sealed(&mut self, piece: &[u8]) -> Result<Frame<Bytes>, axum::Error> {
        let sealed = seal(&mut self.key, piece, self.is_ended).map_err(axum::Error::new)?;
        Ok(Frame::data(sealed.into()))
    }
}

impl HttpBody for SealedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if let Some(head) = this.head.take() {
            return Poll::Ready(Some(Ok(Frame::data(head))));
        }
        while !this.is_ended {
            if !this.rest.is_empty() {
                return Poll::Ready(Some(this.piece()));
            }
            match ready!(Pin::new(&mut this.source).poll_frame(context)) {
                // Trailers are passed over: none of our answers has any.
                Some(Ok(frame)) => this.rest = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    this.is_ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    this.is_ended = true;
                    return Poll::Ready(Some(this.sealed(&[])));
                }
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.head.is_none() && self.is_ended
    }
}
