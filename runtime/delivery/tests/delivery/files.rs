//! Files of a route, made by a dispatcher that runs.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::{
    destinations::{AddressRules, DestinationLimits},
    dispatch::{Beginning, Change, Dispatcher, RouteStatus},
    mailbox::Mailbox,
    names::RouteKey,
    routes::Route,
};
use champollion_store::{Batch, Blobs, FileBlobs, SledOptions, SledStore, Store};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::support::{RETENTION, author, group, record};

/// Nothing takes longer that is not broken.
const PATIENCE: Duration = Duration::from_secs(60);

struct Running {
    folder: TempDir,
    store: Arc<dyn Store>,
    mailbox: Arc<Mailbox>,
    blobs: Arc<dyn Blobs>,
    dispatcher: Dispatcher,
    key: RouteKey,
    /// Dropped last: without it the server stops.
    _running: watch::Sender<bool>,
}

impl Running {
    /// A dispatcher with one route, which puts a file each second.
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SledOptions::new(folder.path().join("store"));
        let store: Arc<dyn Store> = Arc::new(SledStore::open(&options).unwrap());
        let mailbox = Arc::new(Mailbox::new(Arc::clone(&store), RETENTION));
        let blobs: Arc<dyn Blobs> = Arc::new(FileBlobs::open(folder.path().join("blobs")).unwrap());
        let destination_limits = DestinationLimits {
            addresses: AddressRules::default(),
            plain_http: false,
            folders: Some(folder.path().join("files")),
            pauses: (Duration::from_millis(20), Duration::from_millis(200)),
        };
        fs::create_dir(folder.path().join("files")).unwrap();
        let opened = Dispatcher::open(Arc::clone(&mailbox), Arc::clone(&blobs), destination_limits);
        let dispatcher = opened.await.unwrap();
        let (running, stopped) = watch::channel(false);
        dispatcher.start(stopped);
        let key = RouteKey { group: group("water"), name: "daily".parse().unwrap() };
        let running = Self { folder, store, mailbox, blobs, dispatcher, key, _running: running };
        running.put().await;
        running
    }

    async fn put(&self) {
        let route: Route = serde_json::from_value(json!({ "to": { "files": {
            "place": { "folder": {} },
            "format": "ndjson",
            "rhythm": { "cron": "* * * * * *" },
            "name": "{sequence}",
        } } }))
        .unwrap();
        let change = Change { by: &author(), commit: &self.store };
        self.dispatcher.put(&self.key, route, Beginning::Now, change).await.unwrap();
    }

    async fn add(&self, f_cnts: impl IntoIterator<Item = u32>) {
        let mut batch = Batch::new();
        for f_cnt in f_cnts {
            let record = record(&self.key.group, f_cnt);
            self.mailbox.add(&mut batch, &record, Timestamp::now()).unwrap();
        }
        self.store.commit(batch).await.unwrap();
        self.mailbox.announce(&self.key.group);
    }

    async fn until(&self, what: &str, is_so: impl Fn(&RouteStatus) -> bool) -> RouteStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.dispatcher.show(&self.key).await.unwrap().status;
            if is_so(&status) {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not come to it that {what}: {status:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Returns the group's folder.
    fn place(&self) -> std::path::PathBuf {
        self.folder.path().join("files/water")
    }
}

/// Names of files, and the FCnts of the records in each.
fn files(folder: &Path) -> Vec<(String, Vec<u64>)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut files: Vec<_> = entries
        .map(|entry| {
            let text = fs::read_to_string(entry.path()).unwrap();
            let f_cnt = |line: &str| {
                let record: serde_json::Value = serde_json::from_str(line).unwrap();
                record["uplink"]["fCnt"].as_u64().unwrap()
            };
            (entry.file_name().into_string().unwrap(), text.lines().map(f_cnt).collect())
        })
        .collect();
    files.sort_unstable();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_time_is_over_is_not_put_any_more() {
    let running = Running::start().await;
    // Where the folder should be there is a file.
    fs::write(running.place(), "").unwrap();
    running.add(1..=3).await;
    running
        .until("a file waits", |status| {
            status.pending_file.as_deref() == Some("000001") && status.last_failure.is_some()
        })
        .await;
    assert_eq!(running.blobs.list("").await.unwrap(), ["water_daily_1"]);

    let later = Timestamp::now() + SignedDuration::from_hours(49);
    assert_eq!(running.dispatcher.expire(later).await.unwrap(), 3);
    let status = running.until("it is given up", |status| status.pending_file.is_none()).await;
    assert_eq!((status.expired, status.delivered), (3, 0));
    assert!(running.blobs.list("").await.unwrap().is_empty());

    fs::remove_file(running.place()).unwrap();
    running.add([4]).await;
    running.until("the next one is put", |status| status.delivered == 1).await;
    assert_eq!(files(&running.place()), [("000002".to_owned(), vec![4])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_is_removed_puts_nothing_more_and_its_names_do_not_come_again() {
    let running = Running::start().await;
    fs::write(running.place(), "").unwrap();
    running.add(1..=3).await;
    running.until("a file waits", |status| status.pending_file.is_some()).await;
    let change = Change { by: &author(), commit: &running.store };
    running.dispatcher.remove(&running.key, change).await.unwrap();
    assert!(running.blobs.list("").await.unwrap().is_empty());

    fs::remove_file(running.place()).unwrap();
    running.put().await;
    running.add([4, 5]).await;
    running.until("the other's records are put", |status| status.delivered == 2).await;
    assert_eq!(files(&running.place()), [("000002".to_owned(), vec![4, 5])]);
}
