//! A message of another node, opened piece by piece as it comes.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, header::CONTENT_LENGTH},
};
use bytes::BytesMut;
use champollion_fleet::vault::{MessageError, MessageKey};
use http_body::{Frame, SizeHint};

use super::pieces::{Piece, take};

/// A body whose pieces another node has sealed.
pub(super) struct OpenedBody {
    key: MessageKey,
    source: Body,
    /// Bytes that have come, of pieces that are not whole.
    come: BytesMut,
    /// The bytes that are still to come, where the head says so.
    left: Option<u64>,
    is_ended: bool,
}

/// The reason why a message cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(in crate::api) enum Unread {
    /// Another key has sealed it, or it was changed.
    #[error(transparent)]
    NotSealed(#[from] MessageError),
    /// The message ended before its last piece.
    #[error("a message between nodes is cut off")]
    Cut,
    /// The connection broke, or was too slow.
    #[error(transparent)]
    Broken(#[from] axum::Error),
}

impl From<Unread> for axum::Error {
    fn from(unread: Unread) -> Self {
        match unread {
            // What is too slow, or too large, is told by its kind.
            Unread::Broken(error) => error,
            other => Self::new(other),
        }
    }
}

impl OpenedBody {
    pub(super) fn new(key: MessageKey, source: Body) -> Self {
        Self { key, source, come: BytesMut::new(), left: None, is_ended: false }
    }

    /// Reads the head, which is the first piece.
    pub(super) async fn head(&mut self) -> Result<Bytes, Unread> {
        poll_fn(|context| self.poll_piece(context)).await.unwrap_or(Err(Unread::Cut))
    }

    /// Has the body be as long as the headers say.
    pub(super) fn measured(mut self, headers: &HeaderMap) -> Self {
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        self.left = length.and_then(|length| length.parse().ok());
        self
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Unread>>> {
        while !self.is_ended {
            match take(&mut self.come) {
                Ok(Some(piece)) => match self.open(&piece) {
                    Ok(opened) if opened.is_empty() => continue,
                    outcome => return Poll::Ready(Some(outcome)),
                },
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(self.end(error.into())))),
            }
            match ready!(Pin::new(&mut self.source).poll_frame(context)) {
                Some(Ok(frame)) => {
                    self.come.extend_from_slice(&frame.into_data().unwrap_or_default());
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(self.end(error.into())))),
                None => return Poll::Ready(Some(Err(self.end(Unread::Cut)))),
            }
        }
        Poll::Ready(None)
    }

    fn open(&mut self, piece: &Piece) -> Result<Bytes, Unread> {
        self.is_ended = piece.is_last;
        match self.key.open(&piece.sealed, piece.is_last) {
            Ok(opened) => Ok(opened.into()),
            Err(error) => Err(self.end(error.into())),
        }
    }

    /// Reads nothing more after a fault.
    fn end(&mut self, unread: Unread) -> Unread {
        self.is_ended = true;
        unread
    }
}

impl HttpBody for OpenedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let Some(piece) = ready!(this.poll_piece(context)) else { return Poll::Ready(None) };
        if let (Ok(bytes), Some(left)) = (&piece, &mut this.left) {
            *left = left.saturating_sub(bytes.len() as u64);
        }
        Poll::Ready(Some(piece.map(Frame::data).map_err(axum::Error::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.is_ended
    }

    fn size_hint(&self) -> SizeHint {
        match self.left {
            _ if self.is_ended => SizeHint::with_exact(0),
            Some(left) => SizeHint::with_exact(left),
            None => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use champollion_fleet::vault::{
        KeyFrom, NONCE_BYTES, OpenedVault, Stamp, Vault, VaultSettings,
    };
    use champollion_store::SledOptions;
    use http_body_util::BodyExt;
    use uuid::Uuid;

    use super::*;
    use crate::api::between::sealed_body::SealedBody;

    /// The key of a message, twice: for the node that seals and for the one that opens.
    async fn keys() -> (MessageKey, MessageKey) {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("master.key");
        let settings = VaultSettings { key_from: KeyFrom::File, key_file };
        let options = SledOptions::new(folder.path().join("store"));
        let OpenedVault { vault, .. } =
            Vault::open(&options, folder.path(), &settings).await.unwrap();
        let (from, nonce) = (Uuid::nil(), [0; NONCE_BYTES]);
        let stamp = Stamp { from, to: "http://10.0.0.7:8080", moment_millis: 0, nonce };
        (vault.node_key().of_request(&stamp), vault.node_key().of_request(&stamp))
    }

    async fn opened(key: MessageKey, body: Body) -> Result<(Bytes, Bytes), Unread> {
        let mut opened = OpenedBody::new(key, body);
        let head = opened.head().await?;
        Ok((head, opened.collect().await?.to_bytes()))
    }

    #[tokio::test]
    async fn a_message_is_read_as_it_was_written_also_in_many_pieces_and_without_a_body() {
        for body in [Vec::new(), vec![7], vec![8; 200_000]] {
            let (seals, opens) = keys().await;
            let sealed = SealedBody::new(seals, b"head", body.clone().into()).unwrap();
            let (head, read) = opened(opens, Body::new(sealed)).await.unwrap();
            assert_eq!((&head[..], &read[..]), (&b"head"[..], &body[..]));
        }
    }

    #[tokio::test]
    async fn a_body_that_comes_in_pieces_of_which_none_is_known_to_be_the_last_is_read_to_its_end()
    {
        let (seals, opens) = keys().await;
        let pieces = ["a", "", "b"].map(|text| Ok::<_, axum::Error>(Bytes::from(text)));
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        let sealed = SealedBody::new(seals, b"head", body).unwrap();
        let (_, read) = opened(opens, Body::new(sealed)).await.unwrap();
        assert_eq!(&read[..], b"ab");
    }

    #[tokio::test]
    async fn a_message_that_is_cut_off_or_changed_anywhere_is_refused() {
        let (seals, _) = keys().await;
        let sealed = SealedBody::new(seals, b"head", "body".into()).unwrap();
        let whole = Body::new(sealed).collect().await.unwrap().to_bytes();
        for length in 0..whole.len() {
            let (_, opens) = keys().await;
            let read = opened(opens, whole.slice(..length).into()).await;
            assert!(read.is_err(), "{length}");
        }
        for at in [0, 4, 9, whole.len() - 1] {
            let mut changed = whole.to_vec();
            changed[at] ^= 1;
            assert!(opened(keys().await.1, changed.into()).await.is_err(), "{at}");
        }
    }
}
