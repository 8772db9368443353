//! The outbox while a mail server is down for a day and longer, by a clock of the test's own.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_store::{Batch, SledOptions, SledStore, Store};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use uuid::Uuid;

use super::{Content, Lane, Language, Mail, Message, Outbox, PauseTimes, Pauses, Turns};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// The time between two looks of the sender at what waits.
const STEP: Duration = Duration::from_secs(5);

/// The pauses as the server has them where nothing else is said.
const PAUSES: PauseTimes = PauseTimes {
    first: Duration::from_secs(5),
    longest: Duration::from_secs(600),
    gathering: Duration::from_secs(60),
};

/// A sender that works as the server's, over a mail server that can be down.
struct Sender {
    _folder: TempDir,
    store: Arc<dyn Store>,
    outbox: Outbox,
    pauses: Pauses,
    turns: Turns,
    begin: Instant,
    /// The moments of attempts that failed, from the beginning on.
    failures: Vec<Duration>,
    /// The mails that the mail server has taken, by their ids.
    taken: BTreeMap<Uuid, Mail>,
}

impl Sender {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        Self {
            _folder: folder,
            outbox: Outbox::new(Arc::clone(&store)),
            store,
            pauses: Pauses::new(PAUSES),
            turns: Turns::default(),
            begin: Instant::now(),
            failures: Vec::new(),
            taken: BTreeMap::new(),
        }
    }

    /// Forgets what is in memory alone, as a kill does.
    fn kill(&mut self) {
        self.pauses = Pauses::new(PAUSES);
        self.turns = Turns::default();
    }

    async fn put(&self, number: usize) {
        let to = "ada@city.example".parse().unwrap();
        let mail = Mail::new(to, Language::En, &subject(number), "text");
        let mut batch = Batch::new();
        Outbox::enqueue(&mut batch, &Message::new(mail, Timestamp::UNIX_EPOCH)).unwrap();
        self.store.commit(batch).await.unwrap();
    }

    /// Looks once at what waits, at a time since the beginning and by a clock that may have jumped.
    async fn round(&mut self, at: Duration, clock: Timestamp, is_up: bool) {
        let (now, lane) = (self.begin + at, mail_lane());
        let is_pausing = |pauses: &Pauses| {
            pauses.is_pausing(&Lane::MailServer, now) || pauses.is_pausing(&lane, now)
        };
        let pauses = is_pausing(&self.pauses);
        self.turns.begin(|_| pauses);
        if !pauses {
            let waiting = self.outbox.waiting().all().await.unwrap();
            let ids = waiting.into_iter().map(|(id, _)| id).collect();
            let (ids, _) = self.outbox.gather(self.turns.of(&lane, ids), clock).await.unwrap();
            for id in ids {
                if !self.try_one(&lane, id, (at, is_up)).await {
                    break;
                }
            }
        }
        self.turns.end();
        self.pauses.forget_old(now);
    }

    async fn try_one(&mut self, lane: &Lane, id: Uuid, (at, is_up): (Duration, bool)) -> bool {
        let Some(attempt) = self.outbox.begin(id).await.unwrap() else { return true };
        if is_up {
            let message = &attempt.waiting.message;
            let Content::Mail(mail) = &message.content else { panic!("{message:?}") };
            let before = self.taken.insert(message.id, mail.clone());
            assert!(before.is_none(), "it was sent before: {before:?}");
            self.outbox.sent(&attempt, Batch::new()).await.unwrap();
            self.pauses.sent(lane, self.begin + at);
            return true;
        }
        let attempts = attempt.waiting.attempts;
        self.failures.push(at);
        self.outbox.failed(&attempt, "connection refused").await.unwrap();
        self.pauses.failed(&Lane::MailServer, None, self.begin + at);
        self.turns.failed(lane, id, attempts);
        false
    }

    /// Returns the number of times that each subject is told in what was taken, alone or on a line of a digest.
    fn told(&self) -> BTreeMap<String, usize> {
        let mut told = BTreeMap::new();
        for mail in self.taken.values() {
            let lines = mail.text.lines().filter_map(|line| line.strip_prefix("- "));
            let lines: Vec<&str> = lines.collect();
            let told_by = if lines.is_empty() { vec![mail.subject.as_str()] } else { lines };
            for subject in told_by {
                *told.entry(subject.to_owned()).or_default() += 1;
            }
        }
        told
    }
}

fn subject(number: usize) -> String {
    format!("leak {number:03}")
}

fn mail_lane() -> Lane {
    Lane::Mail(None, "ada@city.example".parse().unwrap(), Language::En)
}

#[tokio::test]
async fn a_mail_server_that_is_down_for_a_day_loses_no_mail() {
    let (down, end) = (HOUR * 26, HOUR * 27);
    let mut sender = Sender::start();
    let (mut number, mut at) = (0, Duration::ZERO);
    while at < end {
        // An alert each quarter of an hour, and many at once after half a day.
        let count = if at == HOUR * 12 { 500 } else { usize::from(at.as_secs() % (15 * 60) == 0) };
        for _ in 0..count {
            sender.put(number).await;
            number += 1;
        }
        if at == HOUR * 9 {
            sender.kill();
        }
        // The clock jumps a month forward, and back again.
        let is_ahead = (HOUR * 6..HOUR * 18).contains(&at);
        let jump = SignedDuration::from_hours(if is_ahead { 30 * 24 } else { 0 });
        let clock = Timestamp::UNIX_EPOCH + SignedDuration::try_from(at).unwrap() + jump;
        sender.round(at, clock, at >= down).await;
        at += STEP;
    }
    let tries = sender.failures.len();
    assert!((150..200).contains(&tries), "about one in ten minutes: {tries}");
    let longest = sender.failures.windows(2).map(|two| two[1] - two[0]).max().unwrap();
    assert!(longest <= PAUSES.longest + STEP, "{longest:?}");
    assert!(down - *sender.failures.last().unwrap() <= PAUSES.longest + STEP);
    // The first tries come soon, before the beginning and after the kill.
    for begin in [Duration::ZERO, HOUR * 9] {
        let soon = sender.failures.iter().filter(|at| (begin..begin + MINUTE).contains(*at));
        assert!(soon.count() >= 3, "after {begin:?}");
    }
    let expected: BTreeMap<String, usize> = (0..number).map(|one| (subject(one), 1)).collect();
    assert_eq!(sender.told(), expected, "each is told once, in one mail");
    assert!(sender.taken.len() < number / 2, "many are told in one");
    assert!(sender.outbox.waiting().all().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_mail_that_waits_for_a_month_is_tried_until_it_is_taken() {
    let (mut sender, month) = (Sender::start(), HOUR * 24 * 30);
    sender.put(0).await;
    let mut at = Duration::ZERO;
    while at < month {
        sender.round(at, Timestamp::UNIX_EPOCH, false).await;
        at += MINUTE;
    }
    let waiting = sender.outbox.waiting().all().await.unwrap();
    let [(id, waiting)] = &waiting[..] else { panic!("{waiting:?}") };
    assert!(waiting.attempts > 3_900, "{}", waiting.attempts);
    assert_eq!(waiting.reason.as_deref(), Some("connection refused"));
    // In one of two rounds a message that is refused so often lets others pass.
    for later in [PAUSES.longest, PAUSES.longest + STEP] {
        sender.round(at + later, Timestamp::UNIX_EPOCH, true).await;
    }
    assert_eq!(sender.taken.keys().collect::<Vec<_>>(), [id], "under the name that it began with");
}
