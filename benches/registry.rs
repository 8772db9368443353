//! The registry with the decoders of a whole country: ten thousand versions of three thousand.

use std::{
    fs,
    hint::black_box,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use champollion_benches::{figure, resident_bytes};
use champollion_registry::{
    CatalogueQuery, CatalogueSort, Publication, Registry, RegistryConfig,
    channels::Channel,
    gate::Gate,
    keys::Provenance,
    ledger::Actor,
    package::{DecoderRef, Direction, Package},
};
use champollion_sandbox::{Sandbox, SandboxConfig};
use champollion_store::{Blobs, FileBlobs, SledOptions, SledStore, Store};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;

const DECODERS: usize = 3_000;

const VERSIONS: usize = 10_000;

/// Publishers at once. Their packages are tried one after another on each core, and share the flushes
/// of the disk.
const PUBLISHERS: usize = 8;

/// The name of a decoder.
fn id(number: usize) -> String {
    format!("vendor-{}/model-{}", number % 300, number % DECODERS)
}

/// The package of a thermometer under another name and version.
fn package(number: usize) -> Package {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/walk/1.1.0");
    let read = |name: &str| {
        fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let version = format!("version = \"1.{}.0\"", number / DECODERS);
    let manifest = read("decoder.toml")
        .replace("acme/thermometer", &id(number))
        .replace("version = \"1.1.0\"", &version);
    Package::assemble_script(&read("codec.js"), &manifest, &read("vectors.json"))
        .unwrap_or_else(|error| panic!("{error}"))
}

async fn publish(registry: Arc<Registry>, next: Arc<AtomicUsize>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= VERSIONS {
            return;
        }
        let sandbox = Arc::clone(registry.sandbox());
        let admitted = tokio::task::spawn_blocking(move || {
            let package = package(number);
            let name = (package.manifest().id.clone(), package.manifest().version.clone());
            let gate = Gate { random_payloads: 0 };
            gate.admit(package.file().to_vec(), (&name.0, &name.1), None, &sandbox)
        });
        let admitted = admitted.await.expect("it does not panic");
        let publication = Publication {
            by: Actor::named("the benchmark"),
            at: Timestamp::UNIX_EPOCH,
            channel: Some(Channel::Stable),
            provenance: Provenance::Development,
        };
        let admitted = admitted.unwrap_or_else(|findings| panic!("it is refused: {findings:?}"));
        registry.publish(admitted, &publication).await.expect("it is published");
    }
}

fn registry(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let sandbox = Arc::new(Sandbox::new(SandboxConfig::default()).expect("the engine starts"));
    let (store, blobs): (Arc<dyn Store>, Arc<dyn Blobs>) = {
        let _inside = runtime.enter();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store")));
        let blobs = FileBlobs::open(folder.path().join("packages"));
        (Arc::new(store.expect("a store")), Arc::new(blobs.expect("a folder")))
    };
    let open = || {
        let (sandbox, store, blobs) =
            (Arc::clone(&sandbox), Arc::clone(&store), Arc::clone(&blobs));
        let opened = Registry::open(RegistryConfig::default(), sandbox, store, blobs);
        runtime.block_on(opened).expect("it opens")
    };
    let registry = Arc::new(open());
    let (next, started) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    runtime.block_on(async {
        let publishers: Vec<_> = (0..PUBLISHERS)
            .map(|_| tokio::spawn(publish(Arc::clone(&registry), Arc::clone(&next))))
            .collect();
        for publisher in publishers {
            publisher.await.expect("it does not panic");
        }
    });
    let each = started.elapsed().as_secs_f64() * 1e6 / VERSIONS as f64;
    figure("registry.publish", format_args!("{each:.1}"), "us");

    let wanted: Vec<DecoderRef> = (0..DECODERS)
        .map(|number| format!("{}@^1", id(number)).parse().expect("it is one"))
        .collect();
    let mut turn = 0;
    criterion.bench_function("registry.resolve", |bencher| {
        bencher.iter(|| {
            turn = (turn + 1_009) % DECODERS;
            registry.resolve(black_box(&wanted[turn])).expect("it is there")
        });
    });
    criterion.bench_function("registry.list", |bencher| bencher.iter(|| registry.catalogue()));
    let query = CatalogueQuery::default().text("temperature").direction(Direction::Up);
    criterion.bench_function("registry.find", |bencher| {
        bencher.iter(|| {
            let places = registry.catalogue_places(black_box(&query), CatalogueSort::Name);
            registry.catalogue_after(&places, CatalogueSort::Name, None).take(100).count()
        });
    });
    // A second one beside the first, with what opening took and gave back.
    let before = resident_bytes();
    let second = open();
    let bytes = resident_bytes().saturating_sub(before) as f64;
    figure("registry.memory", format_args!("{:.1}", bytes / 1e6), "MB");
    drop(second);
    criterion.bench_function("registry.start", |bencher| bencher.iter(&open));
    let started = Instant::now();
    let verification = runtime.block_on(registry.verify()).expect("it can be read");
    assert!(verification.problems.is_empty(), "{:?}", verification.problems);
    let took = started.elapsed().as_secs_f64() * 1e3;
    figure("registry.verify", format_args!("{took:.1}"), "ms");
    runtime.block_on(store.close()).expect("it closes");
}

criterion_group!(benches, registry);
criterion_main!(benches);
