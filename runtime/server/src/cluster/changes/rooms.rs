//! The rooms that have rows in memory, and how each reads again what another node has changed.

use std::sync::Arc;

use champollion_fleet::roster::Roster;
use champollion_registry::{Registry, requests::RequestDesk};
use champollion_service::{alerts::AlertsError, notices::Notices};
use champollion_store::{Store, TableError, TableName, tables};

use super::{change::Rows, due_devices::DueDevices};
use crate::{
    alerts::Alerts,
    auth::Tokens,
    derived::DerivedAssignments,
    devices::{Devices, DevicesError},
    downlinks::{Downlinks, LedgerError},
};

/// Tables of which a single row cannot be read by itself: partners with their groups, people and grants.
const OF_ROSTER: [TableName; 4] =
    [tables::PARTNERS, tables::GROUP_OWNERS, tables::PEOPLE, tables::GRANTS];

/// Tables of the registry, whose index is put together of them all.
const OF_REGISTRY: [TableName; 5] = [
    tables::REGISTRY_VERSIONS,
    tables::REGISTRY_CHANNELS,
    tables::REGISTRY_QUARANTINE,
    tables::REGISTRY_MAPPINGS,
    tables::REGISTRY_KEYS,
];

/// Tables whose keys are DevEUIs, and whose rows make one device.
const OF_DEVICES: [TableName; 3] = [tables::DEVICES, tables::JOINED, tables::JOINS];

/// The rooms that have rows in memory.
pub(crate) struct Rooms {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) roster: Arc<Roster>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) decoder_requests: Arc<RequestDesk>,
    pub(crate) devices: Arc<Devices>,
    pub(crate) downlinks: Arc<Downlinks>,
    pub(crate) derived: DerivedAssignments,
    pub(crate) alerts: Arc<Alerts>,
    pub(crate) notices: Arc<Notices>,
}

/// The reason why rows are not read again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    /// A table cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The devices or their points cannot be read.
    #[error(transparent)]
    Devices(#[from] DevicesError),
    /// The whereabouts of devices cannot be read.
    #[error(transparent)]
    Downlinks(#[from] LedgerError),
    /// The rules of alerts cannot be read.
    #[error(transparent)]
    Alerts(#[from] AlertsError),
}

impl Rooms {
    /// Whether the index of the registry is to be read again, which takes longer than a row.
    pub(super) fn is_of_registry(rows: &Rows) -> bool {
        has_any(rows, &OF_REGISTRY)
    }

    /// Reads again the rows that changed. Whom is let in comes first; devices are due from then on.
    pub(super) async fn refresh(&self, rows: &Rows, due: &DueDevices) -> Result<(), RefreshError> {
        if let Some(keys) = rows.get(tables::TOKENS.as_str()) {
            self.tokens.refresh(&*self.store, keys).await?;
        }
        if has_any(rows, &OF_ROSTER) {
            self.roster.refresh(&*self.store).await?;
        }
        if rows.contains_key(tables::DECODER_REQUESTS.as_str()) {
            self.follow_requests().await?;
        }
        if let Some(keys) = rows.get(tables::POINTS.as_str()) {
            self.devices.refresh_points(keys).await?;
        }
        if let Some(keys) = rows.get(tables::WHEREABOUTS.as_str()) {
            self.downlinks.refresh_whereabouts(keys).await?;
        }
        self.follow_what_frames_are_judged_by(rows).await?;
        for table in OF_DEVICES {
            let Some(keys) = rows.get(table.as_str()) else { continue };
            due.add(Devices::named(keys)?);
        }
        Ok(())
    }

    /// Reads again what each frame is derived and judged by: the derived decoders, the rules of alerts, and the notices
    /// that mute.
    async fn follow_what_frames_are_judged_by(&self, rows: &Rows) -> Result<(), RefreshError> {
        if let Some(keys) = rows.get(tables::DERIVED_OF_DEVICES.as_str()) {
            self.derived.know_devices(keys)?;
        }
        if let Some(keys) = rows.get(tables::DERIVED_OF_GROUPS.as_str()) {
            self.derived.know_groups(keys)?;
        }
        if rows.contains_key(tables::ALERT_RULES.as_str()) {
            self.alerts.reload().await?;
        }
        if rows.contains_key(tables::NOTICES.as_str()) {
            self.notices.refresh().await?;
        }
        Ok(())
    }

    /// Reads requests for decoders again, and has their candidates run beside on the frames of this node.
    async fn follow_requests(&self) -> Result<(), RefreshError> {
        self.decoder_requests.refresh(&*self.store).await?;
        let requests = self.decoder_requests.after(None);
        requests.iter().for_each(|request| self.registry.follow_request(request));
        Ok(())
    }
}

fn has_any(rows: &Rows, tables: &[TableName]) -> bool {
    tables.iter().any(|table| rows.contains_key(table.as_str()))
}
