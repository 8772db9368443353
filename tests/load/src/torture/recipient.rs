//! Recipients of HTTP push that misbehave: they refuse, hang, hang up, answer half, and lie.

use std::{
    io::{self, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::Value as Json;

use super::{chance::Chance, ledger::Ledger, lock};
use crate::request::{read_head, read_named_head};

/// The time that a recipient is in one mood.
const MOOD: Duration = Duration::from_secs(4);

/// The time that a recipient hangs; longer than its route waits.
const HANG: Duration = Duration::from_millis(1_500);

/// Longest that a connection says nothing before it is closed.
const SILENCE: Duration = Duration::from_secs(30);

/// A recipient of requests that misbehaves.
pub(super) struct Recipient {
    seed: u64,
    started: Instant,
    connections: AtomicU64,
    /// From now on it takes everything.
    calm: Arc<AtomicBool>,
    note: Note,
}

/// An account of what comes, and of whether it is taken.
type Note = Box<dyn Fn(&Posted, bool) + Send + Sync>;

/// A request that came to its end.
pub(super) struct Posted {
    /// The name of its message.
    pub(super) id: String,
    pub(super) body: Vec<u8>,
}

/// The conduct of a recipient with a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conduct {
    Take,
    /// It takes it, and says so in a way that cannot be read to its end.
    TakeAndLie,
    /// It takes it, and the answer never arrives.
    TakeAndHangUp,
    Refuse(&'static str),
    Hang,
    HangUp,
    AnswerHalf,
}

impl Recipient {
    /// Listens for records of a group on a port that is free, and gives its URL.
    pub(super) fn listen(
        name: &str,
        group: &str,
        seed: u64,
        ledger: &Arc<Mutex<Ledger>>,
        calm: &Arc<AtomicBool>,
    ) -> Result<String> {
        lock(ledger).add_recipient(name, group);
        let (name, group, ledger) = (name.to_owned(), group.to_owned(), Arc::clone(ledger));
        let note = move |posted: &Posted, takes| {
            note_records(&mut lock(&ledger), (&name, &group), &posted.body, takes);
        };
        Self::listen_with(seed, calm, Box::new(note))
    }

    /// The same for requests of which somebody else keeps account.
    pub(super) fn listen_with(seed: u64, calm: &Arc<AtomicBool>, note: Note) -> Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
        let url = format!("http://{}/", listener.local_addr()?);
        let recipient = Arc::new(Self {
            seed,
            started: Instant::now(),
            connections: AtomicU64::new(0),
            calm: Arc::clone(calm),
            note,
        });
        // They end with this program.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let recipient = Arc::clone(&recipient);
                thread::spawn(move || drop(recipient.serve(&stream)));
            }
        });
        Ok(url)
    }

    /// Answers the requests of a connection, until either side has enough.
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        let mut chance = Chance::of(self.seed, number);
        let mut reader = BufReader::new(stream);
        loop {
            let conduct = self.conduct(&mut chance);
            if conduct == Conduct::HangUp && chance.below(2) == 0 {
                // It does not even listen to the end.
                read_head(&mut reader)?;
            } else {
                let head = read_named_head(&mut reader)?;
                let mut body = vec![0; head.length];
                reader.read_exact(&mut body)?;
                (self.note)(&Posted { id: head.id, body }, conduct.takes());
            }
            let mut stream = stream;
            match conduct {
                Conduct::Take => {
                    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
                }
                Conduct::Refuse(status) => {
                    let more = if status.starts_with("429") { "Retry-After: 1\r\n" } else { "" };
                    let answer = format!("HTTP/1.1 {status}\r\n{more}Content-Length: 2\r\n\r\nno");
                    stream.write_all(answer.as_bytes())?;
                }
                Conduct::TakeAndLie => {
                    let lie: &[u8] = match chance.below(2) {
                        0 => b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"fine\":",
                        _ => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nno chunk",
                    };
                    return stream.write_all(lie);
                }
                Conduct::AnswerHalf => return stream.write_all(b"HTTP/1.1 20"),
                Conduct::Hang => {
                    thread::sleep(HANG);
                    return Ok(());
                }
                Conduct::HangUp | Conduct::TakeAndHangUp => return Ok(()),
            }
        }
    }

    /// Returns the conduct of now: some minutes all is well, some nothing gets through.
    fn conduct(&self, chance: &mut Chance) -> Conduct {
        if self.calm.load(Ordering::Relaxed) {
            return Conduct::Take;
        }
        let mood = self.started.elapsed().as_millis() / MOOD.as_millis();
        let good_in_hundred = match Chance::of(self.seed, u64::MAX - mood as u64).below(8) {
            0 => 0,
            1 | 2 => 50,
            _ => 92,
        };
        if chance.below(100) < good_in_hundred {
            return Conduct::Take;
        }
        match chance.below(12) {
            0 => Conduct::Refuse("404 Not Found"),
            1 => Conduct::Refuse("429 Too Many Requests"),
            2 => Conduct::Refuse("503 Service Unavailable"),
            3 | 4 => Conduct::Refuse("500 Internal Server Error"),
            5 => Conduct::Hang,
            6 | 7 => Conduct::AnswerHalf,
            8 => Conduct::TakeAndLie,
            9 => Conduct::TakeAndHangUp,
            _ => Conduct::HangUp,
        }
    }
}

impl Conduct {
    const fn takes(self) -> bool {
        matches!(self, Self::Take | Self::TakeAndLie | Self::TakeAndHangUp)
    }
}

fn note_records(ledger: &mut Ledger, (name, group): (&str, &str), body: &[u8], takes: bool) {
    let Ok(body) = serde_json::from_slice::<Json>(body) else {
        ledger.violate(format!("{name} got what is no JSON"));
        return;
    };
    let records: Vec<&Json> = match &body["data"] {
        Json::Array(records) => records.iter().collect(),
        record => vec![record],
    };
    ledger.arrive(name, group, &records, takes);
}
