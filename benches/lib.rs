//! The ground of the benchmarks: the packages that `cargo xtask guests` built, and figures that are no times
//! of one call.

use std::{env, fmt, fs, path::PathBuf, sync::Arc};

use champollion_frames::{
    Claim, DevAddr, DevEui, RadioMetadata, Session, Sessions, device::Device,
};
use champollion_registry::{
    LoadedDecoder, Publication, Registry, RegistryConfig, gate::Gate, keys::Provenance,
    ledger::Actor, package::Package,
};
use champollion_sandbox::{Sandbox, SandboxConfig};
use champollion_store::{FileBlobs, SledOptions, SledStore};
use metrics_exporter_prometheus::PrometheusBuilder;

/// A telegram of a water meter with fifteen hours of history, as the maker's document gives it:
/// FPort 100, 47 bytes.
pub const AXIOMA_EXTENDED: (u8, &[u8]) = (
    100,
    &[
        0x0E, 0xA0, 0x35, 0x5D, 0x30, 0x29, 0x35, 0x00, 0x00, 0x54, 0xC0, 0x34, 0x5D, 0xE7, 0x29,
        0x00, 0x00, 0xB8, 0x00, 0xB9, 0x00, 0xB8, 0x00, 0xB8, 0x00, 0xB8, 0x00, 0xB9, 0x00, 0xB8,
        0x00, 0xB8, 0x00, 0xB8, 0x00, 0xB8, 0x00, 0xB8, 0x00, 0xB8, 0x00, 0xB9, 0x00, 0xB9, 0x00,
        0xB9, 0x00,
    ],
);

/// When that telegram was received, in milliseconds since the epoch: two seconds after the meter's
/// clock says.
pub const AXIOMA_RECEIVED_AT: u64 = 1_563_795_472_000;

/// The name of the water meter's decoder.
pub const WATER_METER: &str = "axioma/qalcosonic-w1";

/// A package that `cargo xtask guests` built.
///
/// # Panics
/// Where it is missing; the message says how to build it.
#[must_use]
pub fn package(name: &str) -> Package {
    let folder = target().join("decoders");
    let file = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name)))
        .unwrap_or_else(|| panic!("no {name} in {}: run `cargo xtask guests`", folder.display()));
    let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Package::read(bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The decoder of the water meter as a server calls it: from a registry, with all limits, and counted
/// by the same recorder of metrics.
///
/// # Panics
/// Where the package cannot be published.
#[must_use]
pub fn water_meter() -> Arc<LoadedDecoder> {
    // Only the first benchmark of a process can install it, and one is enough.
    drop(PrometheusBuilder::new().install_recorder());
    let folder = tempfile::tempdir().expect("a folder");
    let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).expect("a store");
    let blobs = FileBlobs::open(folder.path().join("packages")).expect("a folder of packages");
    let sandbox = Arc::new(Sandbox::new(SandboxConfig::default()).expect("the engine starts"));
    let wanted = WATER_METER.parse().expect("a name");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let config = RegistryConfig::default();
        let registry = Registry::open(config, sandbox, Arc::new(store), Arc::new(blobs)).await;
        let registry = registry.expect("an empty registry");
        publish_water_meter(&registry).await;
        registry.decoder(&wanted).await.expect("it is in memory")
    })
}

/// Publishes the decoder of the water meter.
///
/// # Panics
/// Where the registry does not take it.
pub async fn publish_water_meter(registry: &Registry) {
    let package = package("axioma-qalcosonic-w1");
    let name = (package.manifest().id.clone(), package.manifest().version.clone());
    let gate = Gate { random_payloads: 0 };
    let bytes = package.file().to_vec();
    let admitted = gate.admit(bytes, (&name.0, &name.1), None, registry.sandbox());
    let admitted = admitted.unwrap_or_else(|findings| panic!("it is refused: {findings:?}"));
    let by = Actor::named("the benchmark");
    let publication = Publication {
        by,
        at: jiff::Timestamp::UNIX_EPOCH,
        channel: None,
        provenance: Provenance::Development,
    };
    registry.publish(admitted, &publication).await.expect("it is published");
}

/// That telegram as a frame that was verified.
///
/// # Panics
/// Never: the frame is a good one.
pub fn water_meter_frame() -> Claim {
    let (f_port, payload) = AXIOMA_EXTENDED;
    let session = Session::lorawan_1_0(
        DevEui::from_be_bytes([2, 0, 0, 0, 0, 0, 0, 1]),
        DevAddr::from_u32(0x0200_0001),
        "44024241ED4CE9A68C6A8BC055233FD3".parse().expect("a key"),
        "EC925802AE430CA77FD3DD73CB2CC588".parse().expect("a key"),
    );
    let frame = Device::of(&session).uplink(f_port, payload, 7, false).expect("a frame");
    let sessions = Sessions::new();
    sessions.insert(session);
    sessions.verify(&frame, AXIOMA_RECEIVED_AT, RadioMetadata::default()).expect("it is genuine")
}

/// Reports a figure that criterion does not measure; `cargo xtask bench` prints it with the others.
///
/// # Panics
/// Where the figure cannot be written.
pub fn figure(name: &str, value: impl fmt::Display, unit: &str) {
    let folder = target().join("figures");
    fs::create_dir_all(&folder).expect("a folder for figures");
    fs::write(folder.join(name), format!("{value} {unit}")).expect("a file for a figure");
    #[expect(clippy::print_stdout, reason = "a benchmark says what it measured")]
    {
        println!("{name}: {value} {unit}");
    }
}

/// Memory of this process that is resident, in bytes; 0 where the system does not say.
#[must_use]
pub fn resident_bytes() -> u64 {
    const PAGE: u64 = 4096;
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_ascii_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * PAGE
}

fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")),
        PathBuf::from,
    )
}
