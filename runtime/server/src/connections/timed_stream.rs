//! A stream of a connection that ends when its client takes too long.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep},
};

use super::{Phase, phase::Progress, settings::ConnectionLimits};

/// A stream with times for headers, for idleness and for a client that does not read.
pub(super) struct TimedStream {
    stream: TcpStream,
    progress: Arc<Progress>,
    header_time: Duration,
    idle_time: Duration,
    write_time: Duration,
    reading: Alarm<(Phase, u32)>,
    writing: Alarm<()>,
}

/// An alarm that is set for something, and kept while the same is waited for.
struct Alarm<T> {
    of: Option<T>,
    deadline: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl TimedStream {
    pub(super) fn new(
        stream: TcpStream,
        progress: Arc<Progress>,
        limits: &ConnectionLimits,
    ) -> Self {
        Self {
            stream,
            progress,
            header_time: limits.header_time(),
            idle_time: limits.idle_time(),
            write_time: limits.write_time(),
            reading: Alarm::new(limits.header_time()),
            writing: Alarm::new(limits.write_time()),
        }
    }

    /// Nothing can be read now: is the time over in which something should have come?
    fn wait_to_read(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let moment = self.progress.moment();
        let (time, reason) = match moment.0 {
            Phase::Idle => (self.idle_time, "idle"),
            Phase::Header => (self.header_time, "header"),
            // The body keeps its own time, and an answer takes the time that it takes.
            Phase::Body | Phase::Answer => return Poll::Pending,
        };
        ready!(self.reading.rings(moment, time, context));
        Poll::Ready(too_slow(reason))
    }

    fn written<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.writing.of = None;
            return written;
        }
        ready!(self.writing.rings((), self.write_time, context));
        Poll::Ready(Err(too_slow("write")))
    }
}

fn too_slow(reason: &'static str) -> io::Error {
    metrics::counter!("champollion_connections_ended_total", "reason" => reason).increment(1);
    io::Error::new(io::ErrorKind::TimedOut, "the client takes too long")
}

impl<T: PartialEq> Alarm<T> {
    fn new(time: Duration) -> Self {
        let deadline = Instant::now() + time;
        Self { of: None, deadline, sleep: Box::pin(tokio::time::sleep_until(deadline)) }
    }

    /// Whether the time since something is waited for is over; wakes the task when it is.
    fn rings(&mut self, of: T, time: Duration, context: &mut Context<'_>) -> Poll<()> {
        if self.of.as_ref() != Some(&of) {
            self.of = Some(of);
            self.deadline = Instant::now() + time;
            // One that is set for earlier is left alone, and set anew when it rings: most waits are short.
            if self.sleep.is_elapsed() || self.sleep.deadline() > self.deadline {
                self.sleep.as_mut().reset(self.deadline);
            }
        }
        loop {
            ready!(self.sleep.as_mut().poll(context));
            if Instant::now() >= self.deadline {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(self.deadline);
        }
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        self.progress.worked_on_by(context);
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(read) => {
                if buffer.filled().len() > before {
                    self.progress.bytes_came();
                }
                Poll::Ready(read)
            }
            Poll::Pending => self.wait_to_read(context).map(Err),
        }
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.progress.worked_on_by(context);
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.progress.worked_on_by(context);
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
