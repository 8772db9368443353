//! The derived decoders of a device, and what they remember of it. This is the one place that knows both tables.

use std::{collections::BTreeMap, sync::Arc};

use champollion_frames::DevEui;
use champollion_registry::{LoadedDecoder, package::DecoderRef};
use champollion_sandbox::Memory;
use champollion_store::{Batch, Seen, Store, Table, TableError, tables};
use semver::Version;
use serde::{Deserialize, Serialize};

const DERIVED_STATES: Table<DevEui, BTreeMap<String, Kept>> = Table::new(tables::DERIVED_STATES);

/// The derived decoders of devices, as requirements.
pub(crate) const DERIVED_OF_DEVICES: Table<DevEui, Vec<DecoderRef>> =
    Table::new(tables::DERIVED_OF_DEVICES);

/// The memory of one derived decoder, and the version that it is of.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: Version,
    memory: Memory,
}

/// The memory of all derived decoders of a device, as it was read for one of its frames.
pub(crate) struct Memories {
    dev_eui: DevEui,
    kept: BTreeMap<String, Kept>,
    seen: Seen,
    has_changed: bool,
}

impl Memories {
    /// Reads what derived decoders remember of a device.
    pub(crate) async fn read(store: &dyn Store, dev_eui: DevEui) -> Result<Self, TableError> {
        let (kept, seen) = DERIVED_STATES.get_seen(store, &dev_eui).await?;
        Ok(Self { dev_eui, kept: kept.unwrap_or_default(), seen, has_changed: false })
    }

    /// The memory for a decoder. That of another major version it could only misread.
    pub(crate) fn of(&self, decoder: &LoadedDecoder) -> Option<Memory> {
        let kept = self.kept.get(&decoder.id.to_string())?;
        (kept.version.major == decoder.version.major).then(|| kept.memory.clone())
    }

    /// Notes what a decoder remembers from now on.
    pub(crate) fn note(&mut self, decoder: &LoadedDecoder, memory: Memory) {
        let version = decoder.version.clone();
        self.kept.insert(decoder.id.to_string(), Kept { version, memory });
        self.has_changed = true;
    }

    /// Puts what is remembered into the batch of the frame, which is refused where something else is remembered by
    /// then. What decoders remember that are run no more is forgotten.
    pub(crate) fn put(
        mut self,
        batch: &mut Batch,
        run: &[Arc<LoadedDecoder>],
    ) -> Result<(), TableError> {
        self.seen.expect_unchanged(batch);
        if !self.has_changed {
            return Ok(());
        }
        self.kept.retain(|name, _| run.iter().any(|decoder| decoder.id.to_string() == *name));
        DERIVED_STATES.put(batch, &self.dev_eui, &self.kept)
    }
}

/// Has a batch forget the derived decoders of a device, and what they remember.
pub(super) fn forget(batch: &mut Batch, dev_eui: DevEui) {
    DERIVED_STATES.delete(batch, &dev_eui);
    DERIVED_OF_DEVICES.delete(batch, &dev_eui);
}
