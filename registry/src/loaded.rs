//! Decoders that are in memory: called, measured, and given up when others need the room.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use champollion_frames::VerifiedUplink;
use champollion_sandbox::{Call, Decoder, Digest, Reading, Settings};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};
use semver::Version;

use crate::{DecoderId, Manifest, quarantine::Health};

/// A decoder with the name under which records quote it.
pub struct LoadedDecoder {
    /// Its name.
    pub id: DecoderId,
    /// Its version.
    pub version: Version,
    /// What it says of itself.
    pub manifest: Arc<Manifest>,
    /// The decoder.
    pub decoder: Decoder,
    pub(crate) health: Arc<Health>,
    gauges: Gauges,
}

/// What operators see of a decoder. The handles are looked up once: by name they would take as long
/// as a decode.
struct Gauges {
    decoded: Counter,
    fuel: Histogram,
    seconds: Histogram,
    memory: Gauge,
    /// The most memory that a call had so far, in bytes.
    peak_bytes: AtomicUsize,
}

impl LoadedDecoder {
    pub(crate) fn new(manifest: Arc<Manifest>, decoder: Decoder, health: Arc<Health>) -> Self {
        let (id, version) = (manifest.id.clone(), manifest.version.clone());
        let gauges = Gauges::of(&id, &version);
        Self { id, version, manifest, decoder, health, gauges }
    }

    /// Decodes a frame, and counts what it came to.
    #[must_use]
    pub fn decode_uplink(&self, uplink: &VerifiedUplink, settings: &Settings) -> Call<Reading> {
        let started = Instant::now();
        let call = self.decoder.decode_uplink(uplink, settings);
        self.count(&call, started.elapsed());
        call
    }

    /// Counts a call of the decoder.
    pub fn count<T>(&self, call: &Call<T>, took: Duration) {
        match &call.result {
            Ok(_) => self.gauges.decoded.increment(1),
            Err(error) => decodes(&self.id, &self.version, error.code()).increment(1),
        }
        self.gauges.fuel.record(call.fuel as f64);
        self.gauges.seconds.record(took);
        let peak = self.gauges.peak_bytes.fetch_max(call.memory_bytes, Ordering::Relaxed);
        if call.memory_bytes > peak {
            self.gauges.memory.set(call.memory_bytes as f64);
        }
    }
}

impl Gauges {
    fn of(id: &DecoderId, version: &Version) -> Self {
        let labels = [("decoder", id.to_string()), ("version", version.to_string())];
        Self {
            decoded: decodes(id, version, "decoded"),
            fuel: histogram!("champollion_decode_fuel", &labels),
            seconds: histogram!("champollion_decode_seconds", &labels),
            memory: gauge!("champollion_decode_memory_peak_bytes", &labels),
            peak_bytes: AtomicUsize::new(0),
        }
    }
}

fn decodes(id: &DecoderId, version: &Version, result: &'static str) -> Counter {
    let labels = [
        ("decoder", id.to_string()),
        ("version", version.to_string()),
        ("result", result.to_owned()),
    ];
    counter!("champollion_decodes_total", &labels)
}

/// The decoders in memory. They are bounded by the bytes of their code; those that were not called
/// for longest go first, and are loaded again when they are next called.
pub(crate) struct LoadedDecoders(
    Cache<
        Digest,
        Arc<LoadedDecoder>,
        CodeBytes,
        DefaultHashBuilder,
        DefaultLifecycle<Digest, Arc<LoadedDecoder>>,
    >,
);

#[derive(Clone)]
struct CodeBytes;

impl Weighter<Digest, Arc<LoadedDecoder>> for CodeBytes {
    fn weight(&self, _: &Digest, loaded: &Arc<LoadedDecoder>) -> u64 {
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

    /// The decoder of a digest; `load` is run once however many ask for it at the same time.
    pub(crate) async fn get_or_load<E>(
        &self,
        digest: Digest,
        load: impl Future<Output = Result<Arc<LoadedDecoder>, E>>,
    ) -> Result<Arc<LoadedDecoder>, E> {
        let loaded = self.0.get_or_insert_async(&digest, load).await?;
        gauge!("champollion_decoders_loaded").set(self.0.len() as f64);
        gauge!("champollion_decoders_loaded_bytes").set(self.0.weight() as f64);
        Ok(loaded)
    }

    pub(crate) fn get(&self, digest: Digest) -> Option<Arc<LoadedDecoder>> {
        self.0.get(&digest)
    }

    pub(crate) fn keep(&self, digest: Digest, loaded: Arc<LoadedDecoder>) {
        self.0.insert(digest, loaded);
    }
}
