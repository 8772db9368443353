//! The ground of all tests: frames, records, and a mailbox in a folder of its own.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

use champollion_delivery::{
    mailbox::{DeliveryError, Mailbox, Page},
    names::GroupId,
    records::{Cursor, DeviceInfo, Outcome, Record},
    routes::Author,
};
use champollion_frames::{
    DevAddr, DevEui, RadioMetadata, Session, SessionState, Sessions, VerifiedUplink,
    device::{Device, Uplink},
};
use champollion_sandbox::{Decoder, Sandbox, SandboxConfig};
use champollion_store::{Batch, Blobs, FileBlobs, SledOptions, SledStore, Store};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

/// The retention that partners are promised.
pub(crate) const RETENTION: Duration = Duration::from_secs(48 * 60 * 60);

/// The network server that all frames come from.
pub(crate) const LNS: &str = "city";

/// A moment that does not change with the day on which tests are run.
pub(crate) fn moment() -> Timestamp {
    "2026-03-01T08:00:00Z".parse().unwrap()
}

pub(crate) fn hours_later(hours: i64) -> Timestamp {
    moment() + SignedDuration::from_hours(hours)
}

/// The author of all routes.
pub(crate) fn author() -> Author {
    Author { token: "t-1".to_owned(), name: "the test".to_owned(), at: moment() }
}

pub(crate) fn group(name: &str) -> GroupId {
    name.parse().unwrap()
}

pub(crate) fn cursor(number: u64) -> Cursor {
    number.to_string().parse().unwrap()
}

/// A frame as a device sends it, verified.
pub(crate) fn verified(uplink: &Uplink<'_>, metadata: RadioMetadata) -> VerifiedUplink {
    let session = Session::lorawan_1_0(
        "70-B3-D5-E7-5E-00-00-01".parse::<DevEui>().unwrap(),
        "49BE7DF1".parse::<DevAddr>().unwrap(),
        "44024241ED4CE9A68C6A8BC055233FD3".parse().unwrap(),
        "EC925802AE430CA77FD3DD73CB2CC588".parse().unwrap(),
    )
    // The frame before it was the last one, so that all 32 bits of the FCnt are known.
    .with_state(SessionState {
        last_f_cnt: uplink.f_cnt.checked_sub(1),
        ..SessionState::default()
    });
    let phy = Device::of(&session).send(uplink).unwrap();
    let sessions = Sessions::new();
    sessions.insert(session);
    let received_at = u64::try_from(moment().as_millisecond()).unwrap();
    sessions.verify(&phy, received_at, metadata).unwrap().confirm()
}

pub(crate) fn device() -> DeviceInfo {
    DeviceInfo {
        dev_eui: "70-B3-D5-E7-5E-00-00-01".parse().unwrap(),
        name: String::new(),
        sub_group: None,
        use_case: None,
        tags: BTreeMap::new(),
    }
}

pub(crate) fn no_decoder() -> Outcome {
    Outcome::NoDecoder { code: "no-decoder", message: "the device has no decoder".into() }
}

/// A record that was not decoded. Its FCnt tells it from others.
pub(crate) fn record(group: &GroupId, f_cnt: u32) -> Record {
    let uplink = Uplink { f_cnt, f_port: Some(5), payload: b"\x01", ..Uplink::default() };
    let uplink = verified(&uplink, RadioMetadata::default());
    Record::new(&uplink, LNS, group.clone(), device(), no_decoder())
}

/// Loads a first-party decoder.
pub(crate) fn first_party(name: &str) -> Decoder {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../target/decoders/{name}.wasm"));
    let file = fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; run `cargo xtask guests` first", path.display())
    });
    Sandbox::new(SandboxConfig::default()).unwrap().load(&file).unwrap()
}

/// A folder with a store, that a mailbox can be opened on again and again.
pub(crate) struct Home {
    folder: TempDir,
}

/// The open parts of a [`Home`].
pub(crate) struct Opened {
    pub(crate) mailbox: Mailbox,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn Blobs>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn open(&self) -> Opened {
        let options = SledOptions::new(self.folder.path().join("store"));
        let store: Arc<dyn Store> = Arc::new(SledStore::open(&options).unwrap());
        let mailbox = Mailbox::new(Arc::clone(&store), RETENTION);
        let blobs = Arc::new(FileBlobs::open(self.folder.path().join("blobs")).unwrap());
        Opened { mailbox, store, blobs }
    }
}

impl Opened {
    /// Ends as a process does that is stopped in an orderly way.
    pub(crate) async fn close(self) {
        self.store.close().await.unwrap();
    }

    /// Adds records with these FCnts, in one batch.
    pub(crate) async fn add(
        &self,
        group: &GroupId,
        f_cnts: impl IntoIterator<Item = u32>,
        now: Timestamp,
    ) {
        let mut batch = Batch::new();
        for f_cnt in f_cnts {
            self.mailbox.add(&mut batch, &record(group, f_cnt), now).unwrap();
        }
        self.store.commit(batch).await.unwrap();
    }

    pub(crate) async fn pull(&self, group: &GroupId, after: Cursor, limit: usize) -> Page {
        self.mailbox.pull(group, after, limit).await.unwrap()
    }

    /// The FCnts of all records of a group.
    pub(crate) async fn all(&self, group: &GroupId) -> Vec<u32> {
        f_cnts(&self.pull(group, Cursor::default(), usize::MAX).await)
    }

    pub(crate) async fn acknowledge(
        &self,
        group: &GroupId,
        through: u64,
    ) -> Result<u64, DeliveryError> {
        self.mailbox.acknowledge(group, cursor(through)).await
    }

    pub(crate) async fn expire(&self, now: Timestamp) -> u64 {
        self.mailbox.expire(now).await.unwrap()
    }
}

/// The FCnts of the records of a page.
pub(crate) fn f_cnts(page: &Page) -> Vec<u32> {
    page.records
        .iter()
        .map(|pulled| {
            let record: serde_json::Value = serde_json::from_str(pulled.record.get()).unwrap();
            record["uplink"]["fCnt"].as_u64().unwrap().try_into().unwrap()
        })
        .collect()
}

/// The places of the records of a page.
pub(crate) fn cursors(page: &Page) -> Vec<String> {
    page.records.iter().map(|pulled| pulled.cursor.to_string()).collect()
}
