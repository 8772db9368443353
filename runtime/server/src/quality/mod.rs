//! The figures of connectivity: frames are counted on their way, written in few batches, and closed day by day.

pub(crate) mod availability;
mod counts;
pub(crate) mod members;
mod only_gateways;
mod past;
mod scope;
mod settings;
mod shared_logs;
mod silences;
#[cfg(test)]
mod tests;
mod upkeep;

use std::sync::{Arc, OnceLock};

use champollion_delivery::mailbox::Mailbox;
use champollion_fleet::names::{GroupId, UseCase};
use champollion_service::{
    gateways::GatewayBook,
    outbox::OutboxError,
    quality::{
        AvailabilityBook, Books, Counting, Days, Flushed, MembersByDay, Part, Replay, Stretch,
    },
};
use champollion_store::{Store, TableError};
use jiff::{SignedDuration, Timestamp, civil::Date};
use parking_lot::Mutex;
use tokio::task::JoinHandle;

pub(crate) use counts::FrameCounts;
pub(crate) use only_gateways::OnlyGateways;
pub(crate) use scope::Scope;
pub use settings::QualitySettings;
pub(crate) use silences::{AskedSilence, SilentPlace};
pub(crate) use upkeep::{begin, end};

use crate::{cluster::LeadsEar, devices::Devices};
use only_gateways::KeptGateways;
use past::KeptPast;
use shared_logs::SharedLogs;
use silences::Silences;

/// The time after which nodes have written when they heard devices: they do each minute.
const SOON_WRITTEN: SignedDuration = SignedDuration::from_mins(3);

/// The time before which that was looked at already.
const LATEST_WRITTEN: SignedDuration = SignedDuration::from_mins(13);

/// A question whether a notice about objects of a group and a use case is in force on a day.
type HasNotice = Box<dyn Fn(&GroupId, Option<&UseCase>, Date) -> bool + Send + Sync>;

/// The figures of the server.
pub struct Quality {
    store: Arc<dyn Store>,
    settings: QualitySettings,
    days: Days,
    counts: Arc<FrameCounts>,
    books: Books,
    gateways: GatewayBook,
    availability: AvailabilityBook,
    devices: Arc<Devices>,
    has_notice: OnceLock<HasNotice>,
    /// The objects as they were at the ends of the days that are open.
    past: KeptPast,
    /// The lists of silent objects that were made lately.
    silences: Silences,
    /// The gateways that alone hear objects, as they were lately.
    only_gateways: KeptGateways,
    /// The logs that frames are counted from, where several nodes share the store.
    logs: Option<SharedLogs>,
    /// The upkeep, once it has begun.
    upkeep: Mutex<Option<JoinHandle<()>>>,
    /// Since when frames are taken: no gateway is silent while nobody listens.
    started: Timestamp,
}

impl Quality {
    /// The figures of a store by the days of the territory, of which nothing is read before they are
    /// [taken over](Self::take_over). Where several nodes share the store, their records are in a mailbox, and what only
    /// one of them notes reaches the lead by its ear.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        devices: Arc<Devices>,
        (settings, days): (QualitySettings, Days),
        nodes: Option<(Arc<Mailbox>, LeadsEar)>,
    ) -> Self {
        let started = Timestamp::now();
        let counting = Arc::new(Counting::new(days.clone()));
        let first_heard = Arc::clone(devices.first_heard());
        let books = Books::unread(Arc::clone(&store), Arc::clone(&counting), first_heard, started);
        let (mailbox, lead) = nodes.unzip();
        let counts = Arc::new(FrameCounts::new(counting, lead));
        let hearing = Arc::clone(counts.hearing());
        let gateways = GatewayBook::unread(Arc::clone(&store), hearing);
        let availability = AvailabilityBook::new(Arc::clone(&store), days.clone());
        let logs = mailbox.map(|mailbox| SharedLogs::new(Arc::clone(&store), mailbox));
        Self {
            store,
            settings,
            days,
            counts,
            books,
            gateways,
            availability,
            devices,
            has_notice: OnceLock::new(),
            past: KeptPast::default(),
            silences: Silences::default(),
            only_gateways: KeptGateways::default(),
            logs,
            upkeep: Mutex::default(),
            started,
        }
    }

    /// Reads what the store has, and counts the records that are kept and were not counted, as after a crash. Of several
    /// nodes the one that leads does.
    ///
    /// # Errors
    /// [`TableError`] where they cannot be read.
    pub(crate) async fn take_over(&self) -> Result<(), TableError> {
        self.books.read_again(Timestamp::now()).await?;
        self.gateways.read_again().await?;
        if !self.books.calendar().knows_first_days {
            self.books.learn_first_days(self.devices.ever_heard()).await?;
        }
        if self.logs.is_none() {
            self.count_what_is_kept().await?;
        }
        self.flush().await?;
        if let Some(logs) = &self.logs {
            logs.remove_done().await;
        }
        // A kill loses the moments of a minute, and no tally.
        self.know_heard((Timestamp::MIN, Timestamp::MAX));
        Ok(())
    }

    /// Counts the records that are kept and were not counted, as after a crash, with the gateways that heard them.
    async fn count_what_is_kept(&self) -> Result<(), TableError> {
        let counts = (self.counts.counting(), &**self.counts.hearing());
        let replayed = Replay::default().go_on(&*self.store, &self.books, counts).await?;
        if replayed.counted > 0 || replayed.unreadable > 0 {
            tracing::info!(
                counted = replayed.counted,
                unreadable = replayed.unreadable,
                "records that are kept were added to the figures of connectivity"
            );
        }
        Ok(())
    }

    /// Makes durable what was counted, or on a store that several nodes share what is to be counted in the logs. Returns the
    /// number of frames that came too late.
    async fn flush(&self) -> Result<u64, TableError> {
        // The gateways that heard a frame are written first: they may be counted twice after a crash, and are never lost.
        let gateways = self.write_heard();
        let flushed = match &self.logs {
            Some(logs) => logs.count(&self.books, &self.counts, gateways).await,
            None => self.books.flush_after(gateways).await,
        };
        // Those that are heard by now come after.
        self.devices.forget_heard(self.books.first_heard().take_anew());
        let Flushed { late, new } = flushed?;
        self.devices.heard_at_least(new);
        Ok(late)
    }

    /// Makes durable which gateways were heard; where that fails, it is tried again the next time.
    async fn write_heard(&self) -> Result<(), TableError> {
        match self.gateways.write(Timestamp::now(), None).await {
            Ok(_) => Ok(()),
            Err(OutboxError::Table(error)) => Err(error),
            // The store did not fail: frames would wait for ever.
            Err(error) => {
                tracing::error!(%error, "gateways cannot be kept");
                Ok(())
            }
        }
    }

    /// Has devices have been heard when the tallies of the days that are open say so, of those from one moment to another.
    fn know_heard(&self, between: (Timestamp, Timestamp)) {
        let mut heard = self.books.last_heard(between);
        // One that was registered anew since then was not heard.
        heard.retain(|dev_eui, _| self.books.first_heard().of(*dev_eui).is_some());
        self.devices.heard_at_least(heard);
    }

    /// Has devices have been heard that another node heard, which was killed before it wrote so.
    pub(crate) fn know_heard_by_others(&self) {
        let now = Timestamp::now();
        self.know_heard((now - LATEST_WRITTEN, now - SOON_WRITTEN));
    }

    /// Leaves out objects while a notice about them is in force.
    pub fn leave_out_by(
        &self,
        has_notice: impl Fn(&GroupId, Option<&UseCase>, Date) -> bool + Send + Sync + 'static,
    ) {
        // It is set once, where the server is put together.
        drop(self.has_notice.set(Box::new(has_notice)));
    }

    /// The counts that frames on their way are added to.
    pub(crate) fn counts(&self) -> &Arc<FrameCounts> {
        &self.counts
    }

    /// The settings of the figures.
    pub(crate) fn settings(&self) -> &QualitySettings {
        &self.settings
    }

    /// The days of the territory.
    pub(crate) fn days(&self) -> &Days {
        &self.days
    }

    /// The books of the days.
    pub(crate) fn books(&self) -> &Books {
        &self.books
    }

    /// The gateways that were heard.
    pub(crate) fn gateways(&self) -> &GatewayBook {
        &self.gateways
    }

    /// The minutes in which the server and the routes were well.
    pub(crate) fn availability(&self) -> &AvailabilityBook {
        &self.availability
    }

    /// The groups that have objects, or of which anything was counted.
    pub(crate) fn groups(&self) -> Vec<GroupId> {
        let mut groups = self.devices.groups();
        groups.extend(self.books.groups());
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// The figures of a group by day.
    pub(crate) async fn figures(
        &self,
        group: &GroupId,
        stretch: Stretch,
    ) -> Result<Vec<(Date, Vec<Part>)>, TableError> {
        let by_day = match self.books.calendar().is_closed(stretch.last) {
            true => MembersByDay::default(),
            false => self.members_by_day(Some(group)).await?,
        };
        let members = |day| self.members((group, day), &by_day);
        self.books.figures(group, (stretch.first, stretch.last), members).await
    }
}
