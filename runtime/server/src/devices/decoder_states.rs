//! The state that a decoder remembers of a device. This is the one place that knows its table.

use champollion_frames::DevEui;
use champollion_registry::{LoadedDecoder, package::DecoderId};
use champollion_sdk::vectors::Hex;
use champollion_store::{Batch, Seen, Store, Table, TableError, tables};
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

impl Remembered {
    /// Reads what is remembered of a device.
    pub(crate) async fn read(store: &dyn Store, dev_eui: DevEui) -> Result<Self, TableError> {
        let (state, seen) = DECODER_STATES.get_seen(store, &dev_eui).await?;
        Ok(Self { dev_eui, state, seen })
    }

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
        batch: &mut Batch,
        decoder: &LoadedDecoder,
        state: Vec<u8>,
    ) -> Result<(), TableError> {
        let (decoder, version) = (decoder.id.clone(), decoder.version.clone());
        let remembered = RememberedState { decoder, version, state: Hex(state) };
        DECODER_STATES.put(batch, &self.dev_eui, &remembered)
    }
}

/// Has a batch forget what is remembered of a device.
pub(super) fn forget(batch: &mut Batch, dev_eui: DevEui) {
    DECODER_STATES.delete(batch, &dev_eui);
}
