//! All devices, read at the start. The tables of their rows are read side by side in the order of the DevEUIs: a row that
//! is absent costs no look-up. Each table has tasks of its own, so that a page is fetched and unsealed while those before
//! are parsed, several at once, and the one before these is taken into memory.

use std::{panic::resume_unwind, sync::Arc, vec};

use champollion_frames::DevEui;
use champollion_store::{
    Store, Table, TableError, UnreadPage,
    codec::{Json, Text},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    DEVICES, Device, Devices, DevicesError, JOINED, JOINS, REPORTS, SESSIONS,
    line::{Credentials, Line},
    rows::Progress,
};

/// Pages of a table that are read ahead: enough for a reader and a taker that take turns.
const AHEAD: usize = 2;

/// Pages of a table that are parsed at once, or wait for those before them.
const PARSED_AHEAD: usize = 4;

/// The rows of a page, each made into what is taken into memory.
type Made<T> = Result<Vec<(DevEui, T)>, TableError>;

/// The rows of a table, read ahead in the order of the devices, each made into what is taken into memory.
struct Ahead<T> {
    /// The pages in their order, each while it is parsed.
    pages: mpsc::Receiver<JoinHandle<Made<T>>>,
    page: vec::IntoIter<(DevEui, T)>,
    /// The row of a device that is yet to come.
    waiting: Option<(DevEui, T)>,
}

/// A page of rows as it is stored.
type Unread<V> = UnreadPage<DevEui, V, Text, Json>;

/// Fetches the pages of a table, one after another.
async fn fetch<V: Serialize + DeserializeOwned>(
    table: Table<DevEui, V>,
    store: Arc<dyn Store>,
    fetched: mpsc::Sender<Result<Unread<V>, TableError>>,
) {
    let mut pages = table.pages(&*store);
    while let Some(page) = pages.next_unread().await.transpose() {
        let fails = page.is_err();
        // Nobody waits for more where another table cannot be read.
        if fetched.send(page).await.is_err() || fails {
            return;
        }
    }
}

/// Reads the rows of a page, and makes of each what is taken into memory.
fn read<V: Serialize + DeserializeOwned, T>(
    page: Result<Unread<V>, TableError>,
    make: fn(DevEui, V) -> Result<T, TableError>,
) -> Made<T> {
    let rows = page?.read()?;
    let mut made = Vec::with_capacity(rows.len());
    for (dev_eui, row) in rows {
        made.push((dev_eui, make(dev_eui, row)?));
    }
    Ok(made)
}

impl<T: Send + 'static> Ahead<T> {
    fn of<V: Serialize + DeserializeOwned + Send + 'static>(
        table: Table<DevEui, V>,
        store: &Arc<dyn Store>,
        make: fn(DevEui, V) -> Result<T, TableError>,
    ) -> Self {
        let (fetched, mut unread) = mpsc::channel(AHEAD);
        tokio::spawn(fetch(table, Arc::clone(store), fetched));
        let (sender, pages) = mpsc::channel(PARSED_AHEAD);
        tokio::spawn(async move {
            while let Some(page) = unread.recv().await {
                // Nobody waits for more where a page cannot be read.
                if sender.send(tokio::spawn(async move { read(page, make) })).await.is_err() {
                    return;
                }
            }
        });
        Self { pages, page: Vec::new().into_iter(), waiting: None }
    }

    /// The next row; `None` after the last one.
    async fn next(&mut self) -> Result<Option<(DevEui, T)>, TableError> {
        loop {
            if let Some(row) = self.waiting.take().or_else(|| self.page.next()) {
                return Ok(Some(row));
            }
            match self.pages.recv().await {
                Some(page) => {
                    // Without its devices the server must not go on.
                    let page = page.await.unwrap_or_else(|error| resume_unwind(error.into_panic()));
                    self.page = page?.into_iter();
                }
                None => return Ok(None),
            }
        }
    }

    /// The row of a device. Rows of those before it are passed over: nobody has them.
    async fn row_of(&mut self, dev_eui: DevEui) -> Result<Option<T>, TableError> {
        while let Some((of, value)) = self.next().await? {
            if of == dev_eui {
                return Ok(Some(value));
            }
            if of > dev_eui {
                self.waiting = Some((of, value));
                break;
            }
        }
        Ok(None)
    }
}

/// The device of a line, and what it is verified with: the keys as text go no further.
fn registered(dev_eui: DevEui, line: Line) -> Result<(Device, Credentials), TableError> {
    let credentials = line.credentials_of(dev_eui)?;
    Ok((line.device, credentials))
}

impl Devices {
    /// Takes all devices and their sessions into memory.
    pub(super) async fn read_all(&self) -> Result<(), DevicesError> {
        let mut lines = Ahead::of(DEVICES, &self.store, registered);
        let mut all_sessions = Ahead::of(SESSIONS, &self.store, |_, row| Ok(row));
        let mut all_joins = Ahead::of(JOINS, &self.store, |_, row| Ok(row));
        let mut all_joined = Ahead::of(JOINED, &self.store, |_, row| Ok(row));
        let mut all_reports = Ahead::of(REPORTS, &self.store, |_, row| Ok(row));
        while let Some((dev_eui, (device, credentials))) = lines.next().await? {
            let session = all_sessions.row_of(dev_eui).await?;
            let joins = all_joins.row_of(dev_eui).await?;
            let joined = all_joined.row_of(dev_eui).await?;
            let reports = all_reports.row_of(dev_eui).await?;
            // A device with a session for its life has none by joining, whatever it had before.
            let joined = match credentials {
                Credentials::Session(_) => None,
                Credentials::Joiner(_) | Credentials::Elsewhere => joined.as_ref(),
            };
            let (joins, reports) = (joins.as_ref(), reports.as_ref());
            let progress = Progress { session, joins, joined, reports };
            self.restore(device, credentials, &progress)?;
        }
        Ok(())
    }
}
