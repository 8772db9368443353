//! A connection over which no more is read than was agreed.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection of which so many bytes are read and no more: what a recipient says in a session is short.
pub(crate) struct Limited<S> {
    connection: S,
    allowance: Allowance,
}

/// The bytes that may still be read of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    bytes: u64,
    left: Arc<AtomicU64>,
}

impl<S> Limited<S> {
    pub(crate) fn new(connection: S, bytes: u64) -> Self {
        let left = Arc::new(AtomicU64::new(bytes));
        Self { connection, allowance: Allowance { bytes, left } }
    }

    /// Returns the allowance, by which the connection can be let go on.
    #[cfg(any(test, feature = "postgres"))]
    pub(crate) fn allowance(&self) -> Allowance {
        self.allowance.clone()
    }
}

impl Allowance {
    /// Allows as many bytes once more, where a session answers one question after the other.
    #[cfg(any(test, feature = "postgres"))]
    pub(crate) fn renew(&self) {
        self.left.store(self.bytes, Ordering::Relaxed);
    }

    /// Takes what was read, and says whether that much was left.
    fn take(&self, read: u64) -> bool {
        let less = |left: u64| left.checked_sub(read);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
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
        if self.allowance.take(read) {
            return Poll::Ready(Ok(()));
        }
        // A reader that fails has read nothing.
        buffer.set_filled(before);
        let reason =
            format!("it says more than {} bytes, which is the limit", self.allowance.bytes);
        Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, reason)))
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

    #[tokio::test]
    async fn what_is_allowed_once_more_is_read() {
        let mut limited = Limited::new(&[7_u8; 25][..], 10);
        let (allowance, mut piece) = (limited.allowance(), [0; 10]);
        for _ in 0..2 {
            limited.read_exact(&mut piece).await.unwrap();
            allowance.renew();
        }
        limited.read_exact(&mut piece[..5]).await.unwrap();
        let mut limited = Limited::new(&[7_u8; 11][..], 10);
        limited.read_exact(&mut piece).await.unwrap();
        assert!(limited.read_exact(&mut piece[..1]).await.is_err());
    }
}
