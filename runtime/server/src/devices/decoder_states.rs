//! The state that a decoder remembers of a device. This is the one place that knows its table.

use std::collections::HashSet;

use champollion_frames::DevEui;
use champollion_registry::{LoadedDecoder, package::DecoderId};
use champollion_sdk::vectors::Hex;
use champollion_store::{Batch, Seen, Store, Table, TableError, tables};
use parking_lot::RwLock;
use semver::Version;
use serde::{Deserialize, Serialize};

const DECODER_STATES: Table<DevEui, RememberedState> = Table::new(tables::DECODER_STATES);

/// The state that a decoder remembers of a device, and which decoder it was.
#[derive(Serialize, Deserialize)]
struct RememberedState {
    decoder: DecoderId,
    version: Version,
    state: Hex,
}

/// The state that is remembered of a device, as it was read for one of its frames.
pub(crate) struct Remembered {
    dev_eui: DevEui,
    state: Option<RememberedState>,
    seen: Seen,
}

/// The devices of which nothing is remembered, as far as this process knows, as of most: of them nothing is read. Where
/// another process has left something behind meanwhile, the batch of the frame is refused, and this one
/// [forgets](Self::forget) what it knew.
#[derive(Default)]
pub(crate) struct StatelessDevices(RwLock<HashSet<DevEui>>);

impl StatelessDevices {
    /// Reads what is remembered of a device.
    pub(crate) async fn read(
        &self,
        store: &dyn Store,
        dev_eui: DevEui,
    ) -> Result<Remembered, TableError> {
        if self.0.read().contains(&dev_eui) {
            let seen = DECODER_STATES.absent(&dev_eui);
            return Ok(Remembered { dev_eui, state: None, seen });
        }
        let (state, seen) = DECODER_STATES.get_seen(store, &dev_eui).await?;
        if state.is_none() {
            self.0.write().insert(dev_eui);
        }
        Ok(Remembered { dev_eui, state, seen })
    }

    /// Has the next frame of a device read what is remembered of it.
    pub(crate) fn forget(&self, dev_eui: DevEui) {
        if self.0.read().contains(&dev_eui) {
            self.0.write().remove(&dev_eui);
        }
    }
}

impl Remembered {
    /// The state for a decoder. What another decoder remembered, or another major version of this one,
    /// it could only misread.
    pub(crate) fn state_for(&self, decoder: &LoadedDecoder) -> Vec<u8> {
        let is_own = |remembered: &&RememberedState| {
            remembered.decoder == decoder.id && remembered.version.major == decoder.version.major
        };
        self.state.as_ref().filter(is_own).map_or_else(Vec::new, |own| own.state.0.clone())
    }

    /// Has the batch of the frame refused where something else is remembered by then: the frame was decoded
    /// with a state that another frame has left behind.
    pub(crate) fn expect_unchanged(&self, batch: &mut Batch) {
        self.seen.expect_unchanged(batch);
    }

    /// Puts into the batch of the frame what its decoder remembers from now on.
    pub(crate) fn put(
        &self,
        stateless: &StatelessDevices,
        batch: &mut Batch,
        decoder: &LoadedDecoder,
        state: Vec<u8>,
    ) -> Result<(), TableError> {
        let (decoder, version) = (decoder.id.clone(), decoder.version.clone());
        let remembered = RememberedState { decoder, version, state: Hex(state) };
        stateless.forget(self.dev_eui);
        DECODER_STATES.put(batch, &self.dev_eui, &remembered)
    }
}

/// Has a batch forget what is remembered of a device.
pub(super) fn forget(batch: &mut Batch, dev_eui: DevEui) {
    DECODER_STATES.delete(batch, &dev_eui);
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore, StoreError};

    use super::*;

    #[tokio::test]
    async fn what_another_process_has_left_behind_is_a_conflict_and_is_read_after_that() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let (stateless, dev_eui) =
            (StatelessDevices::default(), "70B3D5499A000001".parse().unwrap());
        assert!(stateless.read(&store, dev_eui).await.unwrap().state.is_none());

        let remembered = RememberedState {
            decoder: "acme/meter".parse().unwrap(),
            version: Version::new(1, 0, 0),
            state: Hex(vec![7]),
        };
        let mut of_another = Batch::new();
        DECODER_STATES.put(&mut of_another, &dev_eui, &remembered).unwrap();
        store.commit(of_another).await.unwrap();

        let mut batch = Batch::new();
        stateless.read(&store, dev_eui).await.unwrap().expect_unchanged(&mut batch);
        let refused = store.commit(batch).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");

        stateless.forget(dev_eui);
        let mut batch = Batch::new();
        let read = stateless.read(&store, dev_eui).await.unwrap();
        read.expect_unchanged(&mut batch);
        assert_eq!(read.state.unwrap().state.0, [7]);
        store.commit(batch).await.unwrap();
        store.close().await.unwrap();
    }
}
