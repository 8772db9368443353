//! The figures of connectivity: frames are counted on their way, written in few batches, and closed day by day.

pub(crate) mod availability;
mod counts;
pub(crate) mod members;
mod settings;
mod upkeep;

use std::sync::{Arc, OnceLock};

use champollion_fleet::names::GroupId;
use champollion_service::{
    gateways::GatewayBook,
    quality::{AvailabilityBook, Books, Counting, Days, Member, Part, Stretch, replay},
};
use champollion_store::{Store, TableError};
use jiff::{Timestamp, civil::Date};

pub(crate) use counts::FrameCounts;
pub use settings::QualitySettings;
pub(crate) use upkeep::{look_after, write};

use crate::devices::{Device, Devices};

/// A question whether a notice about a device is in force on a day.
type HasNotice = Box<dyn Fn(&Device, Date) -> bool + Send + Sync>;

/// The figures of the server.
pub struct Quality {
    settings: QualitySettings,
    days: Days,
    counts: Arc<FrameCounts>,
    books: Books,
    gateways: GatewayBook,
    availability: AvailabilityBook,
    devices: Arc<Devices>,
    has_notice: OnceLock<HasNotice>,
    /// Since when frames are taken: no gateway is silent while nobody listens.
    started: Timestamp,
}

impl Quality {
    /// Opens the figures of a store by the days of the territory, and counts the records that a crash has left uncounted.
    ///
    /// # Errors
    /// [`TableError`] where they cannot be read.
    pub async fn open(
        store: Arc<dyn Store>,
        devices: Arc<Devices>,
        (settings, days): (QualitySettings, Days),
    ) -> Result<Self, TableError> {
        let now = Timestamp::now();
        let counting = Arc::new(Counting::new(days.clone()));
        let books = Books::open(Arc::clone(&store), Arc::clone(&counting), now).await?;
        count_what_is_kept(&*store, &books, &counting).await?;
        let counts = Arc::new(FrameCounts::new(counting));
        let hearing = Arc::clone(counts.hearing());
        let gateways = GatewayBook::open(Arc::clone(&store), hearing).await?;
        let availability = AvailabilityBook::new(store, days.clone());
        let has_notice = OnceLock::new();
        Ok(Self {
            settings,
            days,
            counts,
            books,
            gateways,
            availability,
            devices,
            has_notice,
            started: now,
        })
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
