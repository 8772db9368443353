//! Alerts: the rules in memory, and the hook in the way of a frame.

mod armed;
mod changing;
mod judged;
mod keeping;
mod trying;
mod watching;

use std::sync::{Arc, OnceLock};

use champollion_delivery::names::GroupId;
use champollion_service::{
    alerts::{AlertBook, AlertsError, Judge, RuleBook, Terms},
    outbox::LocalTime,
};
use champollion_store::Store;
use jiff::Timestamp;
use tokio::sync::Mutex;

pub(crate) use judged::Judged;
pub(crate) use trying::KeptFrame;
pub(crate) use watching::Seen;

use crate::{
    devices::{Device, Devices},
    sign_in::page_below,
    turns::GroupTurns,
};
use armed::ArmedRules;
use keeping::Counted;

/// The page of alerts, which mails lead to.
const PAGE: &str = "/partner/alerts";

/// Says whether a notice is in force for a device at a moment.
type Notices = Box<dyn Fn(&Device, Timestamp) -> bool + Send + Sync>;

/// The alerts of a server.
pub struct Alerts {
    /// The store as rounds write to it: of several nodes that which leads alone.
    led_store: Arc<dyn Store>,
    /// The devices that rules watch.
    pub(crate) devices: Arc<Devices>,
    /// The judge of rules.
    pub(crate) judge: Judge,
    /// The rules in memory.
    pub(crate) armed: ArmedRules,
    /// The notices that mute devices, where somebody keeps any.
    notices: OnceLock<Notices>,
    /// The rules in the store.
    pub(crate) rules: RuleBook,
    /// The alerts in the store.
    pub(crate) book: AlertBook,
    /// The same as any node writes to it.
    book_of_all: AlertBook,
    counted: Counted,
    /// Held while a rule of a group is put: those of one process wait for each other, those of several try again.
    pub(crate) putting: GroupTurns,
    /// Held while rules are read, so that what was read last is what is in memory.
    reading: Mutex<()>,
}

impl Alerts {
    /// Reads the rules of a store, which is named twice: for frames, which any node takes, and for what one node of
    /// several does alone. Mails lead to a page below the public address, where there is one, and tell moments by the
    /// clocks of the territory and quantities by their names.
    ///
    /// # Errors
    /// The rules cannot be read.
    pub async fn open(
        (store, led_store): (Arc<dyn Store>, Arc<dyn Store>),
        devices: Arc<Devices>,
        (public_address, clocks): (&str, LocalTime),
        terms: Arc<dyn Terms>,
    ) -> Result<Self, AlertsError> {
        let page = page_below(public_address, PAGE);
        let alerts = Self {
            judge: Judge::new(Arc::clone(&store), (page, clocks), terms),
            armed: ArmedRules::default(),
            notices: OnceLock::new(),
            book_of_all: AlertBook::new(Arc::clone(&store)),
            counted: Counted::default(),
            rules: RuleBook::new(store),
            book: AlertBook::new(Arc::clone(&led_store)),
            devices,
            led_store,
            putting: GroupTurns::default(),
            reading: Mutex::default(),
        };
        alerts.reload().await?;
        Ok(alerts)
    }

    /// Mutes devices for which a notice is in force: nothing is raised of them then.
    pub fn mute_by(&self, notices: impl Fn(&Device, Timestamp) -> bool + Send + Sync + 'static) {
        // Only the first one counts: the server says it once, when it starts.
        drop(self.notices.set(Box::new(notices)));
    }

    /// Has the rules of a group in memory be those of the store.
    pub(crate) async fn reload_of(&self, group: &GroupId) -> Result<(), AlertsError> {
        let _alone = self.reading.lock().await;
        self.armed.replace_of(group, self.rules.of_group(group).await?);
        Ok(())
    }

    /// Has the rules of all groups in memory be those of the store.
    pub(crate) async fn reload(&self) -> Result<(), AlertsError> {
        let _alone = self.reading.lock().await;
        self.armed.replace(self.rules.all().await?);
        Ok(())
    }
}
