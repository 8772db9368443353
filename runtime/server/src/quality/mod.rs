//! The figures of connectivity: frames are counted on their way, written in few batches, and closed day by day.

pub(crate) mod availability;
mod counts;
pub(crate) mod members;
mod only_gateways;
mod scope;
mod settings;
mod shared_logs;
mod silences;
mod upkeep;

use std::sync::{Arc, OnceLock};

use champollion_delivery::mailbox::Mailbox;
use champollion_fleet::names::GroupId;
use champollion_service::{
    gateways::GatewayBook,
    quality::{AvailabilityBook, Books, Counting, Days, Member, Part, Stretch, replay},
};
use champollion_store::{Store, TableError};
use jiff::{Timestamp, civil::Date};
use parking_lot::Mutex;
use tokio::task::JoinHandle;

pub(crate) use counts::FrameCounts;
pub(crate) use only_gateways::OnlyGateways;
pub(crate) use scope::Scope;
pub use settings::QualitySettings;
pub(crate) use silences::{AskedSilence, SilentPlace};
pub(crate) use upkeep::{begin, end};

use crate::{
    cluster::LeadsEar,
    devices::{Device, Devices},
};
use only_gateways::KeptGateways;
use shared_logs::SharedLogs;
use silences::Silences;

/// A question whether a notice about a device is in force on a day.
type HasNotice = Box<dyn Fn(&Device, Date) -> bool + Send + Sync>;

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
        let books = Books::unread(Arc::clone(&store), Arc::clone(&counting), started);
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
        match &self.logs {
            Some(logs) => logs.take_over(&self.books, &self.counts).await,
            None => count_what_is_kept(&*self.store, &self.books, self.counts.counting()).await,
        }
    }

    /// Makes durable what was counted, or on a store that several nodes share what is to be counted in the logs. Returns the
    /// number of frames that came too late.
    async fn flush(&self) -> Result<u64, TableError> {
        match &self.logs {
            Some(logs) => logs.count(&self.books, &self.counts).await,
            None => self.books.flush().await,
        }
    }

    /// Leaves out objects while a notice about them is in force.
    pub fn leave_out_by(&self, has_notice: impl Fn(&Device, Date) -> bool + Send + Sync + 'static) {
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

    /// The groups that have objects, or had some.
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
        let members = |day| self.members(group, day);
        self.books.figures(group, (stretch.first, stretch.last), members).await
    }

    /// The objects of a group as the promise is about them on a day.
    fn members(&self, group: &GroupId, day: Date) -> Vec<Member> {
        members::of_group(&self.devices, group, |device| self.has_notice(device, day))
    }

    /// Whether a notice about a device is in force on a day.
    pub(crate) fn has_notice(&self, device: &Device, day: Date) -> bool {
        self.has_notice.get().is_some_and(|asked| asked(device, day))
    }
}

/// Counts the records that are kept and were not counted, as after a crash.
async fn count_what_is_kept(
    store: &dyn Store,
    books: &Books,
    counting: &Counting,
) -> Result<(), TableError> {
    let replayed = replay(store, books, counting).await?;
    books.flush().await?;
    if replayed.counted > 0 || replayed.unreadable > 0 {
        tracing::info!(
            counted = replayed.counted,
            unreadable = replayed.unreadable,
            "records that are kept were added to the figures of connectivity"
        );
    }
    Ok(())
}
