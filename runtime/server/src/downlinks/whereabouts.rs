//! Where devices live: the network server that each was last heard of through, and its name for it.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use champollion_frames::DevEui;
use champollion_lns::Whereabouts;
use champollion_store::{Batch, Store};

use super::LedgerError;
use crate::devices;

/// The table of where devices live, by DevEUI.
const TABLE: &str = "whereabouts";

/// How many lines are read from the store at once at the start.
const SCAN: usize = 1_000;

/// Where all devices live, in memory; the store keeps what is needed to know it again.
pub(super) struct AllWhereabouts {
    store: Arc<dyn Store>,
    /// A std lock: it is held for a look-up or an insertion, never across an await.
    known: RwLock<HashMap<DevEui, Arc<Whereabouts>>>,
}

impl AllWhereabouts {
    pub(super) async fn open(store: Arc<dyn Store>) -> Result<Self, LedgerError> {
        let mut known = HashMap::new();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = store.scan(TABLE, b"", after.as_deref(), SCAN).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for line in &page {
                let key = String::from_utf8_lossy(&line.key);
                let damaged = |reason: String| LedgerError::Damaged {
                    table: TABLE,
                    key: key.clone().into_owned(),
                    reason,
                };
                let dev_eui = key.parse().map_err(|_| damaged("it is no DevEUI".to_owned()))?;
                let whereabouts = serde_json::from_slice(&line.value)
                    .map_err(|error| damaged(error.to_string()))?;
                known.insert(dev_eui, Arc::new(whereabouts));
            }
        }
        Ok(Self { store, known: RwLock::new(known) })
    }

    pub(super) fn of(&self, dev_eui: DevEui) -> Option<Arc<Whereabouts>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&dev_eui).cloned()
    }

    /// Most frames tell nothing new, and cost a look-up.
    pub(super) async fn learn(
        &self,
        dev_eui: DevEui,
        whereabouts: Whereabouts,
    ) -> Result<(), LedgerError> {
        if self.of(dev_eui).is_some_and(|known| *known == whereabouts) {
            return Ok(());
        }
        let key = devices::key(dev_eui);
        let value = serde_json::to_vec(&whereabouts).map_err(|error| LedgerError::Damaged {
            table: TABLE,
            key: dev_eui.to_string(),
            reason: error.to_string(),
        })?;
        let mut batch = Batch::new();
        batch.put(TABLE, key, value);
        self.store.commit(batch).await?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(dev_eui, Arc::new(whereabouts));
        Ok(())
    }

    pub(super) async fn forget(&self, dev_eui: DevEui) -> Result<(), LedgerError> {
        let mut batch = Batch::new();
        batch.delete(TABLE, devices::key(dev_eui));
        self.store.commit(batch).await?;
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&dev_eui);
        Ok(())
    }
}
