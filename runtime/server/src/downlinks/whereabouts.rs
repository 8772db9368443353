//! Where devices live: the network server that each was last heard of through, and its name for it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use champollion_frames::DevEui;
use champollion_lns::Whereabouts;
use champollion_store::{Batch, Store, Table, tables};
use parking_lot::RwLock;

use super::LedgerError;

const WHEREABOUTS: Table<DevEui, Whereabouts> = Table::new(tables::WHEREABOUTS);

/// Where all devices live, in memory; the store keeps what is needed to know it again.
pub(super) struct AllWhereabouts {
    store: Arc<dyn Store>,
    /// Held for a look-up or an insertion, never across an await.
    known: RwLock<HashMap<DevEui, Arc<Whereabouts>>>,
}

impl AllWhereabouts {
    pub(super) async fn open(store: Arc<dyn Store>) -> Result<Self, LedgerError> {
        let mut known = HashMap::new();
        let mut pages = WHEREABOUTS.pages(&*store);
        while let Some(page) = pages.next().await? {
            for (dev_eui, whereabouts) in page {
                known.insert(dev_eui, Arc::new(whereabouts));
            }
        }
        Ok(Self { store, known: RwLock::new(known) })
    }

    /// Reads again the rows of these keys, which another node has changed.
    pub(super) async fn refresh(&self, keys: &BTreeSet<Vec<u8>>) -> Result<(), LedgerError> {
        for key in keys {
            let dev_eui = WHEREABOUTS.key_of(key)?;
            let whereabouts = WHEREABOUTS.get(&*self.store, &dev_eui).await?;
            let mut known = self.known.write();
            match whereabouts {
                Some(whereabouts) => drop(known.insert(dev_eui, Arc::new(whereabouts))),
                None => drop(known.remove(&dev_eui)),
            }
        }
        Ok(())
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
        let mut batch = Batch::new();
        WHEREABOUTS.put(&mut batch, &dev_eui, &whereabouts)?;
        self.store.commit(batch).await?;
        let mut known = self.known.write();
        known.insert(dev_eui, Arc::new(whereabouts));
        Ok(())
    }

    pub(super) async fn forget(&self, dev_eui: DevEui) -> Result<(), LedgerError> {
        let mut batch = Batch::new();
        WHEREABOUTS.delete(&mut batch, &dev_eui);
        self.store.commit(batch).await?;
        self.known.write().remove(&dev_eui);
        Ok(())
    }
}
