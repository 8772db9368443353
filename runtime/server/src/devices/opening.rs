//! All devices, read at the start. The tables of their rows are read side by side in the order of the DevEUIs, each by a
//! task of its own: a row that is absent costs no look-up, and a page is unsealed and parsed while another is taken into
//! memory.

use std::{sync::Arc, vec};

use champollion_frames::DevEui;
use champollion_store::{Store, Table, TableError};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::mpsc;

use super::{
    DEVICES, Devices, DevicesError, JOINED, JOINS, REPORTS, SESSIONS, line::Credentials,
    rows::Progress,
};

/// Pages of a table that are read ahead: enough for a reader and a taker that take turns.
const AHEAD: usize = 2;

/// The rows of a table, read ahead in the order of the devices.
struct Ahead<V> {
    pages: mpsc::Receiver<Result<Vec<(DevEui, V)>, TableError>>,
    page: vec::IntoIter<(DevEui, V)>,
    /// The row of a device that is yet to come.
    waiting: Option<(DevEui, V)>,
}

impl<V: Serialize + DeserializeOwned + Send + 'static> Ahead<V> {
    fn of(table: Table<DevEui, V>, store: &Arc<dyn Store>) -> Self {
        let (sender, pages) = mpsc::channel(AHEAD);
        let store = Arc::clone(store);
        tokio::spawn(async move {
            let mut pages = table.pages(&*store);
            while let Some(page) = pages.next().await.transpose() {
                let fails = page.is_err();
                // Nobody waits for more where another table cannot be read.
                if sender.send(page).await.is_err() || fails {
                    return;
                }
            }
        });
        Self { pages, page: Vec::new().into_iter(), waiting: None }
    }

    /// The next row; `None` after the last one.
    async fn next(&mut self) -> Result<Option<(DevEui, V)>, TableError> {
        loop {
            if let Some(row) = self.waiting.take().or_else(|| self.page.next()) {
                return Ok(Some(row));
            }
            match self.pages.recv().await {
                Some(page) => self.page = page?.into_iter(),
                None => return Ok(None),
            }
        }
    }

    /// The row of a device. Rows of those before it are passed over: nobody has them.
    async fn row_of(&mut self, dev_eui: DevEui) -> Result<Option<V>, TableError> {
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

impl Devices {
    /// Takes all devices and their sessions into memory.
    pub(super) async fn read_all(&self) -> Result<(), DevicesError> {
        let mut lines = Ahead::of(DEVICES, &self.store);
        let mut all_sessions = Ahead::of(SESSIONS, &self.store);
        let mut all_joins = Ahead::of(JOINS, &self.store);
        let mut all_joined = Ahead::of(JOINED, &self.store);
        let mut all_reports = Ahead::of(REPORTS, &self.store);
        while let Some((dev_eui, line)) = lines.next().await? {
            let credentials = line.credentials_of(dev_eui)?;
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
            self.restore(line.device, credentials, &progress)?;
        }
        Ok(())
    }
}
