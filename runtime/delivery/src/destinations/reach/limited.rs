//! A connection over which no more is read than was agreed.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection of which so many bytes are read and no more: what a recipient says in a session is short.
pub(crate) struct Limited<S> {
    connection: S,
    bytes: u64,
    left: u64,
}

impl<S> Limited<S> {
    pub(crate) fn new(connection: S, bytes: u64) -> Self {
        Self { connection, bytes, left: bytes }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Limited<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.connection).poll_read(context, buffer))?;
        let read = (buffer.filled().len() - before) as u64;
        let Some(left) = self.left.checked_sub(read) else {
            // A reader that fails has read nothing.
            buffer.set_filled(before);
            let reason = format!("it says more than {} bytes, which is the limit", self.bytes);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, reason)));
        };
        self.left = left;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Limited<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn what_is_beyond_the_limit_is_an_error() {
        let mut read = Vec::new();
        Limited::new(&[7_u8; 10][..], 10).read_to_end(&mut read).await.unwrap();
        assert_eq!(read.len(), 10);
        let more = Limited::new(&[7_u8; 11][..], 10).read_to_end(&mut read).await.unwrap_err();
        assert_eq!(more.kind(), io::ErrorKind::InvalidData);
    }
}
