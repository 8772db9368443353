//! Where devices live: the network server that each was last heard of through, and its name for it.

use std::{collections::HashMap, sync::Arc};

use champollion_frames::DevEui;
use champollion_store::{Batch, Store};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

use super::LedgerError;
use crate::{devices, lns::NetworkServerName};

/// The table of where devices live, by DevEUI.
const TABLE: &str = "whereabouts";

/// How many lines are read from the store at once at the start.
const SCAN: usize = 1_000;

/// Where a device lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Whereabouts {
    /// The network server.
    pub network_server: NetworkServerName,
    /// The application that it has the device in, where it has applications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// How it names the device, where that is not the DevEUI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// Where all devices live, in memory; the store keeps what is needed to know it again.
pub(super) struct AllWhereabouts {
    store: Arc<dyn Store>,
    /// Held for a look-up or an insertion, never across an await.
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
        self.known.read().get(&dev_eui).cloned()
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
        let mut known = self.known.write();
        known.insert(dev_eui, Arc::new(whereabouts));
        Ok(())
    }

    pub(super) async fn forget(&self, dev_eui: DevEui) -> Result<(), LedgerError> {
        let mut batch = Batch::new();
        batch.delete(TABLE, devices::key(dev_eui));
        self.store.commit(batch).await?;
        self.known.write().remove(&dev_eui);
        Ok(())
    }
}
