//! A decoder in memory, called and measured.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use champollion_frames::VerifiedUplink;
use champollion_sandbox::{Call, Decoder, Reading, Settings};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use semver::Version;

use crate::{
    channels::Health,
    ledger::KeptMapping,
    package::{DecoderId, Manifest},
};

/// A decoder with the name under which records quote it.
pub struct LoadedDecoder {
    /// The name of the decoder.
    pub id: DecoderId,
    /// The version of the decoder.
    pub version: Version,
    /// The manifest of the decoder.
    pub manifest: Arc<Manifest>,
    /// The decoder, ready to be called.
    pub decoder: Decoder,
    /// The mapping by which its fields are measured, where one is in force.
    pub mapping: Option<Arc<KeptMapping>>,
    pub(crate) health: Arc<Health>,
    gauges: Gauges,
}

/// The metrics of a decoder. Their handles are looked up once: by name they would take as long as a decode.
struct Gauges {
    decoded: Counter,
    fuel: Histogram,
    seconds: Histogram,
    memory: Gauge,
    /// The most memory that a call had so far, in bytes.
    peak_bytes: AtomicUsize,
}

impl LoadedDecoder {
    pub(crate) fn new(
        manifest: Arc<Manifest>,
        decoder: Decoder,
        health: Arc<Health>,
        mapping: Option<Arc<KeptMapping>>,
    ) -> Self {
        let (id, version) = (manifest.id.clone(), manifest.version.clone());
        let gauges = Gauges::of(&id, &version);
        Self { id, version, manifest, decoder, mapping, health, gauges }
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
