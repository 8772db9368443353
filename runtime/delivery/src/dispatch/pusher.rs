//! Hands the records of one route over, each as soon as it is there.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_store::Sequence;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use super::{
    attempts::Attempt,
    breaker::{Breaker, Permit},
    lanes::{Lanes, Waiting},
    live::{LiveRoute, RouteView},
    orders::{WorkerCommand, WorkerContext},
    parcels,
    traced::TracedParcel,
};
use crate::{
    destinations::{HandoverResult, Parcel, Verdict},
    mailbox::{DeliveryError, Mailbox},
    records::StoredRecord,
    routes::HandedByDevice,
};

/// Records that are read at once.
const PAGE: usize = 128;

/// Pages that are read in one go.
const PAGES: usize = 8;

/// Records that are held in memory for parcels to come, where their lanes are ready.
const AHEAD: usize = 64;

/// Most records that are held in memory, and their bytes: what waits for a lane that fails is among them.
const HELD: (usize, usize) = (2_048, 4 << 20);

/// The interval at which progress is made durable. Records delivered since are delivered again after a crash.
const SAVING: Duration = Duration::from_millis(100);

/// Most records that are named of those that were refused.
const REFUSED: usize = 10;

/// Where the store does not answer, it is asked again after this.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// The time that parcels on their way have to end when the server stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// Hands the records of one route over.
pub(crate) struct Pusher {
    live: Arc<LiveRoute>,
    mailbox: Arc<Mailbox>,
    means: WorkerContext,
    /// The means to work with once nothing is on its way any more.
    next_means: Option<WorkerContext>,
    lanes: Lanes,
    breaker: Breaker,
    pauses: (Duration, Duration),
    /// Up to where the log was read.
    read: Sequence,
    /// Whether it was read to its end.
    at_end: bool,
    on_their_way: JoinSet<FinishedParcel>,
    /// Whether something is to be made durable, and since when.
    unsaved: Option<Instant>,
    saving: Option<Saving>,
}

/// A record that the route takes, as it waits; `None` for one that it does not take.
type Looked = Result<Option<Waiting>, serde_json::Error>;

type Saving = Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send>>;

/// A parcel that came to its end.
struct FinishedParcel {
    taken: Vec<Waiting>,
    handed: HandoverResult,
    /// The measurements that the devices were handed over, where it was taken.
    told: HandedByDevice,
}

/// The next event of the worker.
enum Next {
    Ordered(Option<WorkerCommand>),
    FinishedParcel(Option<Result<FinishedParcel, tokio::task::JoinError>>),
    Saved(Result<(), DeliveryError>),
    Arrived,
    Due,
    Stop,
}

impl Pusher {
    pub(crate) fn new(
        live: Arc<LiveRoute>,
        mailbox: Arc<Mailbox>,
        means: WorkerContext,
        pauses: (Duration, Duration),
    ) -> Self {
        let read = live.place();
        Self {
            live,
            mailbox,
            means,
            next_means: None,
            lanes: Lanes::new(pauses),
            breaker: Breaker::new(pauses),
            pauses,
            read,
            at_end: false,
            on_their_way: JoinSet::new(),
            unsaved: None,
            saving: None,
        }
    }

    /// Works until the route is no more, or the server stops.
    pub(crate) async fn run(
        mut self,
        mut orders: mpsc::Receiver<WorkerCommand>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let mut arrivals = self.mailbox.arrivals(&self.live.key.group);
        let mut store_pause: Option<Instant> = None;
        loop {
            self.change_over();
            let now = Instant::now();
            if store_pause.is_some_and(|until| until <= now) {
                store_pause = None;
            }
            if self.is_working() && store_pause.is_none() {
                // Records may have come while something else was attended to.
                if arrivals.has_changed().unwrap_or_default() {
                    arrivals.mark_unchanged();
                    self.at_end = false;
                }
                if let Err(error) = self.fill().await {
                    tracing::error!(route = %self.live.key, %error, "records cannot be read");
                    store_pause = Some(now + STORE_PAUSE);
                }
                self.launch().await;
            }
            self.save_when_due(now);
            self.show(now);
            let due = self.due(store_pause);
            match self.next(&mut orders, &mut stopped, &mut arrivals, due).await {
                Next::Ordered(Some(order)) => self.obey(order),
                Next::FinishedParcel(Some(Ok(landed))) => self.landed(landed),
                Next::FinishedParcel(Some(Err(error))) => {
                    // What it carried is not known any more: it is read again.
                    tracing::error!(route = %self.live.key, %error, "handing over ended badly");
                    self.breaker.failed(Instant::now(), None);
                    self.next_means =
                        Some(self.next_means.take().unwrap_or_else(|| WorkerContext {
                            route: Arc::clone(&self.means.route),
                            recipient: Arc::clone(&self.means.recipient),
                            ..self.means
                        }));
                }
                Next::FinishedParcel(None) | Next::Due => {}
                Next::Saved(result) => {
                    self.saving = None;
                    if let Err(error) = result {
                        tracing::error!(route = %self.live.key, %error, "progress cannot be kept");
                        self.unsaved = Some(Instant::now() + STORE_PAUSE);
                    }
                }
                Next::Arrived => self.at_end = false,
                // The route is no more.
                Next::Ordered(None) => return,
                Next::Stop => return self.farewell().await,
            }
        }
    }

    /// Waits for the next event. Nothing is begun here that could be given up half way.
    async fn next(
        &mut self,
        orders: &mut mpsc::Receiver<WorkerCommand>,
        stopped: &mut watch::Receiver<bool>,
        arrivals: &mut watch::Receiver<()>,
        due: Option<Instant>,
    ) -> Next {
        let saved = async {
            match &mut self.saving {
                Some(saving) => saving.await,
                None => std::future::pending().await,
            }
        };
        let waited = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        let is_on_its_way = !self.on_their_way.is_empty();
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => Next::Stop,
            order = orders.recv() => Next::Ordered(order),
            landed = self.on_their_way.join_next(), if is_on_its_way => Next::FinishedParcel(landed),
            result = saved => Next::Saved(result),
            Ok(()) = arrivals.changed() => Next::Arrived,
            () = waited => Next::Due,
        }
    }

    fn is_working(&self) -> bool {
        self.next_means.is_none() && !self.means.route.paused && !self.live.is_stopped()
    }

    /// When there is something to do, though nothing happens.
    fn due(&self, store_pause: Option<Instant>) -> Option<Instant> {
        let saving = self.unsaved.filter(|_| self.saving.is_none()).map(|since| since + SAVING);
        let has_room = self.on_their_way.len() < self.means.concurrency;
        let working = match self.breaker.permit(Instant::now()) {
            _ if !self.is_working() => None,
            _ if store_pause.is_some() => store_pause,
            _ if self.wants_more() => Some(Instant::now()),
            Permit::NotBefore(until) => Some(until),
            // When something has landed, it goes on.
            Permit::All if has_room => self.lanes.next_due(),
            // The pause has ended since something was to be sent.
            Permit::One if self.on_their_way.is_empty() && self.lanes.ready_records() > 0 => {
                Some(Instant::now())
            }
            Permit::One if self.on_their_way.is_empty() => self.lanes.next_due(),
            Permit::All | Permit::One | Permit::NotYet => None,
        };
        [saving, working].into_iter().flatten().min()
    }

    fn obey(&mut self, order: WorkerCommand) {
        match order {
            WorkerCommand::Change(means) => self.next_means = Some(*means),
            WorkerCommand::TryNow => {
                self.breaker = Breaker::new(self.pauses);
                self.lanes.release();
            }
            WorkerCommand::Expired(through) => {
                self.lanes.drop_through(through);
                self.read = self.read.max(through);
            }
            WorkerCommand::Skipped(dev_eui, sequence) => {
                self.lanes.drop_one(dev_eui, sequence);
                self.unsaved.get_or_insert_with(Instant::now);
            }
        }
    }

    /// Begins to work with other means, once nothing is on its way by the old ones: what waits is read
    /// again, and what is done stays done.
    fn change_over(&mut self) {
        if !self.on_their_way.is_empty() {
            return;
        }
        if let Some(means) = self.next_means.take() {
            self.means = means;
            self.lanes = Lanes::new(self.pauses);
            self.breaker = Breaker::new(self.pauses);
            self.read = self.live.place();
            self.at_end = false;
        }
    }

    /// Reads ahead, as far as is of use, and not so much at once that nothing else is heard.
    async fn fill(&mut self) -> Result<(), DeliveryError> {
        for _ in 0..PAGES {
            if !self.wants_more() {
                return Ok(());
            }
            let page = self.mailbox.records_after(&self.live.key.group, self.read, PAGE).await?;
            self.at_end = page.len() < PAGE;
            for (sequence, waiting) in self.looked_at(page).await? {
                self.read = sequence;
                self.hold(sequence, waiting);
            }
        }
        Ok(())
    }

    /// Whether reading on is of use. While the recipient is left alone, one record will do, to ask with.
    fn wants_more(&self) -> bool {
        let (most, most_bytes) = HELD;
        let wanted = AHEAD.max(self.means.batch * self.means.concurrency);
        !self.at_end
            && match self.breaker.permit(Instant::now()) {
                Permit::All => {
                    self.lanes.ready_records() < wanted
                        && self.lanes.records() < most
                        && self.lanes.bytes() < most_bytes
                }
                _ => self.lanes.records() == 0,
            }
    }

    /// Records as they wait, where the route takes them. An expression is evaluated elsewhere.
    async fn looked_at(
        &mut self,
        page: Vec<StoredRecord>,
    ) -> Result<Vec<(Sequence, Looked)>, DeliveryError> {
        let route = Arc::clone(&self.means.route);
        let is_cheap = route.filter.expression.is_none();
        let look = move || {
            let all = page.into_iter();
            all.map(|record| (record.sequence, parcels::waiting(&route, record))).collect()
        };
        if is_cheap {
            return Ok(look());
        }
        self.mailbox.filtering().run(&self.live.key.group, look).await
    }

    /// Puts a record into its lane, where the route takes it and is not done with it.
    fn hold(&mut self, sequence: Sequence, looked: Looked) {
        if self.live.standing(|standing| standing.progress.is_done(sequence)) {
            return;
        }
        match looked {
            Ok(Some(waiting)) => self.lanes.put(waiting),
            Ok(None) => self.pass(sequence),
            Err(error) => {
                tracing::error!(route = %self.live.key, %error, "a record cannot be read");
                self.pass(sequence);
            }
        }
    }

    /// The route is done with a record that it does not take.
    fn pass(&mut self, sequence: Sequence) {
        self.live.standing(|standing| standing.progress.done(sequence));
        self.unsaved.get_or_insert_with(Instant::now);
    }

    /// Sends parcels on their way, as many as may be.
    async fn launch(&mut self) {
        while self.on_their_way.len() < self.means.concurrency {
            let now = Instant::now();
            let limit = match self.breaker.permit(now) {
                Permit::All => self.means.batch,
                Permit::One if self.on_their_way.is_empty() => {
                    // Which record is asked with does not matter, nor when its lane would be ready.
                    self.lanes.release();
                    1
                }
                Permit::One | Permit::NotBefore(_) | Permit::NotYet => return,
            };
            let taken = self.lanes.take(limit, now);
            if taken.is_empty() {
                return;
            }
            let Some((mut parcel, told)) = self.parcel(&taken).await else { continue };
            self.breaker.sent();
            let recipient = Arc::clone(&self.means.recipient);
            let live = Arc::clone(&self.live);
            self.on_their_way.spawn(async move {
                let (at, began) = (Timestamp::now(), Instant::now());
                let traced = TracedParcel::begin(&mut parcel, &live.key);
                let handed = recipient.hand_over(&parcel).await;
                traced.end(&live.key, &handed);
                let names = parcel.records.into_iter().map(|record| record.id);
                live.attempts.note(Attempt::new(at, parcel.id, names, &handed, began.elapsed()));
                FinishedParcel { taken, handed, told }
            });
        }
    }

    /// A parcel of records. They were read when they were put into their lanes, so none of them is
    /// unreadable now.
    async fn parcel(&mut self, taken: &[Waiting]) -> Option<(Parcel, HandedByDevice)> {
        let mut told = HandedByDevice::new();
        if self.means.route.only_new {
            for waiting in taken {
                let handed = self.live.handed(&self.mailbox, waiting.dev_eui, &told).await;
                told.insert(waiting.dev_eui, handed);
            }
        }
        match parcels::parcel(&self.means.route, taken, &mut told) {
            Ok(parcel) => Some((parcel, told)),
            Err(error) => {
                tracing::error!(route = %self.live.key, %error, "a record cannot be read");
                for waiting in taken {
                    self.pass(waiting.sequence);
                }
                self.lanes.done(taken);
                None
            }
        }
    }

    fn landed(&mut self, landed: FinishedParcel) {
        let FinishedParcel { taken, handed, told } = landed;
        let now = Instant::now();
        match handed.verdict {
            Verdict::Taken => {
                self.live.remember(told);
                self.live.standing(|standing| {
                    for record in &taken {
                        standing.progress.done(record.sequence);
                    }
                    standing.delivered += taken.len() as u64;
                });
                metrics::counter!("champollion_records_delivered_total")
                    .increment(taken.len() as u64);
                self.lanes.done(&taken);
                // A route that was resumed or changed has a breaker that knows nothing of before.
                self.live.tell_recovered();
                if self.breaker.succeeded() {
                    tracing::info!(route = %self.live.key, "the recipient takes records again");
                    self.lanes.release();
                }
                self.unsaved.get_or_insert(now);
            }
            Verdict::Later(asked_for) => {
                metrics::counter!("champollion_deliveries_failed_total").increment(1);
                tracing::debug!(route = %self.live.key, why = handed.message(), "not delivered");
                self.failed(taken, now);
                let was_open = self.breaker.open_until(now).is_some();
                self.breaker.failed(now, asked_for);
                if !was_open && self.breaker.open_until(now).is_some() {
                    let why = handed.message();
                    tracing::warn!(route = %self.live.key, why, "the recipient is left alone");
                    self.live.tell_failing(why);
                    self.unsaved.get_or_insert(now);
                }
            }
            Verdict::Gone => {
                let reason = handed.message().to_owned();
                tracing::warn!(route = %self.live.key, reason, "the recipient wants nothing more");
                self.failed(taken, now);
                self.live.stop(reason);
                self.unsaved = Some(now.checked_sub(SAVING).unwrap_or(now));
            }
        }
    }

    /// Puts records that were not taken back into their lanes, but for those that were removed or skipped.
    fn failed(&mut self, taken: Vec<Waiting>, now: Instant) {
        let done = self.live.standing(|standing| {
            let done = taken.iter().filter(|record| standing.progress.is_done(record.sequence));
            done.map(|record| (record.dev_eui, record.sequence)).collect::<Vec<_>>()
        });
        self.lanes.failed(taken, now);
        self.lanes.drop_through(self.live.place());
        for (dev_eui, sequence) in done {
            self.lanes.drop_one(dev_eui, sequence);
        }
    }

    fn save_when_due(&mut self, now: Instant) {
        if self.saving.is_none() && self.unsaved.is_some_and(|since| since + SAVING <= now) {
            self.unsaved = None;
            let (live, mailbox) = (Arc::clone(&self.live), Arc::clone(&self.mailbox));
            self.saving = Some(Box::pin(async move { live.save(&mailbox).await }));
        }
    }

    fn show(&self, now: Instant) {
        let until = self.breaker.open_until(now).and_then(|until| {
            let pause = SignedDuration::try_from(until - now).ok()?;
            Timestamp::now().checked_add(pause).ok()
        });
        self.live.show(RouteView {
            backing_off_until: until,
            failures: self.breaker.failures(),
            oldest_waiting: self.lanes.oldest(),
            refused: self.lanes.refused(REFUSED),
            ..RouteView::default()
        });
    }

    /// Waits a little for what is on its way, so that less is handed over twice.
    async fn farewell(mut self) {
        let landing = async {
            while let Some(landed) = self.on_their_way.join_next().await {
                if let Ok(landed) = landed {
                    self.landed(landed);
                }
            }
        };
        drop(tokio::time::timeout(FAREWELL, landing).await);
        if let Some(saving) = self.saving.take() {
            // It is tried once more below.
            drop(saving.await);
        }
        if let Err(error) = self.live.save(&self.mailbox).await {
            tracing::error!(route = %self.live.key, %error, "progress cannot be kept");
        }
    }
}
