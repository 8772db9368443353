//! Files of a route, made by a dispatcher that runs.

use std::{
    collections::BTreeMap,
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
            time_zones: BTreeMap::new(),
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
        self.put_route(false).await;
    }

    /// Puts the route, which hands over new measurements only where it is asked to.
    async fn put_route(&self, only_new: bool) {
        let route: Route = serde_json::from_value(json!({ "onlyNew": only_new, "to": { "files": {
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

    /// Adds a record that tells the index of some hours.
    async fn add_measured(&self, f_cnt: u32, hours: &[u32]) {
        let measured = |hour: &u32| {
            let at = format!("2026-11-25T{hour:02}:00:00Z");
            json!({ "quantity": "water.volume", "value": hour, "measuredAt": at })
        };
        let measurements: Vec<_> = hours.iter().map(measured).collect();
        let record = json!({
            "id": format!("70B3D5E75E000001-{f_cnt:08X}-01020304"), "group": "water",
            "device": { "devEui": "70B3D5E75E000001" }, "receivedAt": Timestamp::now(),
            "uplink": { "fCnt": f_cnt, "fPort": 5 }, "radio": {},
            "decoded": { "data": {}, "measurements": measurements, "warnings": [] },
        });
        let mut entry = Timestamp::now().as_millisecond().to_be_bytes().to_vec();
        entry.extend_from_slice(record.to_string().as_bytes());
        let mut batch = Batch::new();
        batch.append("records/water", entry);
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

/// The hours that the records of all files tell.
fn hours(folder: &Path) -> Vec<u64> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.sort();
    let mut hours = Vec::new();
    for text in files.iter().map(|file| fs::read_to_string(file).unwrap()) {
        for line in text.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let measurements = record["decoded"]["measurements"].as_array().unwrap().iter();
            hours.extend(measurements.map(|measured| measured["value"].as_u64().unwrap()));
        }
    }
    hours
}

#[tokio::test(flavor = "multi_thread")]
async fn new_measurements_come_once_and_again_where_a_file_of_them_was_given_up() {
    let running = Running::start().await;
    running.put_route(true).await;
    running.add_measured(1, &[7, 6]).await;
    running.until("the first file is put", |status| status.delivered == 1).await;
    running.add_measured(2, &[8, 7]).await;
    // In one file what comes twice is there once.
    running.add_measured(3, &[9, 8, 7]).await;
    running.until("the next are put", |status| status.delivered == 3).await;
    assert_eq!(hours(&running.place()), [7, 6, 8, 9]);

    fs::remove_dir_all(running.place()).unwrap();
    fs::write(running.place(), "").unwrap();
    running.add_measured(4, &[10, 9]).await;
    let waits =
        |status: &RouteStatus| status.pending_file.is_some() && status.failures_in_a_row > 0;
    running.until("a file waits", waits).await;
    let later = Timestamp::now() + SignedDuration::from_hours(49);
    assert_eq!(running.dispatcher.expire(later).await.unwrap(), 1);
    running.until("it is given up", |status| status.pending_file.is_none()).await;
    fs::remove_file(running.place()).unwrap();
    running.add_measured(5, &[11, 10]).await;
    running.until("the next one is put", |status| status.delivered == 4).await;
    assert_eq!(hours(&running.place()), [11, 10], "10 was told by a file that nobody got");
}
