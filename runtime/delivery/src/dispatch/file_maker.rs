//! Makes the files of one route at its rhythm, and puts them into their place.
//!
//! A file is made once: its bytes, its name and which records it is of are durable before it is sent, and
//! it is sent until it is there. Then the route is done with its records, in one commit. So whatever breaks,
//! the same bytes come again under the same name, and no record is in two files or in none.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_store::{Batch, Blobs, Sequence};
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    time::timeout,
};

use super::{
    attempts::Attempt,
    backoff::Backoff,
    gathering::{Gathered, Gathering, written},
    live::{LiveRoute, RouteView},
    orders::WorkerCommand,
};
use crate::{
    destinations::{HandoverResult, Verdict},
    files::{FilePush, FileStanding, Naming, PendingFile, Period, Place, PlaceError},
    mailbox::{DeliveryError, Mailbox},
    routes::{Handed, Route, RouteBook},
};

/// The clock is looked at so often, since it can be put.
const LOOK: Duration = Duration::from_secs(30);

/// Where the store does not answer, it is asked again after this.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// With what the files of a route are made and put.
pub(crate) struct FileMeans {
    pub(crate) route: Arc<Route>,
    pub(crate) push: FilePush,
    pub(crate) place: Arc<dyn Place>,
    pub(crate) blobs: Arc<dyn Blobs>,
    /// Few are made at once, since each is held in memory.
    pub(crate) making: Arc<Semaphore>,
}

/// Makes the files of one route, and puts them into their place.
pub(crate) struct FileMaker {
    live: Arc<LiveRoute>,
    mailbox: Arc<Mailbox>,
    means: FileMeans,
    standing: FileStanding,
    backoff: Backoff,
    pauses: (Duration, Duration),
    failures: u32,
    /// Nothing is done before this moment.
    pause: Option<Instant>,
    sending: Option<Sending>,
    /// Up to which records were removed while a file with them was on its way.
    expired: Sequence,
}

type Sending = Pin<Box<dyn Future<Output = Sent> + Send>>;

/// The result of sending a file.
struct Sent {
    handed: HandoverResult,
    at: Timestamp,
    took: Duration,
}

/// The next step of a file.
enum Step {
    /// A file is on its way.
    Sending,
    /// The file that is made is to be sent.
    Send(PendingFile),
    /// A file is to be made.
    Make,
    /// There is nothing to do before this time has passed, or before somebody asks.
    Wait(Option<Duration>),
}

/// The next event of the worker.
enum Next {
    Ordered(Option<WorkerCommand>),
    Sent(Sent),
    Due,
    Stop,
}

impl FileMaker {
    pub(crate) fn new(
        live: Arc<LiveRoute>,
        mailbox: Arc<Mailbox>,
        means: FileMeans,
        pauses: (Duration, Duration),
    ) -> Self {
        Self {
            live,
            mailbox,
            means,
            standing: FileStanding::begin(Timestamp::now()),
            backoff: Backoff::new(pauses),
            pauses,
            failures: 0,
            pause: None,
            sending: None,
            expired: Sequence::BEGINNING,
        }
    }

    /// Works until the route is no more or changes, or the server stops.
    pub(crate) async fn run(
        mut self,
        mut orders: mpsc::Receiver<WorkerCommand>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let live = Arc::clone(&self.live);
        // Whoever worked on the route before it was changed has to have ended.
        let _turn = live.turn.lock().await;
        let mut is_read = false;
        loop {
            let step = if is_read { self.step() } else { Step::Make };
            self.show(&step);
            let work = match step {
                _ if self.pause.is_some_and(|until| until > Instant::now()) => Ok(()),
                Step::Make if !is_read => self.read().await.map(|()| is_read = true),
                Step::Make => {
                    let is_over = || orders.is_closed() || *stopped.borrow();
                    self.make(&is_over).await
                }
                Step::Send(file) => self.send(file).await,
                Step::Sending | Step::Wait(_) => Ok(()),
            };
            if let Err(error) = work {
                tracing::error!(route = %live.key, %error, "a file cannot be made");
                self.pause = Some(Instant::now() + STORE_PAUSE);
            }
            let wait = match (self.pause.map(|until| until - Instant::now()), self.step()) {
                (Some(left), _) if left > Duration::ZERO => Some(left.min(LOOK)),
                _ if !is_read => Some(Duration::ZERO),
                (_, Step::Make | Step::Send(_)) => Some(Duration::ZERO),
                (_, Step::Sending) => None,
                (_, Step::Wait(time)) => time.map(|time| time.min(LOOK)),
            };
            match self.next(&mut orders, &mut stopped, wait).await {
                Next::Ordered(Some(order)) => self.obey(order).await,
                Next::Sent(sent) => self.sent(sent, &mut stopped).await,
                Next::Due => {}
                // The route is no more, or somebody else works on it from here on.
                Next::Ordered(None) | Next::Stop => return,
            }
        }
    }

    /// Waits for the next event. A file on its way goes on meanwhile.
    async fn next(
        &mut self,
        orders: &mut mpsc::Receiver<WorkerCommand>,
        stopped: &mut watch::Receiver<bool>,
        wait: Option<Duration>,
    ) -> Next {
        let sent = async {
            match &mut self.sending {
                Some(sending) => sending.await,
                None => std::future::pending().await,
            }
        };
        let waited = async {
            match wait {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => Next::Stop,
            order = orders.recv() => Next::Ordered(order),
            sent = sent => Next::Sent(sent),
            () = waited => Next::Due,
        }
    }

    async fn read(&mut self) -> Result<(), DeliveryError> {
        match FileStanding::read(&self.mailbox, &self.live.key).await? {
            Some(standing) => self.standing = standing,
            None => self.commit(false).await?,
        }
        Ok(())
    }

    /// Returns the step that is due now.
    fn step(&self) -> Step {
        if self.sending.is_some() {
            return Step::Sending;
        }
        if self.means.route.paused || self.live.is_stopped() {
            return Step::Wait(None);
        }
        if let Some(file) = &self.standing.pending {
            return Step::Send(file.clone());
        }
        if self.standing.period.is_some() {
            return Step::Make;
        }
        let now = Timestamp::now();
        match self.due(now).map(|due| due.duration_since(now)) {
            Some(left) if left > SignedDuration::ZERO => {
                Step::Wait(Some(Duration::try_from(left).unwrap_or(LOOK)))
            }
            Some(_) => Step::Make,
            None => Step::Wait(None),
        }
    }

    /// When the next file is to be made. Where the clock was put back, what it showed before does not
    /// count.
    fn due(&self, now: Timestamp) -> Option<Timestamp> {
        self.means.push.rhythm.next(self.standing.since.min(now))
    }

    /// Makes the next file of the period, or ends the period.
    async fn make(&mut self, is_over: &(dyn Fn() -> bool + Sync)) -> Result<(), DeliveryError> {
        let making = Arc::clone(&self.means.making);
        // It is never closed.
        let _permit = making.acquire().await;
        if self.standing.period.is_none() {
            let now = Timestamp::now();
            let to = self.means.push.rhythm.last(now).unwrap_or(now);
            let last = self.mailbox.extent(&self.live.key.group).await?.last.get();
            let from = self.standing.since.min(to);
            self.standing.period = Some(Period { from, to, last, files: 0 });
        }
        let Some(period) = self.standing.period.clone() else { return Ok(()) };
        let Some((file, through)) = self.gathering().gather(period.last, is_over).await? else {
            return Ok(());
        };
        if file.json.is_empty() && (period.files > 0 || !self.means.push.empty_files) {
            self.live.standing(|standing| standing.progress.done_through(through));
            self.standing.since = period.to;
            self.standing.period = None;
            return self.commit(true).await;
        }
        let rhythm = &self.means.push.rhythm;
        let name = self.means.push.name.name(&Naming {
            route: &self.live.key,
            format: self.means.push.format,
            from: rhythm.clock(period.from),
            to: rhythm.clock(period.to),
            sequence: self.standing.sequence + 1,
        });
        let Gathered { json, first, records, handed } = file;
        let count = json.len() as u64;
        let push = &self.means.push;
        let bytes = written(push.format, push.table_options(), json).await?;
        let blob = self.standing.next_blob(&self.live.key);
        self.means.blobs.put(&blob, &bytes).await?;
        let before = self.standing.clone();
        self.standing.sequence += 1;
        self.standing.pending =
            Some(PendingFile { name, blob, first, through: through.get(), count, records });
        if let Err(error) = self.commit(false).await {
            // It is made again.
            self.standing = before;
            return Err(error);
        }
        // Only once the file is sure to come. Where this fails, measurements come once more.
        Handed::save(&**self.mailbox.store(), &self.live.key, &handed).await
    }

    fn gathering(&self) -> Gathering<'_> {
        let Self { live, mailbox, means: FileMeans { route, push, .. }, .. } = self;
        Gathering { live, mailbox, route, push }
    }

    /// Sends the file that is made.
    async fn send(&mut self, file: PendingFile) -> Result<(), DeliveryError> {
        let Some(bytes) = self.means.blobs.get(&file.blob).await? else {
            // Somebody took its bytes away: it is made again, with the next number.
            tracing::error!(route = %self.live.key, file = file.name, "a file's bytes are gone");
            self.standing.pending = None;
            self.forget_handed().await;
            return self.commit(false).await;
        };
        let place = Arc::clone(&self.means.place);
        let (limit, seconds) = (self.means.push.timeout(), self.means.push.timeout_seconds);
        self.sending = Some(Box::pin(async move {
            let (at, began) = (Timestamp::now(), Instant::now());
            let handed = match timeout(limit, place.put(&file.name, &bytes)).await {
                Ok(Ok(())) => HandoverResult::taken(None),
                Ok(Err(error)) => HandoverResult::failed(&error.into()),
                Err(_) => HandoverResult::failed(&PlaceError::TimedOut { seconds }.into()),
            };
            Sent { handed, at, took: began.elapsed() }
        }));
        Ok(())
    }

    async fn sent(&mut self, sent: Sent, stopped: &mut watch::Receiver<bool>) {
        self.sending = None;
        let Some(file) = self.standing.pending.clone() else { return };
        let Sent { handed, at, took } = sent;
        let count = usize::try_from(file.count).unwrap_or(usize::MAX);
        let mut attempt =
            Attempt::new(at, file.name.clone(), file.records.iter().cloned(), &handed, took);
        attempt.count = count;
        self.live.attempts.note(attempt);
        if handed.verdict != Verdict::Taken {
            metrics::counter!("champollion_deliveries_failed_total").increment(1);
            if self.failures == 0 {
                let why = handed.message();
                tracing::warn!(route = %self.live.key, file = file.name, why, "a file is not put");
                self.live.tell_failing(why);
                self.save_events().await;
            }
            self.failures = self.failures.saturating_add(1);
            self.pause = Some(Instant::now() + self.backoff.pause());
            if file.has_expired(self.expired) {
                self.give_up().await;
            }
            return;
        }
        metrics::counter!("champollion_records_delivered_total").increment(file.count);
        metrics::counter!("champollion_files_delivered_total").increment(1);
        self.calm();
        self.live.tell_recovered();
        self.live.standing(|standing| {
            standing.progress.done_through(Sequence::new(file.through));
            standing.delivered += file.count;
        });
        self.standing.pending = None;
        if let Some(period) = &mut self.standing.period {
            period.files += 1;
        }
        // It is in its place: until that is known for good, nothing else is done.
        while let Err(error) = self.commit(true).await {
            tracing::error!(route = %self.live.key, %error, "progress cannot be kept");
            let stop = stopped.wait_for(|stopped| *stopped);
            if timeout(STORE_PAUSE, stop).await.is_ok() {
                return;
            }
        }
        self.forget(&file).await;
        self.save_events().await;
    }

    /// Makes events of the route durable.
    async fn save_events(&mut self) {
        if self.live.has_events()
            && let Err(error) = self.live.save(&self.mailbox).await
        {
            tracing::error!(route = %self.live.key, %error, "an event cannot be kept");
        }
    }

    async fn obey(&mut self, order: WorkerCommand) {
        match order {
            // A route that changed has somebody else to work on it.
            // Records of files are not skipped: a file is made once.
            WorkerCommand::Change(_) | WorkerCommand::Skipped(..) => {}
            WorkerCommand::TryNow => self.calm(),
            WorkerCommand::Expired(through) => {
                self.expired = self.expired.max(through);
                let has_expired = |file: &PendingFile| file.has_expired(through);
                if self.sending.is_none() && self.standing.pending.as_ref().is_some_and(has_expired)
                {
                    self.give_up().await;
                }
            }
        }
    }

    fn calm(&mut self) {
        self.backoff = Backoff::new(self.pauses);
        self.failures = 0;
        self.pause = None;
    }

    /// The file that is made is not sent any more, since the time of some of its records is over. Those
    /// whose time is not are put into the next one.
    async fn give_up(&mut self) {
        let Some(file) = self.standing.pending.take() else { return };
        tracing::warn!(route = %self.live.key, file = file.name, "a file's time is over");
        self.forget_handed().await;
        if let Err(error) = self.commit(false).await {
            tracing::error!(route = %self.live.key, %error, "progress cannot be kept");
        }
        self.forget(&file).await;
    }

    /// Forgets which measurements were handed over, since a file of them was not: all come once more.
    async fn forget_handed(&mut self) {
        if let Err(error) = Handed::forget(&**self.mailbox.store(), &self.live.key).await {
            tracing::error!(route = %self.live.key, %error, "what was handed over is not forgotten");
        }
    }

    async fn forget(&mut self, file: &PendingFile) {
        if let Err(error) = self.means.blobs.remove(&file.blob).await {
            // At the next start it is.
            tracing::warn!(route = %self.live.key, %error, "a file's bytes cannot be removed");
        }
    }

    /// Makes durable how far the files have come, and with `progress` also how far the route has.
    async fn commit(&mut self, progress: bool) -> Result<(), DeliveryError> {
        let mut batch = Batch::new();
        self.standing.put(&mut batch, &self.live.key)?;
        if progress {
            let standing = self.live.standing(|standing| standing.clone());
            RouteBook::put_standing(&mut batch, &self.live.key, &standing)?;
            self.mailbox.put_removal(&mut batch, &self.live.key, standing.progress.through());
        }
        self.mailbox.store().commit(batch).await?;
        Ok(())
    }

    fn show(&self, step: &Step) {
        let now = Timestamp::now();
        let until = self.pause.and_then(|until| {
            let left = SignedDuration::try_from(until - Instant::now()).ok()?;
            now.checked_add(left).ok()
        });
        let is_waiting = matches!(step, Step::Wait(Some(_)));
        self.live.show(RouteView {
            backing_off_until: until.filter(|_| self.failures > 0),
            failures: self.failures,
            oldest_waiting: None,
            refused: Vec::new(),
            next_file: if is_waiting { self.due(now) } else { None },
            pending_file: self.standing.pending.as_ref().map(|file| file.name.clone()),
        });
    }
}
