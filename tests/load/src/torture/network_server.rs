//! A network server that misbehaves with commands: it refuses them for now, is busy, hangs up before or
//! after it has taken one; and what it tells of them comes late, twice, before its answer, or never.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};

use super::{World, chance::Chance};
use crate::{client::Following, request::read_head};

/// Starts our names among the correlation ids.
const PREFIX: &str = "champollion:";

/// The longest that a connection says nothing before it is closed.
const SILENCE: Duration = Duration::from_secs(30);

/// Before something that could not be told is told again.
const RETRY: Duration = Duration::from_millis(30);

/// The network server, as all its connections share it.
pub(super) struct NetworkServer {
    pub(super) url: String,
    seed: u64,
    connections: AtomicU64,
    calm: Arc<AtomicBool>,
    book: Mutex<Book>,
}

/// Everything that came and was told.
#[derive(Default)]
struct Book {
    /// The commands in the queue of each device, as it was given them.
    queues: BTreeMap<String, Vec<Json>>,
    taken: BTreeMap<String, Taken>,
    /// The commands of each device, in the order in which they were taken first.
    of_devices: BTreeMap<String, Vec<String>>,
    /// The events that are to be told.
    untold: VecDeque<(String, Json)>,
}

/// A command that was taken.
#[derive(Clone, Copy, Default)]
pub(super) struct Taken {
    /// The number of times that it was taken.
    pub(super) times: u32,
    /// Whether the server has answered that it heard of the transmission.
    pub(super) told: bool,
}

/// The conduct of the network server with a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conduct {
    Take,
    TakeAndHangUp,
    Refuse(&'static str),
    HangUp,
}

impl NetworkServer {
    /// Listens on a port that is free.
    pub(super) fn listen(seed: u64, calm: &Arc<AtomicBool>) -> Result<Arc<Self>> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
        let server = Arc::new(Self {
            url: format!("http://{}", listener.local_addr()?),
            seed,
            connections: AtomicU64::new(0),
            calm: Arc::clone(calm),
            book: Mutex::default(),
        });
        let listening = Arc::clone(&server);
        // They end with this program.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&listening);
                thread::spawn(move || drop(server.serve(&stream)));
            }
        });
        Ok(server)
    }

    /// Tells what became of commands, each until it is answered, until everything is over.
    pub(super) fn tell(&self, mut lns: Following, world: &World) {
        while !world.over.load(Ordering::Relaxed) {
            let Some((id, event)) = self.book().untold.pop_front() else {
                thread::sleep(RETRY);
                continue;
            };
            let heard = world
                .reach(&mut lns)
                .is_some_and(|client| client.ask(|server| server.ingest_tts(&event)).is_ok());
            let mut book = self.book();
            if heard {
                book.taken.entry(id).or_default().told = true;
            } else {
                book.untold.push_back((id, event));
                drop(book);
                thread::sleep(RETRY);
            }
        }
    }

    /// Returns a command that was taken.
    pub(super) fn taken(&self, id: &str) -> Taken {
        self.book().taken.get(id).copied().unwrap_or_default()
    }

    /// Whether nothing is left to be told.
    pub(super) fn has_told_all(&self) -> bool {
        self.book().untold.is_empty()
    }

    /// Returns the devices whose commands did not come in their order.
    pub(super) fn disorder(&self) -> Vec<String> {
        let book = self.book();
        let is_sorted = |ids: &Vec<String>| ids.is_sorted();
        let wrong = book.of_devices.iter().filter(|(_, ids)| !is_sorted(ids));
        wrong.map(|(device, ids)| format!("{device} got its commands as {ids:?}")).collect()
    }

    /// Answers the requests of a connection, until either side has enough.
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        let mut chance = Chance::of(self.seed, number);
        let mut reader = BufReader::new(stream);
        let mut stream = stream;
        loop {
            let mut first = String::new();
            if reader.read_line(&mut first)? == 0 {
                return Ok(());
            }
            let length = read_head(&mut reader)?;
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let mut words = first.split(' ');
            let (method, path) =
                (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let device = path.split('/').rev().find(|part| part.starts_with("eui-"));
            let device = device.unwrap_or_default().to_owned();
            let conduct = self.conduct(&mut chance);
            match conduct {
                Conduct::HangUp => return Ok(()),
                Conduct::Refuse(status) => {
                    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nno");
                    stream.write_all(answer.as_bytes())?;
                }
                Conduct::Take | Conduct::TakeAndHangUp => {
                    let answer = match method {
                        "GET" => json!({ "downlinks": self.queue(&device) }),
                        _ => {
                            self.take(&device, &body, &mut chance);
                            json!({})
                        }
                    };
                    if conduct == Conduct::TakeAndHangUp {
                        return Ok(());
                    }
                    let (answer, end) = (answer.to_string(), "\r\n\r\n");
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}{end}", answer.len());
                    stream.write_all(format!("{head}{answer}").as_bytes())?;
                }
            }
        }
    }

    fn conduct(&self, chance: &mut Chance) -> Conduct {
        if self.calm.load(Ordering::Relaxed) {
            return Conduct::Take;
        }
        match chance.below(20) {
            0 => Conduct::Refuse("500 Internal Server Error"),
            1 => Conduct::Refuse("401 Unauthorized"),
            2 => Conduct::Refuse("429 Too Many Requests\r\nRetry-After: 0"),
            3 => Conduct::Refuse("503 Service Unavailable"),
            4 => Conduct::HangUp,
            5 | 6 => Conduct::TakeAndHangUp,
            _ => Conduct::Take,
        }
    }

    fn queue(&self, device: &str) -> Vec<Json> {
        self.book().queues.get(device).cloned().unwrap_or_default()
    }

    /// Takes a command, and decides what is told of it.
    fn take(&self, device: &str, body: &[u8], chance: &mut Chance) {
        let body: Json = serde_json::from_slice(body).unwrap_or_default();
        let downlink = &body["downlinks"][0];
        let names = downlink["correlation_ids"].as_array().into_iter().flatten();
        let name = names.filter_map(Json::as_str).find_map(|name| name.strip_prefix(PREFIX));
        let Some(id) = name.map(str::to_owned) else { return };
        let mut book = self.book();
        let taken = book.taken.entry(id.clone()).or_default();
        taken.times += 1;
        if taken.times == 1 {
            book.of_devices.entry(device.to_owned()).or_default().push(id.clone());
        }
        let event = json!({
            "end_device_ids": {
                "device_id": device, "application_ids": { "application_id": "lamps" },
                "dev_eui": device.trim_start_matches("eui-").to_uppercase(),
            },
            "downlink_sent": { "correlation_ids": [downlink["correlation_ids"][0]] },
        });
        match chance.below(5) {
            // It waits for the device, for ever.
            0 => book.queues.entry(device.to_owned()).or_default().push(downlink.clone()),
            1 => (0..2).for_each(|_| book.untold.push_back((id.clone(), event.clone()))),
            _ => book.untold.push_back((id, event)),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
