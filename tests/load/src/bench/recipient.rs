//! A recipient on the same machine that takes everything, and notes when it came.

use std::{
    collections::HashMap,
    io::{self, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    slice, str,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value as Json;

use crate::request::read_head;

/// The time that records under way may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// By device and counter, when something happened.
pub(super) type Moments = HashMap<(String, u64), Instant>;

/// The recipient of what is posted.
pub(super) struct Recipient {
    pub(super) url: String,
    seen: Arc<Seen>,
}

/// The records and requests that a recipient has seen.
#[derive(Default)]
struct Seen {
    requests: AtomicUsize,
    /// When each record arrived, while that is of interest.
    moments: Mutex<Moments>,
    times: AtomicBool,
}

impl Recipient {
    pub(super) fn listen() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
        let url = format!("http://{}/", listener.local_addr()?);
        let seen = Arc::<Seen>::default();
        let all = Arc::clone(&seen);
        // They end with this program.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&all);
                thread::spawn(move || seen.take(&stream));
            }
        });
        Ok(Self { url, seen })
    }

    /// Notes from now on when records arrive.
    pub(super) fn note_times(&self) {
        self.seen.times.store(true, Ordering::Relaxed);
    }

    /// The number of requests that came.
    pub(super) fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::Relaxed)
    }

    /// Waits for so many requests.
    pub(super) fn wait_for(&self, count: usize, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        while self.requests() < count {
            ensure!(Instant::now() < deadline, "{} of {count} arrived", self.requests());
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Waits for the records that were sent, and returns the way of each as a time, sorted.
    pub(super) fn ways(&self, sent: &Moments) -> Result<Vec<Duration>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut ways = self.seen.ways(sent);
            if ways.len() == sent.len() {
                ways.sort_unstable();
                return Ok(ways);
            }
            ensure!(Instant::now() < deadline, "{} of {} records arrived", ways.len(), sent.len());
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Seen {
    /// Takes all that comes over a connection. It ends when the server hangs up.
    fn take(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        let mut answers = stream;
        loop {
            let mut body = vec![0; read_head(&mut reader)?];
            reader.read_exact(&mut body)?;
            let now = Instant::now();
            answers.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
            if self.times.load(Ordering::Relaxed) {
                self.note(&body, now);
            }
            self.requests.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes the records of a body: one, or a list.
    fn note(&self, body: &[u8], now: Instant) {
        // Parsed from text, which the library compiles itself, and optimized: this program is not.
        let body: Json = str::from_utf8(body).unwrap_or_default().parse().unwrap_or_default();
        let records = match &body["data"] {
            Json::Array(records) => records.as_slice(),
            record => slice::from_ref(record),
        };
        let mut moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        for record in records {
            let dev_eui = record["device"]["devEui"].as_str();
            let f_cnt = record["uplink"]["fCnt"].as_u64();
            if let (Some(dev_eui), Some(f_cnt)) = (dev_eui, f_cnt) {
                moments.entry((dev_eui.to_owned(), f_cnt)).or_insert(now);
            }
        }
    }

    fn ways(&self, sent: &Moments) -> Vec<Duration> {
        let moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        let way = |(key, at): (&(String, u64), &Instant)| {
            Some(moments.get(key)?.saturating_duration_since(*at))
        };
        sent.iter().filter_map(way).collect()
    }
}
