//! Tests of durability: frames that the server has acknowledged survive `kill -9`, once.
//!
//! Several network servers hand over frames at the same time while the process is killed again and
//! again. A frame without an answer is sent again after the restart, as a network server does. In
//! the end the records are exactly those of the frames that were answered, each once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Barrier,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use champollion_tests::{Answer, Client, ELSYS, Sensor, Server};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// Times that the server is killed.
const KILLS: usize = 14;

/// Kills stop after this, so that a slow machine makes the test smaller and not longer …
const TIME_FOR_KILLS: Duration = Duration::from_secs(40);

/// … but this many must have happened.
const KILLS_AT_LEAST: usize = 10;

/// The longest time from the first answer to the kill.
const LONGEST_LIFE_MS: u64 = 250;

/// Network servers that hand over frames at the same time.
const SENDERS: u8 = 4;

/// Sensors of each of them.
const SENSORS: u8 = 3;

/// A sender gives a frame up after so many tries: it is never taken.
const TRIES: usize = 200;

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// Every so many lives the partner acknowledges what it has got.
const ACKNOWLEDGED_EVERY: usize = 4;

/// A sensor and what became of its frames.
struct Sent {
    sensor: Sensor,
    /// The next frame, which may have been sent without an answer.
    next: u32,
    /// The frames that were answered, with the names of their records where they were told.
    taken: BTreeMap<u32, Option<String>>,
}

/// The records that the partner got.
#[derive(Default)]
struct Got {
    /// Names of records that were acknowledged and must not come again.
    acknowledged: BTreeSet<String>,
    /// Device and FCnt of all of them.
    frames: BTreeSet<(String, u32)>,
}

impl Sent {
    fn payload(&self) -> [u8; 4] {
        // Temperature 0, motion as the counter has it: a payload of the room sensor.
        [0x05, self.next.to_le_bytes()[0], 0x02, 40]
    }

    /// Sends one frame until it is answered. Says false where the server is gone.
    fn send(&mut self, lns: &Client, answers: &AtomicU32) -> bool {
        let frame = self.sensor.frame(self.next, 5, &self.payload()).to_string();
        for _ in 0..TRIES {
            let Ok(answer) = lns.attempt(&Method::POST, "/v1/ingest/phy", frame.as_bytes()) else {
                return false;
            };
            match (answer.status, answer.body["status"].as_str()) {
                (200, Some("accepted")) => {
                    assert_eq!(answer.body["fCnt"], self.next);
                    let record = answer.body["record"].as_str().map(str::to_owned);
                    let before = self.taken.insert(self.next, record);
                    assert_eq!(before, None, "an FCnt is accepted twice: {}", answer.text);
                    self.next += 1;
                    answers.fetch_add(1, Ordering::Relaxed);
                    return true;
                }
                // The answer to the first try was lost.
                (200, Some("duplicate")) => {
                    assert_eq!(answer.body["fCnt"], self.next);
                    self.taken.insert(self.next, None);
                    self.next += 1;
                    return true;
                }
                (503, _) => thread::sleep(PAUSE),
                _ => panic!("frame {} is refused: {}", self.next, answer.text),
            }
        }
        panic!("frame {} is never taken", self.next);
    }

    /// Frames that were accepted before are refused now.
    fn replay(&self, lns: &Client) {
        let Some(&last) = self.taken.keys().next_back() else { return };
        // The very last one once more is a retry, and well received; it makes no second record.
        let frame = |f_cnt: u32, payload: &[u8]| lns.ingest(&self.sensor.frame(f_cnt, 5, payload));
        let own =
            Self { sensor: self.sensor.clone(), next: last, taken: BTreeMap::new() }.payload();
        if self.next == last + 1 {
            let newest = frame(last, &own);
            // A frame after it, whose answer was lost, may be durable already.
            let is_repeat = newest.body["status"] == "duplicate" && newest.status == 200;
            let is_old = newest.body["code"] == "replayed-f-cnt" && newest.status == 409;
            assert!(is_repeat || is_old, "the last frame again: {}", newest.text);
        }
        frame(last, &[0x05, 0xFF, 0x02, 41]).problem(409, "replayed-f-cnt");
        if last > 1 {
            frame(last - 1, &own).problem(409, "replayed-f-cnt");
            frame(last / 2, &own).problem(409, "replayed-f-cnt");
        }
    }
}

impl Got {
    /// Pulls all, and acknowledges it.
    fn collect(&mut self, partner: &Client) {
        let records = partner.pull_all();
        let names = self.check(&records);
        let Some(last) = records.last() else { return };
        let body = json!({ "cursor": last["cursor"] });
        let removed = partner.post("/v1/records/ack", &body).success();
        assert_eq!(removed["removed"], records.len());
        self.acknowledged.extend(names);
    }

    fn check(&mut self, records: &[Json]) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for entry in records {
            let record = &entry["record"];
            let name = record["id"].as_str().expect("a record has a name").to_owned();
            let device = record["device"]["devEui"].as_str().expect("and a device").to_owned();
            let f_cnt = record["uplink"]["fCnt"].as_u64().and_then(|count| count.try_into().ok());
            assert!(record["decoded"]["data"].is_object(), "not decoded: {record}");
            assert!(!self.acknowledged.contains(&name), "acknowledged, and here again: {name}");
            self.frames.insert((device, f_cnt.expect("and an FCnt")));
            assert!(names.insert(name), "twice: {record}");
        }
        names
    }
}

#[test]
fn every_acknowledged_frame_survives_kill_9_exactly_once() {
    let mut server = Server::start();
    server.publish_own(ELSYS);
    let mut senders: Vec<Vec<Sent>> = (0..SENDERS)
        .map(|sender| {
            let numbers = (0..SENSORS).map(|sensor| sender * SENSORS + sensor + 1);
            numbers
                .map(|number| Sent { sensor: Sensor::new(number), next: 1, taken: BTreeMap::new() })
                .collect()
        })
        .collect();
    for sent in senders.iter().flatten() {
        server.register(&sent.sensor, "water", Some("elsys/ers-co2@^1"));
    }
    let (lns_token, partner_token) =
        (server.new_token("lns", None), server.new_token("partner", Some("water")));

    let mut got = Got::default();
    let started = Instant::now();
    let mut kills = 0;
    while kills < KILLS && started.elapsed() < TIME_FOR_KILLS {
        live_and_die(&mut server, &mut senders, &lns_token);
        kills += 1;
        server.restart();
        let lns = server.anybody().token(&lns_token);
        senders.iter().flatten().for_each(|sent| sent.replay(&lns));
        if kills % ACKNOWLEDGED_EVERY == 0 {
            got.collect(&server.anybody().token(&partner_token));
            // Acknowledging is as durable as accepting.
            server.kill();
            server.restart();
        }
    }
    assert!(kills >= KILLS_AT_LEAST, "only {kills} kills in {:?}", started.elapsed());

    // What got no answer is sent again.
    let lns = server.anybody().token(&lns_token);
    let answers = AtomicU32::new(0);
    for sent in senders.iter_mut().flatten() {
        assert!(sent.send(&lns, &answers), "the server is gone");
    }
    got.collect(&server.anybody().token(&partner_token));

    let mut frames = 0;
    for sent in senders.iter().flatten() {
        frames += sent.taken.len();
        for (f_cnt, record) in &sent.taken {
            let name = (sent.sensor.dev_eui(), *f_cnt);
            assert!(got.frames.contains(&name), "lost: {name:?}");
            let same_name = record.as_ref().is_none_or(|name| got.acknowledged.contains(name));
            assert!(same_name, "its record has another name: {name:?}");
        }
    }
    assert_eq!(got.frames.len(), frames, "records of frames that nobody sent");
    assert_eq!(got.acknowledged.len(), frames, "a frame has two records");
    assert!(frames > KILLS_AT_LEAST * usize::from(SENDERS), "only {frames} frames were sent");
}

/// Lets all senders send, and kills the server while they do.
fn live_and_die(server: &mut Server, senders: &mut [Vec<Sent>], lns_token: &str) {
    let answers = AtomicU32::new(0);
    let nanoseconds =
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    let life = Duration::from_millis(u64::from(nanoseconds) / 1_000 % LONGEST_LIFE_MS);
    thread::scope(|scope| {
        let answers = &answers;
        for sensors in senders {
            let lns = server.anybody().token(lns_token);
            scope.spawn(move || while sensors.iter_mut().all(|sent| sent.send(&lns, answers)) {});
        }
        let patience = Instant::now() + Duration::from_secs(30);
        while answers.load(Ordering::Relaxed) == 0 && Instant::now() < patience {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(life);
        server.kill();
    });
    assert!(answers.load(Ordering::Relaxed) > 0, "no frame was taken");
}

/// Several gateways hear a frame, and the network server hands over each copy at the same moment.
#[test]
fn of_copies_that_come_at_once_one_becomes_a_record() {
    const ROUNDS: u32 = 20;
    const COPIES: usize = 8;
    let server = Server::start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("lns", None);
    for f_cnt in 1..=ROUNDS {
        let frame = sensor.frame(f_cnt, 1, &[1]);
        let together = Barrier::new(COPIES);
        let send = || {
            let lns = server.anybody().token(&token);
            together.wait();
            // A copy that comes while the first is being written is asked to come again.
            let asked_again = |answer: &Answer| {
                let asked = answer.status == 503;
                if asked {
                    assert_eq!(answer.header("retry-after"), "1", "{}", answer.text);
                    thread::sleep(PAUSE);
                }
                asked
            };
            let mut answers = (0..TRIES).map(|_| lns.ingest(&frame));
            answers.find(|answer| !asked_again(answer)).expect("it is answered").success()
        };
        let accepted = thread::scope(|scope| {
            let copies: Vec<_> = (0..COPIES).map(|_| scope.spawn(send)).collect();
            let answers = copies.into_iter().map(|copy| copy.join().expect("it was answered"));
            answers.filter(|answer| answer["status"] == "accepted").count()
        });
        assert_eq!(accepted, 1, "of FCnt {f_cnt}");
    }
    assert_eq!(server.partner("water").pull_all().len(), ROUNDS as usize);
}

/// The same device must not be heard twice because its registration is sent again.
#[test]
fn a_counter_goes_on_over_registrations_and_restarts() {
    let mut server = Server::start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let old = sensor.frame(70_000, 1, &[1]);
    // 70,000 is beyond 16 bits: the upper half is found by the way there.
    server.lns().ingest(&sensor.frame(60_000, 1, &[1])).success();
    assert_eq!(server.lns().ingest(&old).success()["fCnt"], 70_000);

    for _ in 0..2 {
        server.register(&sensor, "water", Some("axioma/qalcosonic-w1"));
        server.lns().ingest(&sensor.frame(69_999, 1, &[1])).problem(409, "replayed-f-cnt");
        assert_eq!(server.lns().ingest(&old).success()["status"], "duplicate");
        server.kill();
        server.restart();
    }
    assert_eq!(server.lns().ingest(&sensor.frame(70_001, 1, &[1])).success()["fCnt"], 70_001);
    assert_eq!(server.partner("water").pull_all().len(), 3);

    // A device that is gone is gone after a restart too; coming back it starts over.
    assert_eq!(server.admin().delete(&sensor.path()).status, 204);
    server.lns().ingest(&sensor.frame(70_002, 1, &[1])).problem(404, "unknown-dev-addr");
    server.kill();
    server.restart();
    server.lns().ingest(&sensor.frame(70_003, 1, &[1])).problem(404, "unknown-dev-addr");
    server.register(&sensor, "water", None);
    assert_eq!(server.lns().ingest(&sensor.frame(1, 1, &[1])).success()["fCnt"], 1);
    assert_eq!(server.partner("water").pull_all().len(), 4, "its old records stay");
}
