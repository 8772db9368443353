//! Threads that decode rows, one for each core, while the next rows are read and those before are written. The rows of a
//! device stay in their order, since a decoder may remember the one before; all rows come out in the order of the file.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    io,
    num::NonZero,
    sync::{Arc, mpsc},
    thread::{self, Scope},
};

use super::{
    decoding::{Memory, Work},
    readings::{DecodedRow, Lines, Readings},
    rows::{Batch, Row},
};

/// The threads that decode.
pub(super) struct Crew {
    workers: Vec<Worker>,
    /// The batches that are being decoded, the oldest first: of each row the worker that has it.
    under_way: VecDeque<Vec<usize>>,
    /// Memory of batches that were written, which is used again.
    spare: Vec<Vec<u8>>,
}

/// The ends of a thread: the rows that it is given, and those that it has decoded.
struct Worker {
    given: mpsc::Sender<Share>,
    done: mpsc::Receiver<io::Result<Done>>,
}

/// Rows of a batch for one worker, in their order.
struct Share {
    batch: Arc<Batch>,
    rows: Vec<usize>,
    memory: Vec<u8>,
}

/// Rows that a worker has decoded, as they are written.
struct Done {
    bytes: Vec<u8>,
    /// The end of each row.
    ends: Vec<usize>,
    failed: usize,
    others: u64,
}

/// A batch that was decoded.
pub(super) struct Decoded {
    workers_of_rows: Vec<usize>,
    of_workers: Vec<Done>,
}

impl Crew {
    /// Starts the threads, which end with this, and within the scope.
    pub(super) fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        work: &'scope Work<'scope>,
    ) -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let workers = (0..threads).map(|_| {
            let (given, shares) = mpsc::channel();
            let (finished, done) = mpsc::channel();
            scope.spawn(move || work_on(work, &shares, &finished));
            Worker { given, done }
        });
        Self { workers: workers.collect(), under_way: VecDeque::new(), spare: Vec::new() }
    }

    /// Returns the number of batches that were handed over and not given back yet.
    pub(super) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Has the workers decode rows.
    pub(super) fn hand_over(&mut self, batch: Batch) {
        let workers = self.workers.len();
        let mut shares: Vec<Vec<usize>> = (0..workers).map(|_| Vec::new()).collect();
        let mut workers_of_rows = Vec::with_capacity(batch.rows().len());
        for (index, row) in batch.rows().iter().enumerate() {
            let worker = worker_of(&batch, row, workers);
            shares[worker].push(index);
            workers_of_rows.push(worker);
        }
        let batch = Arc::new(batch);
        for (worker, rows) in self.workers.iter().zip(shares) {
            let (batch, memory) = (Arc::clone(&batch), self.spare.pop().unwrap_or_default());
            // One that has ended is told when its rows are asked for.
            drop(worker.given.send(Share { batch, rows, memory }));
        }
        self.under_way.push_back(workers_of_rows);
    }

    /// Waits for the oldest batch; there is none where none was handed over.
    pub(super) fn next(&mut self) -> io::Result<Option<Decoded>> {
        let Some(workers_of_rows) = self.under_way.pop_front() else { return Ok(None) };
        let done = self.workers.iter().map(|worker| {
            // It has panicked, and so does the scope in the end.
            let ended = |_| io::Error::other("a thread that decodes has ended");
            worker.done.recv().map_err(ended)?
        });
        let of_workers = done.collect::<io::Result<_>>()?;
        Ok(Some(Decoded { workers_of_rows, of_workers }))
    }

    /// Takes the memory of a batch that was written.
    pub(super) fn take_back(&mut self, decoded: Decoded) {
        self.spare.extend(decoded.of_workers.into_iter().map(|done| done.bytes));
    }
}

/// The worker of a row: one for each device, and any for rows that name none.
fn worker_of(batch: &Batch, row: &Row, workers: usize) -> usize {
    let workers = workers as u64;
    let share = match batch.cells(row).device {
        Some(device) => BuildHasherDefault::<DefaultHasher>::default().hash_one(device) % workers,
        None => row.number % workers,
    };
    usize::try_from(share).unwrap_or_default()
}

/// The life of a worker.
fn work_on(
    work: &Work<'_>,
    shares: &mpsc::Receiver<Share>,
    finished: &mpsc::Sender<io::Result<Done>>,
) {
    let mut memory = work.memory();
    for share in shares {
        if finished.send(decode(work, share, &mut memory)).is_err() {
            return;
        }
    }
}

fn decode(work: &Work<'_>, share: Share, memory: &mut Memory) -> io::Result<Done> {
    let Share { batch, rows, memory: bytes } = share;
    let encoding = batch.encoding();
    let mut lines = Lines::begin(work.written(), bytes);
    let (mut ends, mut failed, mut others) = (Vec::with_capacity(rows.len()), 0, 0);
    for row in rows.into_iter().filter_map(|index| batch.rows().get(index)) {
        let cells = batch.cells(row);
        let payload = cells.payload.map(|text| {
            let payload = encoding.decode(text);
            others += u64::from(encoding.is_other(text, payload.is_ok()));
            payload
        });
        let result = work.decode(row, &cells, payload, memory);
        failed += usize::from(result.is_err());
        let (number, line) = (row.number, row.line);
        ends.push(lines.write(&DecodedRow { number, line, cells, result })?);
    }
    Ok(Done { bytes: lines.end()?, ends, failed, others })
}

impl Decoded {
    /// Returns the number of rows.
    pub(super) fn rows(&self) -> usize {
        self.workers_of_rows.len()
    }

    /// Returns the number of rows that could not be decoded.
    pub(super) fn failed(&self) -> usize {
        self.of_workers.iter().map(|done| done.failed).sum()
    }

    /// Returns the number of payloads that are written in the other way.
    pub(super) fn others(&self) -> u64 {
        self.of_workers.iter().map(|done| done.others).sum()
    }

    /// Writes the rows in the order of the file.
    pub(super) fn write(&self, readings: &mut Readings) -> io::Result<()> {
        let mut rows: Vec<_> = self.of_workers.iter().map(Done::rows).collect();
        for worker in &self.workers_of_rows {
            readings.write(rows[*worker].next().unwrap_or_default())?;
        }
        Ok(())
    }
}

impl Done {
    /// Returns the bytes of each row.
    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        let begins = [0].into_iter().chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(move |(begin, end)| &self.bytes[begin..*end])
    }
}
