//! A store that two nodes share, the nodes, and a decoder that counts.

use std::{
    path::Path,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use champollion_delivery::{mailbox::Mailbox, names::GroupId, records::Cursor};
use champollion_frames::{
    AppSKey, DevAddr, DevEui, NetworkKeys, NwkSKey, RadioMetadata, ReportedUplink, Session,
    device::Device,
};
use champollion_lns::{Content, Frame};
use champollion_registry::{
    Publication, Registry, RegistryConfig, channels::Channel, gate::Gate, keys::Provenance,
    ledger::Actor, package::Package,
};
use champollion_sandbox::{Sandbox, SandboxConfig};
use champollion_server::{
    alerts::Alerts,
    authors::AuditedAuthor,
    derived::DerivedAssignments,
    devices::{Devices, Keks},
    ingest::{IngestError, Intake, Receipt},
    storage::{Storage, StorageLimits},
    workers::Workers,
};
use champollion_service::{
    alerts::Terms,
    outbox::{Language, LocalTime},
};
use champollion_store::{
    Batch, Blobs, Committed, Entry, FileBlobs, Health, KeyValue, LogExtent, Sequence, SledOptions,
    SledStore, Store, StoreError, Usage,
};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

use crate::packages::Packages;

/// The group of all devices.
pub(crate) const GROUP: &str = "water";

/// The time that records are kept: longer than a test takes.
const RETENTION: Duration = Duration::from_secs(48 * 3_600);

/// The manifest of the decoder that counts.
const MANIFEST: &str = r#"
id = "acme/counter"
version = "1.0.0"
name = "Acme Counter"
description = "Counts the frames of a device."
licence = "MIT"
maintainer = "Acme"
funded-by = "The city"
sources = ["Acme, How to count, 2026"]

[[devices]]
vendor = "Acme"
model = "Counter"

[[ports]]
port = 2
direction = "up"
meaning = "Anything"

[[fields]]
name = "count"
type = "text"
meaning = "The frames of the device so far"
"#;

/// The first frame is 1, as the decoder says it.
const VECTORS: &str = r#"[{
    "name": "the first frame",
    "uplink": {"fPort": 2, "payload": "00"},
    "expect": {"reading": {"data": {"count": "0001"}, "state": "30303031"}}
}]"#;

static SANDBOX: LazyLock<Arc<Sandbox>> =
    LazyLock::new(|| Arc::new(Sandbox::new(SandboxConfig::default()).unwrap()));

/// A component whose state is the number of the device's frames, as four decimal digits, and whose reading
/// is the same.
fn counter() -> Vec<u8> {
    /// Exports the contract by its canonical ABI. At 16 lies a `result<reading, failure>`: ok, then
    /// address and length of `data`, two empty lists, and `some(state)` with the four digits in `data`.
    const CORE: &str = r#"(module
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00" "\40\00\00\00" "\10\00\00\00"
            "\00\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00"
            "\01\00\00\00" "\4a\00\00\00" "\04\00\00\00")
        (data (i32.const 64) "{\"count\":\"0000\"}")
        (func (export "champollion:decoder/codec@1.0.0#decode-uplink")
            (param i32 i32 i32 i32 i64 i32 i32) (param $state i32) (param $length i32) (result i32)
            (local $digit i32)
            (if (i32.eq (local.get $length) (i32.const 4))
                (then (i32.store align=1 (i32.const 74) (i32.load align=1 (local.get $state)))))
            (local.set $digit (i32.const 77))
            (loop $carry
                (if (i32.eq (i32.load8_u (local.get $digit)) (i32.const 57))
                    (then
                        (i32.store8 (local.get $digit) (i32.const 48))
                        (local.set $digit (i32.sub (local.get $digit) (i32.const 1)))
                        (br $carry))
                    (else
                        (i32.store8 (local.get $digit)
                            (i32.add (i32.load8_u (local.get $digit)) (i32.const 1))))))
            (i32.const 16))
        (func (export "champollion:decoder/codec@1.0.0#encode-downlink")
            (param i32 i32 i64 i32 i32) (result i32)
            (unreachable))
        (func (export "champollion:decoder/codec@1.0.0#decode-downlink")
            (param i32 i32 i32 i64 i32 i32) (result i32)
            (unreachable))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (i32.const 1024)))"#;
    const CONTRACT: &str = include_str!("../../../../wit/v1/decoder.wit");

    let mut module = wat::parse_str(CORE).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("decoder.wit", CONTRACT).unwrap();
    let world = resolve.select_world(&[package], Some("decoder")).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// A folder with a store in it, and the decoder that counts published.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) store: Arc<Shaken>,
    /// Whether packages cannot be read, as where a database that has them is away.
    pub(crate) are_packages_away: Arc<AtomicBool>,
}

/// A node: a process of its own, as far as devices and frames are concerned.
pub(crate) struct Node {
    pub(crate) devices: Arc<Devices>,
    pub(crate) intake: Intake,
    pub(crate) author: AuditedAuthor,
    mailbox: Arc<Mailbox>,
}

/// A vocabulary without names and units.
struct Bare;

impl Terms for Bare {
    fn name(&self, term: &str, _: Language) -> String {
        term.to_owned()
    }

    fn unit(&self, _: &str) -> Option<&'static str> {
        None
    }
}

impl World {
    pub(crate) async fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sled = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store =
            Arc::new(Shaken { sled, chance: AtomicU64::new(seed), conflicts: AtomicU64::new(0) });
        let world = Self { folder, store, are_packages_away: Arc::default() };
        let package = Package::assemble(&counter(), MANIFEST, VECTORS).unwrap();
        let name = (package.manifest().id.clone(), package.manifest().version.clone());
        let gate = Gate { random_payloads: 0 };
        let admitted = gate.admit(package.file().to_vec(), (&name.0, &name.1), None, &SANDBOX);
        let publication = Publication {
            by: Actor::named("ann"),
            at: Timestamp::now(),
            channel: Some(Channel::Stable),
            provenance: Provenance::Development,
        };
        let admitted = admitted.unwrap_or_else(|findings| panic!("{findings:?}"));
        world.registry().await.publish(admitted, &publication).await.unwrap();
        world
    }

    async fn registry(&self) -> Registry {
        let blobs = FileBlobs::open(self.path().join("packages")).unwrap();
        let (sandbox, store) = (Arc::clone(&SANDBOX), self.shared());
        let is_away = Arc::clone(&self.are_packages_away);
        let blobs: Arc<dyn Blobs> = Arc::new(Packages { blobs, is_away });
        Registry::open(RegistryConfig::default(), sandbox, store, blobs).await.unwrap()
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn shared(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as Arc<dyn Store>
    }

    /// Starts a node, which reads what is stored now.
    pub(crate) async fn node(&self) -> Node {
        self.node_that_waits(Duration::ZERO).await
    }

    /// The same with a time that copies are waited for.
    pub(crate) async fn node_that_waits(&self, copies_window: Duration) -> Node {
        let limits = StorageLimits { max_bytes: 0, keep_free_bytes: 0 };
        let storage = Arc::new(Storage::open(self.shared(), limits).await.unwrap());
        let devices = Arc::new(Devices::open(self.shared()).await.unwrap());
        let mailbox = Arc::new(Mailbox::new(self.shared(), RETENTION));
        let registry = Arc::new(self.registry().await);
        let author = AuditedAuthor::new(&registry, Actor::named("ann"));
        let (stores, mails) = ((self.shared(), self.shared()), ("", LocalTime::default()));
        let alerts =
            Alerts::open(stores, Arc::clone(&devices), mails, Arc::new(Bare)).await.unwrap();
        let workers = Arc::new(Workers::start(2, 1_024, 1 << 20).unwrap());
        let intake = Intake::new(
            Arc::clone(&devices),
            DerivedAssignments::open(self.shared(), registry).await.unwrap(),
            Arc::clone(&mailbox),
            (workers, Arc::new(alerts)),
            storage,
            copies_window,
            Keks::default(),
        );
        Node { devices, intake, author, mailbox }
    }

    /// The bytes of a device's row.
    pub(crate) async fn row(&self, table: &str, dev_eui: DevEui) -> Option<Vec<u8>> {
        self.store.get(table, dev_eui.to_string().as_bytes()).await.unwrap()
    }

    /// Returns the number of rows of a device.
    pub(crate) async fn store_rows(&self, dev_eui: DevEui) -> usize {
        let mut rows = 0;
        for table in ["devices", "sessions", "joins", "joined", "reports", "decoder-states"] {
            rows += usize::from(self.row(table, dev_eui).await.is_some());
        }
        rows
    }

    /// Writes a device's row, as another version of the software might.
    pub(crate) async fn write_row(&self, table: &str, dev_eui: DevEui, value: impl Into<Vec<u8>>) {
        let mut batch = Batch::new();
        batch.put(table, dev_eui.to_string(), value);
        self.store.commit(batch).await.unwrap();
    }

    /// Returns the number of batches that were refused since another had changed the rows that they were computed from.
    pub(crate) fn conflicts(&self) -> u64 {
        self.store.conflicts.load(Ordering::Relaxed)
    }
}

impl Node {
    pub(crate) async fn register(&self, dev_eui: DevEui, registration: Json) {
        let registration = serde_json::from_value(registration).unwrap();
        self.devices.register(dev_eui, registration, &self.author).await.unwrap();
    }

    /// Hands a frame over and tells what became of it: the status of the receipt, or the code of the
    /// refusal.
    pub(crate) async fn take(&self, content: Content) -> String {
        self.take_with(content, RadioMetadata::default()).await
    }

    /// The same of a frame of which the network server tells how it was received.
    pub(crate) async fn take_with(&self, content: Content, metadata: RadioMetadata) -> String {
        let frame = Frame { content, received_at: None, metadata };
        match self.intake.take(frame, &"lns".into()).await {
            Ok(receipt) => status(&receipt),
            Err(IngestError::Refused(refusal)) => refusal.code().to_owned(),
            Err(IngestError::JoinRefused(refusal)) => refusal.code().to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// All records of the group, in their order.
    pub(crate) async fn records(&self) -> Vec<Json> {
        let group: GroupId = GROUP.parse().unwrap();
        let (mut records, mut after) = (Vec::new(), Cursor::default());
        loop {
            let page = self.mailbox.pull(&group, after, 1_000).await.unwrap();
            let read = page.records.iter().map(|pulled| {
                let record: Json = serde_json::from_str(pulled.record.get()).unwrap();
                record
            });
            records.extend(read);
            after = page.next;
            if !page.more {
                return records;
            }
        }
    }
}

fn status(receipt: &Receipt) -> String {
    serde_json::to_value(receipt).unwrap()["status"].as_str().unwrap().to_owned()
}

/// A frame that is handed over whole.
pub(crate) fn whole(phy_payload: Vec<u8>) -> Content {
    Content::Phy { phy_payload, dev_eui: None, f_cnt: None, mic_checked: false }
}

/// An uplink that a network server reports. `received_at_ms` is what the network server tells.
pub(crate) fn reported(dev_eui: DevEui, f_cnt: u32, received_at_ms: Option<u64>) -> Content {
    let uplink = ReportedUplink {
        dev_eui,
        dev_addr: None,
        f_cnt,
        f_port: Some(2),
        payload: f_cnt.to_be_bytes().to_vec(),
        is_encrypted: false,
        confirmed: false,
        adr: false,
        mic: None,
        received_at_ms,
    };
    Content::Reported { uplink, app_s_key: None, says_encryption: true }
}

/// A device that is activated by personalization.
#[derive(Clone)]
pub(crate) struct Meter {
    pub(crate) dev_eui: DevEui,
    pub(crate) session: Session,
}

impl Meter {
    pub(crate) fn new(number: u32) -> Self {
        Self::with_key(number, 1)
    }

    /// The same device with other keys.
    pub(crate) fn with_key(number: u32, key: u8) -> Self {
        let dev_eui =
            DevEui::from_be_bytes((0x70B3_D5E7_5E00_0000 | u64::from(number)).to_be_bytes());
        let network_keys = NetworkKeys::V1_0(NwkSKey::from_bytes([key; 16]));
        let app_s_key = AppSKey::from_bytes([key ^ 0x55; 16]);
        let dev_addr = DevAddr::from_u32(0x2600_0000 | number);
        Self { dev_eui, session: Session::new(dev_eui, dev_addr, network_keys, app_s_key) }
    }

    pub(crate) fn registration(&self) -> Json {
        let NetworkKeys::V1_0(nwk_s_key) = self.session.network_keys() else { unreachable!() };
        json!({
            "group": GROUP,
            "decoder": "acme/counter@^1",
            "activation": { "abp": {
                "devAddr": self.session.dev_addr(),
                "nwkSKey": nwk_s_key.reveal_hex(),
                "appSKey": self.session.app_s_key().reveal_hex(),
            }},
        })
    }

    /// The same of a meter that network servers may report too, without its MIC.
    pub(crate) fn reported_registration(&self) -> Json {
        let mut registration = self.registration();
        registration["reported"] = json!(true);
        registration
    }

    pub(crate) fn frame(&self, f_cnt: u32) -> Content {
        frame(&self.session, f_cnt)
    }
}

/// A frame of a session.
pub(crate) fn frame(session: &Session, f_cnt: u32) -> Content {
    whole(Device::of(session).uplink(2, &f_cnt.to_be_bytes(), f_cnt, false).unwrap())
}

/// The FCnts of a device's records, and what the decoder that counts says in them, in the order of the
/// records.
pub(crate) fn of_device(records: &[Json], dev_eui: DevEui) -> Vec<(u64, String)> {
    let dev_eui = json!(dev_eui);
    let own = records.iter().filter(|record| record["device"]["devEui"] == dev_eui);
    let read = own.map(|record| {
        let count =
            record["decoded"]["data"]["count"].as_str().unwrap_or_else(|| panic!("{record}"));
        (record["uplink"]["fCnt"].as_u64().unwrap(), count.to_owned())
    });
    read.collect()
}

/// Returns the readings of the counting decoder for `frames` frames, none lost and none counted twice.
pub(crate) fn counts(frames: usize) -> Vec<String> {
    (1..=frames).map(|count| format!("{count:04}")).collect()
}

/// Numbers that look random and are the same for the same seed.
pub(crate) fn random(state: &AtomicU64) -> u64 {
    let mut number = state.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
    number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// A store whose answers take a time that varies, so that the steps of two nodes interleave in many ways.
pub(crate) struct Shaken {
    sled: SledStore,
    chance: AtomicU64,
    conflicts: AtomicU64,
}

impl Shaken {
    async fn shake(&self) {
        match random(&self.chance) % 4 {
            0 => {}
            1 => tokio::task::yield_now().await,
            more => tokio::time::sleep(Duration::from_micros(more * 300)).await,
        }
    }
}

#[async_trait]
impl Store for Shaken {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        self.shake().await;
        let committed = self.sled.commit(batch).await;
        if matches!(committed, Err(StoreError::Conflict { .. })) {
            self.conflicts.fetch_add(1, Ordering::Relaxed);
        }
        self.shake().await;
        committed
    }

    async fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.shake().await;
        let value = self.sled.get(table, key).await;
        self.shake().await;
        value
    }

    async fn scan(
        &self,
        table: &str,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        self.sled.scan(table, prefix, after, limit).await
    }

    async fn read(
        &self,
        log: &str,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.sled.read(log, after, limit).await
    }

    async fn extent(&self, log: &str) -> Result<LogExtent, StoreError> {
        self.sled.extent(log).await
    }

    async fn logs(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.sled.logs(prefix, after, limit).await
    }

    fn health(&self) -> Health {
        self.sled.health()
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        self.sled.usage().await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.sled.close().await
    }
}
