//! The decoders in memory, given up when others need the room.

use std::{future::Future, sync::Arc};

use champollion_sandbox::Digest;
use metrics::gauge;
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};

use crate::loaded_decoder::LoadedDecoder;

/// The name of a decoder in memory: the digest of its package, and that of the mapping which it is measured by.
pub(crate) type LoadedKey = (Digest, Option<Digest>);

/// The decoders in memory. They are bounded by the bytes of their code; those that were not called
/// for longest go first, and are loaded again when they are next called.
pub(crate) struct LoadedDecoders(
    Cache<
        LoadedKey,
        Arc<LoadedDecoder>,
        CodeBytes,
        DefaultHashBuilder,
        DefaultLifecycle<LoadedKey, Arc<LoadedDecoder>>,
    >,
);

#[derive(Clone)]
struct CodeBytes;

impl Weighter<LoadedKey, Arc<LoadedDecoder>> for CodeBytes {
    fn weight(&self, _: &LoadedKey, loaded: &Arc<LoadedDecoder>) -> u64 {
        loaded.decoder.loaded_bytes() as u64
    }
}

impl LoadedDecoders {
    /// About the code of a decoder in bytes, to size the table of the cache.
    const USUAL_BYTES: u64 = 250 << 10;

    pub(crate) fn within(bytes: u64) -> Self {
        let mut options = OptionsBuilder::new();
        options
            .weight_capacity(bytes)
            .estimated_items_capacity((bytes / Self::USUAL_BYTES) as usize)
            // Each shard has its part of the bytes; with more than one, a large decoder could fit
            // into none.
            .shards(1);
        let options = options.build().unwrap_or_else(|_| unreachable!("both capacities are given"));
        Self(Cache::with_options(
            options,
            CodeBytes,
            DefaultHashBuilder::default(),
            DefaultLifecycle::default(),
        ))
    }

    /// The decoder of a name; `load` is run once however many ask for it at the same time.
    pub(crate) async fn get_or_load<E>(
        &self,
        key: LoadedKey,
        load: impl Future<Output = Result<Arc<LoadedDecoder>, E>>,
    ) -> Result<Arc<LoadedDecoder>, E> {
        let loaded = self.0.get_or_insert_async(&key, load).await?;
        gauge!("champollion_decoders_loaded").set(self.0.len() as f64);
        gauge!("champollion_decoders_loaded_bytes").set(self.0.weight() as f64);
        Ok(loaded)
    }

    pub(crate) fn get(&self, key: &LoadedKey) -> Option<Arc<LoadedDecoder>> {
        self.0.get(key)
    }

    pub(crate) fn keep(&self, key: LoadedKey, loaded: Arc<LoadedDecoder>) {
        self.0.insert(key, loaded);
    }
}
