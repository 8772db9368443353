//! Publishers that race, give up, or meet a store that fails.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use champollion_registry::{
    PublishError, Registry, RegistryConfig, RegistryError, package::Package,
};
use champollion_store::{
    Batch, Blobs, Committed, Entry, FileBlobs, Health, KeyValue, LogExtent, Sequence, SledStore,
    Store, StoreError, Usage,
};
use tokio::sync::{Barrier, Notify};

use crate::support::{Home, SANDBOX, by, moment, package, rehearse, try_decoder, wanted};

/// Races of two publishers: the order in which they arrive is the scheduler's.
const RACES: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_publishers_of_one_version_one_wins_and_the_other_is_told() {
    let home = Home::new();
    let opened = home.open().await;
    let registry = Arc::new(opened.registry);
    for race in 0..RACES {
        let version = format!("1.0.{race}");
        let rivals = ["Ann's.", "Ben's."].map(|description| package(&version, description));
        let start = Arc::new(Barrier::new(rivals.len()));
        let running = rivals.clone().map(|package| {
            let (registry, start) = (Arc::clone(&registry), Arc::clone(&start));
            let rehearsal = rehearse(package);
            tokio::spawn(async move {
                start.wait().await;
                registry.publish(rehearsal, &by("ann")).await
            })
        });
        let mut outcomes = Vec::new();
        for publisher in running {
            outcomes.push(publisher.await.unwrap());
        }

        let winner = match &outcomes[..] {
            [Ok(_), Err(PublishError::VersionExists { published, .. })] => {
                assert_eq!(*published, rivals[0].digest(), "race {race}");
                &rivals[0]
            }
            [Err(PublishError::VersionExists { published, .. }), Ok(_)] => {
                assert_eq!(*published, rivals[1].digest(), "race {race}");
                &rivals[1]
            }
            other => panic!("race {race}: {other:?}"),
        };
        let (_, digest) = registry.resolve(&wanted(&format!("acme/answer@={version}"))).unwrap();
        assert_eq!(digest, winner.digest(), "race {race}");
        let manifest = winner.manifest();
        let file = registry.file(&manifest.id, &manifest.version).await.unwrap();
        assert_eq!(file, winner.file(), "race {race}");
    }
    assert_eq!(opened.blobs.list("").await.unwrap().len(), RACES, "one file for each version");
    let catalogue = serde_json::to_string(&registry.catalogue()).unwrap();
    opened.store.close().await.unwrap();

    let reopened = home.open().await.registry;
    assert_eq!(serde_json::to_string(&reopened.catalogue()).unwrap(), catalogue);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn publishers_of_the_same_file_all_succeed() {
    let home = Home::new();
    let registry = Arc::new(home.open().await.registry);
    let package = package("1.0.0", "Everybody's.");
    let publishers: Vec<_> = (0..4)
        .map(|_| {
            let (registry, rehearsal) = (Arc::clone(&registry), rehearse(package.clone()));
            tokio::spawn(async move { registry.publish(rehearsal, &by("ann")).await })
        })
        .collect();
    for publisher in publishers {
        assert_eq!(publisher.await.unwrap().unwrap().digest, package.digest());
    }
    assert_eq!(try_decoder(&registry, "acme/answer").await, r#"{"answer":42}"#);
}

/// A fault of a store.
enum Fault {
    /// It refuses every batch.
    Full,
    /// One batch becomes durable, and nobody hears of it. Those after it are answered.
    Mute { committed: Notify },
}

/// A store that answers as the real one, but for what it is told to commit.
struct Faulty {
    store: Arc<SledStore>,
    fault: Fault,
    /// Until it is, all goes well.
    armed: AtomicBool,
}

#[async_trait]
impl Store for Faulty {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        if !self.armed.load(Ordering::Relaxed) {
            return self.store.commit(batch).await;
        }
        match &self.fault {
            Fault::Full => Err(StoreError::Failed { reason: "no space left on device".into() }),
            Fault::Mute { committed } => {
                self.store.commit(batch).await?;
                self.armed.store(false, Ordering::Relaxed);
                committed.notify_one();
                std::future::pending().await
            }
        }
    }

    async fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(table, key).await
    }

    async fn scan(
        &self,
        table: &str,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        self.store.scan(table, prefix, after, limit).await
    }

    async fn read(
        &self,
        log: &str,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.store.read(log, after, limit).await
    }

    async fn extent(&self, log: &str) -> Result<LogExtent, StoreError> {
        self.store.extent(log).await
    }

    async fn logs(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.store.logs(prefix, after, limit).await
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        self.store.usage().await
    }

    fn health(&self) -> Health {
        self.store.health()
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}

fn mute(home: &Home) -> Faulty {
    let fault = Fault::Mute { committed: Notify::new() };
    Faulty { store: home.store(), fault, armed: AtomicBool::new(false) }
}

async fn registry_on(store: Arc<dyn Store>, blobs: &Arc<FileBlobs>) -> Registry {
    let blobs = Arc::clone(blobs) as Arc<dyn Blobs>;
    Registry::open(RegistryConfig::default(), Arc::clone(&SANDBOX), store, blobs).await.unwrap()
}

async fn is_kept(blobs: &FileBlobs, package: &Package) -> bool {
    blobs.exists(&format!("{}.wasm", package.digest().hex())).await.unwrap()
}

#[tokio::test]
async fn a_package_whose_commit_failed_can_be_published_later() {
    let home = Home::new();
    let (store, blobs) = (home.store(), home.blobs());
    let armed = AtomicBool::new(false);
    let faulty = Arc::new(Faulty { store: Arc::clone(&store), fault: Fault::Full, armed });
    let registry = registry_on(Arc::clone(&faulty) as Arc<dyn Store>, &blobs).await;
    faulty.armed.store(true, Ordering::Relaxed);
    let package = package("1.0.0", "The first.");

    let failed = registry.publish(rehearse(package.clone()), &by("ann")).await;

    let Err(PublishError::Registry(error)) = &failed else { panic!("{failed:?}") };
    let is_of_store = matches!(**error, RegistryError::Store(StoreError::Failed { .. }));
    assert!(is_of_store, "{error}");
    assert!(is_kept(&blobs, &package).await, "the file is written before the version is");
    assert!(registry.resolve(&wanted("acme/answer")).is_err());

    let registry = registry_on(store, &blobs).await;
    assert!(registry.resolve(&wanted("acme/answer")).is_err());
    registry.publish(rehearse(package.clone()), &by("ann")).await.unwrap();
    assert_eq!(registry.resolve(&wanted("acme/answer")).unwrap().1, package.digest());
    assert_eq!(try_decoder(&registry, "acme/answer").await, r#"{"answer":42}"#);
}

/// A publisher whose connection breaks between the commit and the answer: the version is durable,
/// and nobody has told the registry.
async fn publish_and_go_away(registry: &Registry, store: &Faulty, package: Package) {
    let Fault::Mute { committed } = &store.fault else { panic!("the store answers") };
    let by = by("ann");
    store.armed.store(true, Ordering::Relaxed);
    tokio::select! {
        outcome = registry.publish(rehearse(package), &by) => {
            panic!("it was not to answer: {outcome:?}");
        }
        () = committed.notified() => {}
    }
}

#[tokio::test]
async fn a_publisher_who_went_away_can_repeat() {
    let home = Home::new();
    let blobs = home.blobs();
    let store = Arc::new(mute(&home));
    let registry = registry_on(Arc::clone(&store) as Arc<dyn Store>, &blobs).await;
    let package = package("1.0.0", "The first.");
    publish_and_go_away(&registry, &store, package.clone()).await;

    let again = registry.publish(rehearse(package.clone()), &by("ann")).await.unwrap();

    assert_eq!(again.digest, package.digest());
    let (_, digest) = registry.resolve(&wanted("acme/answer")).expect("what is published is found");
    assert_eq!(digest, package.digest());
    assert_eq!(try_decoder(&registry, "acme/answer").await, r#"{"answer":42}"#);
}

#[tokio::test]
async fn a_version_whose_publisher_went_away_is_found_once_somebody_meets_it() {
    let home = Home::new();
    let blobs = home.blobs();
    let store = Arc::new(mute(&home));
    let registry = registry_on(Arc::clone(&store) as Arc<dyn Store>, &blobs).await;
    let (first, other) = (package("1.0.0", "The first."), package("1.0.0", "Another one."));
    publish_and_go_away(&registry, &store, first.clone()).await;

    let refused = registry.publish(rehearse(other.clone()), &by("ben")).await;

    assert!(matches!(refused, Err(PublishError::VersionExists { .. })), "{refused:?}");
    let (_, digest) = registry.resolve(&wanted("acme/answer")).expect("what is published is found");
    assert_eq!(digest, first.digest());
    assert!(is_kept(&blobs, &first).await);
    assert!(!is_kept(&blobs, &other).await);
}

/// The remains of a broken-off publication are known to the next writer, whatever is written.
#[tokio::test]
async fn history_goes_on_after_a_publisher_went_away() {
    let home = Home::new();
    let blobs = home.blobs();
    let store = Arc::new(mute(&home));
    let registry = registry_on(Arc::clone(&store) as Arc<dyn Store>, &blobs).await;
    publish_and_go_away(&registry, &store, package("1.0.0", "The first.")).await;

    registry.publish(rehearse(package("1.1.0", "The second.")), &by("ben")).await.unwrap();

    let (version, _) = registry.resolve(&wanted("acme/answer@<1.1")).expect("it is known");
    assert_eq!(version.to_string(), "1.0.0");
    let verification = registry.verify().await.unwrap();
    assert_eq!(verification.problems, [""; 0]);
    assert_eq!((verification.versions, verification.index.sequence), (2, 3));
}

/// A line whose answer was lost is in the store, and nobody has told the registry: it is no problem, though nothing is
/// written afterwards.
#[tokio::test]
async fn history_is_whole_after_a_publisher_went_away_and_nothing_came_after() {
    let home = Home::new();
    let blobs = home.blobs();
    let store = Arc::new(mute(&home));
    let registry = registry_on(Arc::clone(&store) as Arc<dyn Store>, &blobs).await;
    publish_and_go_away(&registry, &store, package("1.0.0", "The first.")).await;

    let verification = registry.verify().await.unwrap();

    assert_eq!(verification.problems, [""; 0]);
    assert_eq!((verification.versions, verification.index.sequence), (1, 2));
    let signed = registry.signed_head(moment()).await.unwrap();
    assert_eq!(signed.head, verification.index);
}
