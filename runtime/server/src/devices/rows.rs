//! The rows that the store keeps of one device, and how memory is made to say the same.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

use champollion_delivery::names::GroupId;
use champollion_frames::{DevEui, JoinState, ReportState, Session, SessionState};
use champollion_store::{Batch, Seen, Store, StoreError, Table, TableError};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    DEVICES, Device, Devices, DevicesError, JOINED, JOINS, REPORTS, SESSIONS,
    line::{Credentials, JoinedSession, JoinedSessions, Line},
};

/// Times that a change is made anew that another process has overtaken. Two processes that serve the same
/// device meet once; more often only where several come in between.
const TIMES: usize = 3;

/// A row as it was read: what it says, and its very bytes, which a change can be based on.
pub(super) struct Row<V> {
    pub(super) value: Option<V>,
    pub(super) seen: Seen,
}

/// The rows of a device that change with its frames and joins.
pub(super) struct ProgressRows {
    /// Absent where the device has no session yet.
    pub(super) session: Option<Row<SessionState>>,
    /// Only of a device that joins, and whose joins are seen here.
    pub(super) joins: Option<Row<JoinState>>,
    /// Only of a device that has its sessions by joining.
    pub(super) joined: Option<Row<JoinedSessions>>,
    pub(super) reports: Row<ReportState>,
}

/// The progress of a device with its frames and joins, as the store has it.
pub(super) struct Progress<'rows> {
    pub(super) session: Option<SessionState>,
    pub(super) joins: Option<&'rows JoinState>,
    pub(super) joined: Option<&'rows JoinedSessions>,
    pub(super) reports: Option<&'rows ReportState>,
}

/// All rows of a registered device, as they were at one moment.
pub(super) struct Rows {
    pub(super) line: Row<Line>,
    pub(super) progress: ProgressRows,
}

/// Counts how often a change was made anew.
#[derive(Default)]
pub(crate) struct Overtaken(usize);

impl Overtaken {
    /// Whether a change that failed is to be made anew, from rows that are read again.
    pub(crate) fn is_again(&mut self, error: &DevicesError) -> bool {
        self.0 += 1;
        self.0 <= TIMES && error.is_overtaken()
    }
}

impl DevicesError {
    /// Whether the change was based on rows that another has changed since.
    pub(crate) fn is_overtaken(&self) -> bool {
        matches!(
            self,
            Self::SessionReplaced(_)
                | Self::Store(StoreError::Conflict { .. })
                | Self::Table(TableError::Store(StoreError::Conflict { .. }))
        )
    }
}

impl<V: Serialize + DeserializeOwned> Row<V> {
    pub(super) async fn read(
        table: Table<DevEui, V>,
        store: &dyn Store,
        dev_eui: DevEui,
    ) -> Result<Self, TableError> {
        let (value, seen) = table.get_seen(store, &dev_eui).await?;
        Ok(Self { value, seen })
    }
}

impl ProgressRows {
    /// Reads the rows that a device has by the way in which it is activated.
    pub(super) async fn read(
        store: &dyn Store,
        dev_eui: DevEui,
        credentials: &Credentials,
    ) -> Result<Self, TableError> {
        let joins = match credentials {
            Credentials::Joiner(_) => Some(Row::read(JOINS, store, dev_eui).await?),
            Credentials::Session(_) | Credentials::Elsewhere => None,
        };
        let joined = match credentials {
            Credentials::Session(_) => None,
            Credentials::Joiner(_) | Credentials::Elsewhere => {
                Some(Row::read(JOINED, store, dev_eui).await?)
            }
        };
        let session = match &joined {
            Some(Row { value: None, .. }) => None,
            _ => Some(Row::read(SESSIONS, store, dev_eui).await?),
        };
        let reports = Row::read(REPORTS, store, dev_eui).await?;
        Ok(Self { session, joins, joined, reports })
    }

    /// The values of the rows.
    fn progress(&self) -> Progress<'_> {
        Progress {
            session: self.session.as_ref().and_then(|row| row.value),
            joins: self.joins.as_ref().and_then(|row| row.value.as_ref()),
            joined: self.joined.as_ref().and_then(|row| row.value.as_ref()),
            reports: self.reports.value.as_ref(),
        }
    }

    fn seen(&self) -> [Option<&Seen>; 4] {
        [
            self.session.as_ref().map(|row| &row.seen),
            self.joins.as_ref().map(|row| &row.seen),
            self.joined.as_ref().map(|row| &row.seen),
            Some(&self.reports.seen),
        ]
    }
}

impl Rows {
    /// Reads all rows of a device; `None` where it is not registered.
    async fn read(store: &dyn Store, dev_eui: DevEui) -> Result<Option<Self>, DevicesError> {
        let mut before: Option<Self> = None;
        loop {
            let line = Row::read(DEVICES, store, dev_eui).await?;
            let Some(stored) = &line.value else { return Ok(None) };
            let credentials = stored.credentials_of(dev_eui)?;
            let progress = ProgressRows::read(store, dev_eui, &credentials).await?;
            let rows = Self { line, progress };
            // Each row is read by itself. Read twice alike, all of them were so at one moment: no session
            // is put together with the counter of another.
            if before.is_some_and(|before| before.are_as(&rows)) {
                return Ok(Some(rows));
            }
            before = Some(rows);
        }
    }

    fn are_as(&self, other: &Self) -> bool {
        self.line.seen == other.line.seen && self.progress.seen() == other.progress.seen()
    }

    /// Has a batch refused where the device was changed or removed since, or its sessions.
    pub(super) fn expect_unchanged(&self, batch: &mut Batch) {
        self.line.seen.expect_unchanged(batch);
        if let Some(joined) = &self.progress.joined {
            joined.seen.expect_unchanged(batch);
        }
    }
}

impl Line {
    /// Returns the credentials that the device is verified with.
    pub(super) fn credentials_of(&self, dev_eui: DevEui) -> Result<Credentials, TableError> {
        self.credentials().map_err(|reason| DEVICES.damaged(&dev_eui, reason))
    }
}

impl JoinedSessions {
    /// The session that a device has, and the one that it is offered.
    pub(super) fn sessions(&self, dev_eui: DevEui) -> Result<[Option<Session>; 2], TableError> {
        let session = |stored: &JoinedSession| {
            stored.session(dev_eui).map_err(|reason| JOINED.damaged(&dev_eui, reason))
        };
        let current = self.current.as_ref().map(session).transpose()?;
        let offered = self.offered.as_ref().map(session).transpose()?;
        // One that is offered to a device without a session is the one that it has.
        Ok(if current.is_none() { [offered, None] } else { [current, offered] })
    }
}

impl Devices {
    /// Returns the devices of the rows with these keys.
    pub(crate) fn named(keys: &BTreeSet<Vec<u8>>) -> Result<Vec<DevEui>, DevicesError> {
        let named = keys.iter().map(|key| DEVICES.key_of(key).map_err(DevicesError::from));
        named.collect()
    }

    /// Returns a device where it is one of a group. One that is not is read again first: another node may have registered it
    /// a moment ago.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn get_of_group(
        &self,
        dev_eui: DevEui,
        group: &GroupId,
    ) -> Result<Option<Arc<Device>>, DevicesError> {
        let known = || self.get(dev_eui).filter(|device| device.group == *group);
        if let Some(device) = known() {
            return Ok(Some(device));
        }
        self.reread(dev_eui).await?;
        Ok(known())
    }

    /// Makes memory say of a device what the store says, since another process has changed it.
    pub(crate) async fn reread(&self, dev_eui: DevEui) -> Result<(), DevicesError> {
        let _turn = self.turns.of(dev_eui).await;
        self.reread_in_turn(dev_eui).await.map(drop)
    }

    /// The same in the device's turn; gives what was read, `None` where the device is not registered.
    pub(super) async fn reread_in_turn(
        &self,
        dev_eui: DevEui,
    ) -> Result<Option<Rows>, DevicesError> {
        let rows = Rows::read(&*self.store, dev_eui).await?;
        match &rows {
            Some(Rows { line: Row { value: Some(line), .. }, progress }) => {
                let credentials = line.credentials_of(dev_eui)?;
                self.restore(line.device.clone(), credentials, &progress.progress())?;
            }
            _ => self.forget(dev_eui),
        }
        Ok(rows)
    }

    /// Has a device in memory as it is stored.
    pub(super) fn restore(
        &self,
        device: Device,
        credentials: Credentials,
        progress: &Progress<'_>,
    ) -> Result<(), DevicesError> {
        let dev_eui = device.dev_eui;
        let [current, offered] = match progress.joined {
            Some(joined) => joined.sessions(dev_eui)?,
            None => [None, None],
        };
        let current = match credentials {
            Credentials::Session(session) => {
                self.joins.remove(dev_eui);
                Some(session)
            }
            Credentials::Joiner(joiner) => {
                self.joins.restore(joiner, progress.joins.cloned().unwrap_or_default());
                current
            }
            Credentials::Elsewhere => {
                self.joins.remove(dev_eui);
                current
            }
        };
        // A session without a row is where it was when it was registered or handed over.
        let current = current.map(|session| {
            let begins = session.state();
            session.with_state(progress.session.unwrap_or(begins))
        });
        self.written.forget(dev_eui);
        self.sessions.restore(dev_eui, current, offered);
        let reported = progress.reports.cloned().unwrap_or_default();
        if self.reports.state(dev_eui) != reported {
            self.reports.insert(dev_eui, reported);
        }
        self.know(device);
        Ok(())
    }

    /// Has nothing of a device in memory any more.
    pub(super) fn forget(&self, dev_eui: DevEui) {
        self.written.forget(dev_eui);
        self.sessions.remove(dev_eui);
        self.joins.remove(dev_eui);
        self.reports.remove(dev_eui);
        let mut known = self.known.write();
        let before = known.remove(dev_eui);
        self.of_groups.lock().change(before.as_deref(), None);
        self.changes.fetch_add(1, Ordering::AcqRel);
        drop(known);
        self.heard.forget(dev_eui);
        let name_before = before.as_ref().and_then(|before| before.device_id.as_deref());
        self.names.change(dev_eui, name_before, None);
        self.count();
    }
}
