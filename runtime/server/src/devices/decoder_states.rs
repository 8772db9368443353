//! What a decoder remembers of a device: read before a frame is decoded, kept together with the frame's
//! record, and forgotten with the device. This is the one place that knows its table.

use champollion_frames::DevEui;
use champollion_registry::{DecoderId, LoadedDecoder};
use champollion_sdk::vectors::Hex;
use champollion_store::{Batch, Store};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{DevicesError, damaged, key, put};

/// The table of what decoders remember of a device, by DevEUI.
const DECODER_STATES: &str = "decoder-states";

/// What a decoder remembers of a device, and which decoder it was.
#[derive(Serialize, Deserialize)]
pub(crate) struct RememberedState {
    decoder: DecoderId,
    version: Version,
    state: Hex,
}

impl RememberedState {
    /// What a decoder returned as state for a frame.
    pub(crate) fn new(decoder: &LoadedDecoder, state: Vec<u8>) -> Self {
        let LoadedDecoder { id, version, .. } = decoder;
        Self { decoder: id.clone(), version: version.clone(), state: Hex(state) }
    }

    /// What is remembered of a device, where anything is.
    pub(crate) async fn of(
        store: &dyn Store,
        dev_eui: DevEui,
    ) -> Result<Option<Self>, DevicesError> {
        let key = key(dev_eui);
        let Some(value) = store.get(DECODER_STATES, &key).await? else { return Ok(None) };
        let read = serde_json::from_slice(&value);
        read.map(Some).map_err(|error| damaged(DECODER_STATES, &key, error.to_string()))
    }

    /// The state for a decoder. What another decoder remembered, or another major version of this one,
    /// it could only misread.
    pub(crate) fn state_for(self, decoder: &LoadedDecoder) -> Vec<u8> {
        let same = self.decoder == decoder.id && self.version.major == decoder.version.major;
        if same { self.state.0 } else { Vec::new() }
    }

    /// Puts it into the batch of the device's frame.
    pub(crate) fn put(&self, batch: &mut Batch, dev_eui: DevEui) -> Result<(), DevicesError> {
        put(batch, DECODER_STATES, dev_eui, self)
    }

    /// Has a batch forget what is remembered of a device.
    pub(crate) fn forget(batch: &mut Batch, dev_eui: DevEui) {
        batch.delete(DECODER_STATES, key(dev_eui));
    }
}
