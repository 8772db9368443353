//! Commands to devices.
//!
//! A command is encoded by the device's decoder as soon as it is asked for, so whoever asks is told at
//! once what is wrong with it. What is to be sent is then durable, and waits: for the network server
//! that the device lives on to take it ([`courier`]), for the transmission, for the device to
//! acknowledge it. Of the latter two the network server tells ([`Downlinks::hear`]).
//!
//! A network server that does not answer may have the command or not. It is offered again, in a way by
//! which the network server knows it where its protocol has one; see each `downlink.rs` of `champollion-lns`.
//! A command that only a broker has is in the state `unknown` until something is told of it ([`untold`]).

mod cancellation;
mod carrier;
mod courier;
mod downlink;
mod encoder;
mod failure;
mod group;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(not(feature = "grpc"))]
#[path = "no_grpc.rs"]
mod grpc;
mod http;
mod ledger;
mod open;
mod passing;
mod preview;
mod queue;
mod request;
mod requests;
mod settings;
mod untold;
mod whereabouts;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
    time::Duration,
};

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_lns::{Feedback, NetworkServerName, Whereabouts, Which};
use champollion_registry::{RegistryError, ledger::AuditEntry};
use champollion_sandbox::CallError;
use champollion_store::{Batch, Store, StoreError, TableError};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

pub use cancellation::CancelError;
pub use carrier::Carrier;
pub use downlink::{Downlink, State};
pub use encoder::Encoder;
pub use failure::CommandFailure;
pub use group::{GroupAnswer, GroupResult, Refused, Words};
pub use preview::{DeviceKind, PlannedPayload};
pub use request::{CommandRequest, GroupCommandRequest};
pub use requests::RequestKey;
pub use settings::{CommandTimes, DownlinkSettings, DownlinkSettingsError};

use crate::{
    authors::Author,
    devices::Device,
    quotas::{Quota, QuotaExceeded, Quotas, Reservation, Reservations},
    workers::NotDone,
};
use encoder::Encoded;
use ledger::Ledger;
use requests::{Answered, Requests};
use whereabouts::AllWhereabouts;

/// The time that a command is looked after beyond its own, since feedback of the network server takes a while
/// to come.
const GRACE: Duration = Duration::from_secs(300);

/// Commands are remembered at least for as long as repeats of a request are recognized.
const KEEP_HOURS: u32 = 48;

/// All commands. Every method may be called from any task.
pub struct Downlinks {
    store: Arc<dyn Store>,
    encoder: Encoder,
    ledger: Ledger,
    requests: Requests,
    whereabouts: AllWhereabouts,
    settings: CommandTimes,
    /// The network servers that take commands.
    servers: BTreeSet<NetworkServerName>,
    /// Their carriers, once commands are handed over.
    carriers: OnceLock<BTreeMap<NetworkServerName, Arc<Carrier>>>,
    quotas: Arc<Quotas>,
    /// Places for commands that are not kept yet: among those that wait, and among those that are open.
    reserved: (Reservations, Reservations),
}

/// The sender of a command.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The name of the token.
    pub name: String,
    /// The request, where it is to be recognized when it comes again.
    pub request: Option<RequestKey>,
}

/// Why a command was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// Nothing can encode it.
    #[error(
        "the device {0} is registered without a decoder, and nothing else can encode a command"
    )]
    NoDecoder(DevEui),
    /// The decoder that could encode the command cannot be had.
    #[error(transparent)]
    Decoder(Box<RegistryError>),
    /// The decoder does not encode it.
    #[error("the command cannot be encoded: {0}")]
    NotEncoded(CallError),
    /// Too many others are waiting for a decoder.
    #[error("the command was not taken: {0}")]
    NotDone(#[from] NotDone),
    /// Nobody knows where the device lives.
    #[error(
        "nobody knows which network server the device {0} lives on: nothing was heard of it yet, and its registration has no networkServer"
    )]
    NowhereKnown(DevEui),
    /// The settings do not say how commands are handed over.
    #[error(
        "the network server {server} takes no commands: the settings have no [network-servers.{server}.downlink]"
    )]
    NoDownlinks {
        /// The network server in question.
        server: NetworkServerName,
    },
    /// The command is longer than is kept.
    #[error("the command has {bytes} bytes, and {limit} are the limit")]
    CommandTooLarge {
        /// Its length in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// It says twice when it expires.
    #[error("give one of expiresAt and expiresInSeconds")]
    TwoExpiries,
    /// It would expire before it is taken.
    #[error("the command expires at {0}, which is past")]
    ExpiresInThePast(Timestamp),
    /// It would wait for too long.
    #[error("the command expires later than in {limit_days} days, which is the limit")]
    ExpiresTooLate {
        /// The limit in days.
        limit_days: u64,
    },
    /// The key is that of another request.
    #[error(
        "the Idempotency-Key was used for another request at {0}: take a new key for a new command"
    )]
    OtherRequest(Timestamp),
    /// The same request is being answered.
    #[error("a request of the same Idempotency-Key is being answered: ask again")]
    UnderWay,
    /// There is no such group, or no device of it is meant.
    #[error("no device of the group {0} has these tags")]
    NobodyMeant(GroupId),
    /// More devices are meant than can be commanded at once.
    #[error("{devices} devices are meant, and {limit} are the limit: narrow them by tags")]
    TooMany {
        /// The number of devices that are meant.
        devices: usize,
        /// The largest number that is allowed.
        limit: usize,
    },
    /// The group has as many as it may have.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The audit cannot take a line of it.
    #[error(transparent)]
    Audit(Box<RegistryError>),
    /// The store did not keep it.
    #[error("the command could not be kept: {0}")]
    NotKept(String),
}

/// Why the book of commands cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The store did not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A table of the store cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The audit cannot take a line of the change.
    #[error(transparent)]
    Audit(Box<RegistryError>),
}

impl From<RegistryError> for LedgerError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Store(error) => Self::Store(error),
            error => Self::Audit(Box::new(error)),
        }
    }
}

impl From<RegistryError> for SendError {
    fn from(error: RegistryError) -> Self {
        Self::Decoder(Box::new(error))
    }
}

impl From<LedgerError> for SendError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Audit(error) => Self::Audit(error),
            error => Self::NotKept(error.to_string()),
        }
    }
}

impl From<StoreError> for SendError {
    fn from(error: StoreError) -> Self {
        Self::NotKept(error.to_string())
    }
}

impl From<TableError> for SendError {
    fn from(error: TableError) -> Self {
        Self::NotKept(error.to_string())
    }
}

impl Downlinks {
    /// Reads what is open. Commands are of the node that leads, and so is the first store; where devices live any node
    /// learns, in the second.
    pub async fn open(
        (store, of_any_node): (Arc<dyn Store>, Arc<dyn Store>),
        encoder: Encoder,
        settings: CommandTimes,
        servers: BTreeSet<NetworkServerName>,
        quotas: Arc<Quotas>,
    ) -> Result<Self, LedgerError> {
        Ok(Self {
            ledger: Ledger::open(Arc::clone(&store)).await?,
            requests: Requests::new(Arc::clone(&store)),
            whereabouts: AllWhereabouts::open(of_any_node).await?,
            servers,
            carriers: OnceLock::new(),
            quotas,
            reserved: Default::default(),
            store,
            encoder,
            settings,
        })
    }

    /// Reads again what is open, before this node hands over what another has handed over until now.
    pub(crate) async fn take_over(&self) -> Result<(), LedgerError> {
        self.ledger.read().await
    }

    /// Reads again where the devices of these keys live, since another node has learnt it.
    pub(crate) async fn refresh_whereabouts(
        &self,
        keys: &BTreeSet<Vec<u8>>,
    ) -> Result<(), LedgerError> {
        self.whereabouts.refresh(keys).await
    }

    /// Takes a command to a device. When this returns, it survives `kill -9` and a power cut. The same
    /// request once more is the same command.
    pub async fn send(
        &self,
        device: &Device,
        wish: &CommandRequest,
        sender: &Sender,
        author: &dyn Author,
    ) -> Result<Arc<Downlink>, SendError> {
        let _answering = match &sender.request {
            None => None,
            Some(request) => match self.requests.begin(request).await? {
                Answered::Before(id) => {
                    let before = self.ledger.get(id).await?;
                    return before.ok_or_else(|| SendError::NotKept(format!("{id} is gone")));
                }
                Answered::Not(answering) => Some(answering),
            },
        };
        let now = Timestamp::now();
        let expires_at = wish.expiry(now, self.settings.expire_hours)?;
        let server = self.server_of(device)?;
        let _places = self.reserve(&device.group, 1).await?;
        let encoded = self.encoder.encode(device, &wish.command_text()?, now).await?;
        let plan = Plan { wish, sender, now, expires_at, group_command: None };
        let downlink = plan.downlink(device, server, encoded);
        let mut batch = Batch::new();
        self.ledger.put_new(&mut batch, &downlink)?;
        if let Some(request) = &sender.request {
            self.requests.put(&mut batch, request, downlink.id, true, now)?;
        }
        let act = AuditEntry::of_act("command-send", device.dev_eui)
            .with(json!({ "id": downlink.id, "group": device.group }));
        author.commit(batch, act).await.map_err(LedgerError::from)?;
        self.ledger.taken([downlink.clone()]);
        Ok(Arc::new(downlink))
    }

    /// Reserves places for some commands of a group, until they are kept.
    async fn reserve(
        &self,
        group: &GroupId,
        wanted: usize,
    ) -> Result<[Reservation; 2], QuotaExceeded> {
        let limits = self.quotas.of(group);
        let exceeded = |quota, limit| {
            move |used| QuotaExceeded { group: group.clone(), quota, used, wanted, limit }
        };
        let (limit, used) = (limits.open_commands, || self.ledger.counts(group).open);
        let open = self.reserved.1.reserve(group, wanted, limit, used).await;
        let open = open.map_err(exceeded(Quota::OpenCommands, limit))?;
        let (limit, used) = (limits.waiting_commands, || self.ledger.counts(group).waiting);
        let waiting = self.reserved.0.reserve(group, wanted, limit, used).await;
        let waiting = waiting.map_err(exceeded(Quota::WaitingCommands, limit))?;
        Ok([open, waiting])
    }

    /// Returns the numbers of a group's commands: those that wait to be handed over, and those that are open.
    #[must_use]
    pub fn counts(&self, group: &GroupId) -> (usize, usize) {
        let counts = self.ledger.counts(group);
        (counts.waiting, counts.open)
    }

    /// Returns the groups that have commands which are not at their end.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupId> {
        self.ledger.groups()
    }

    /// Returns a command by its id.
    pub async fn get(&self, id: Uuid) -> Result<Option<Arc<Downlink>>, LedgerError> {
        self.ledger.get(id).await
    }

    /// Commands of a device that are seen, the latest first, from before `before` on: at most one more than
    /// `limit`, and hardly more than so many bytes.
    pub async fn of_device(
        &self,
        dev_eui: DevEui,
        before: Option<Uuid>,
        limit: usize,
        bytes: usize,
        is_seen: &(dyn Fn(&Downlink) -> bool + Sync),
    ) -> Result<Vec<Downlink>, LedgerError> {
        self.ledger.of_device(dev_eui, before, limit, bytes, is_seen).await
    }

    /// Takes what a network server tells of a command. What it says of another's is not heard.
    pub async fn hear(
        &self,
        server: &NetworkServerName,
        feedback: &Feedback,
    ) -> Result<(), LedgerError> {
        let id = match &feedback.which {
            Which::Own(id) => Some(*id),
            Which::Reference(reference) => self.ledger.by_reference(server, reference),
        };
        let Some(id) = id else { return Ok(()) };
        let hear = |downlink: &mut Downlink| {
            let is_its_own = downlink.network_server == *server;
            Ok::<_, LedgerError>(is_its_own && downlink.heard(&feedback.event, Timestamp::now()))
        };
        self.ledger.change(id, hear).await.map(drop)
    }

    /// A device was heard of through a network server.
    pub async fn heard_of(
        &self,
        dev_eui: DevEui,
        whereabouts: Whereabouts,
    ) -> Result<(), LedgerError> {
        self.whereabouts.learn(dev_eui, whereabouts).await
    }

    /// Whether commands can be handed over to a network server.
    #[must_use]
    pub fn are_taken_by(&self, server: &NetworkServerName) -> bool {
        self.servers.contains(server)
    }

    /// Whether a device is known to live on a network server.
    #[must_use]
    pub fn knows(&self, dev_eui: DevEui, server: &NetworkServerName) -> bool {
        self.whereabouts.of(dev_eui).is_some_and(|known| known.network_server == *server)
    }

    /// Forgets where a device lives. What waits for it fails when it is its turn.
    pub async fn forget_device(&self, dev_eui: DevEui) -> Result<(), LedgerError> {
        self.whereabouts.forget(dev_eui).await
    }

    /// The network server that a device's commands go to: the one that its registration names, or the
    /// one that it was last heard of through.
    fn server_of(&self, device: &Device) -> Result<NetworkServerName, SendError> {
        let last = || self.whereabouts.of(device.dev_eui).map(|last| last.network_server.clone());
        let server = device.network_server.clone().or_else(last);
        let server = server.ok_or(SendError::NowhereKnown(device.dev_eui))?;
        if self.servers.contains(&server) {
            Ok(server)
        } else {
            Err(SendError::NoDownlinks { server })
        }
    }

    /// Gives up what nobody wants any more. What the network server may have, and tells nothing of, is not
    /// known to be over: it is looked after no longer.
    async fn give_up_old(&self, now: Timestamp) -> Result<(), LedgerError> {
        for downlink in self.ledger.ended(now) {
            // It may have been handed over or sent meanwhile.
            let give_up =
                |downlink: &mut Downlink| Ok::<_, LedgerError>(downlink.give_up(now, GRACE));
            let after = self.ledger.change(downlink.id, give_up).await?;
            if after.is_some_and(|after| after.is_open() && after.ends_at(GRACE) <= now) {
                self.ledger.close(downlink.id).await?;
            }
        }
        Ok(())
    }

    /// Forgets what is long over.
    pub async fn expire(&self, now: Timestamp) -> Result<usize, LedgerError> {
        let keep = Duration::from_secs(u64::from(self.settings.keep_hours.max(KEEP_HOURS)) * 3_600);
        let moment = now.checked_sub(keep).unwrap_or(Timestamp::MIN);
        self.requests.forget_old(now).await?;
        group::forget_before(&*self.store, moment).await?;
        self.ledger.forget_before(moment).await
    }
}

/// The plan that all commands of one request share.
struct Plan<'request> {
    wish: &'request CommandRequest,
    sender: &'request Sender,
    now: Timestamp,
    expires_at: Timestamp,
    group_command: Option<Uuid>,
}

impl Plan<'_> {
    fn downlink(
        &self,
        device: &Device,
        network_server: NetworkServerName,
        encoded: Encoded,
    ) -> Downlink {
        Downlink {
            id: Uuid::now_v7(),
            dev_eui: device.dev_eui,
            group: device.group.clone(),
            network_server,
            state: State::Queued,
            command: self.wish.command.clone(),
            confirmed: self.wish.confirmed,
            priority: self.wish.priority,
            decoder: encoded.decoder,
            f_port: encoded.f_port,
            payload: encoded.payload,
            warnings: encoded.warnings,
            requested_by: self.sender.name.clone(),
            group_command: self.group_command,
            queued_at: self.now,
            expires_at: self.expires_at,
            offered_at: None,
            handed_over_at: None,
            sent_at: None,
            acknowledged_at: None,
            failed_at: None,
            expired_at: None,
            cancelled_at: None,
            attempts: 0,
            broker_offers: 0,
            unanswered: false,
            problem: None,
            failure: None,
            reference: None,
            waiting_for: None,
        }
    }
}
