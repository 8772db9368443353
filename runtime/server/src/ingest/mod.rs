//! The way of a frame: verified, decoded, committed with counter and state in one batch.

mod error;
mod receipt;

use std::{sync::Arc, time::Duration};

use champollion_delivery::{
    mailbox::{DeliveryError, Mailbox},
    records::{DecoderName, DeviceInfo, Outcome, Record},
};
use champollion_frames::{
    CheckedFrame, Claim, DevEui, JoinRefusal, MType, RadioMetadata, Refusal, ReportedUplink,
    VerifiedUplink,
};
use champollion_lns::{Content, Frame, HandedKey, Message};
use champollion_registry::{
    Actor, Canary, Change, DecoderId, DecoderRef, LoadedDecoder, Mandate, Observed, Registry,
    RegistryError, Shadow, variables,
};
use champollion_sandbox::{Call, Reading, Settings};
use champollion_sdk::vectors::Hex;
use champollion_store::{Batch, Health, Store, Table, tables};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::{
    copies::Copies,
    devices::{Device, Devices, DevicesError, JoinError, Joined, Keks},
    misbehaviour,
    storage::Storage,
    turns::Turns,
    workers::{NotDone, Workers},
};

pub use error::IngestError;
pub use receipt::{DecodeProblem, Receipt};

use receipt::counted;

const DECODER_STATES: Table<DevEui, RememberedState> = Table::new(tables::DECODER_STATES);

/// Takes frames in. Every method may be called from any task; a clone is the same intake.
#[derive(Clone)]
pub struct Intake {
    store: Arc<dyn Store>,
    devices: Arc<Devices>,
    registry: Arc<Registry>,
    mailbox: Arc<Mailbox>,
    workers: Arc<Workers>,
    copies: Arc<Copies>,
    /// Uplinks of one device that are reported at once are taken one after another.
    turns: Arc<Turns>,
    keks: Arc<Keks>,
    storage: Arc<Storage>,
    /// Places before the decoders for frames of which many are handed over at once.
    places: Arc<Semaphore>,
}

/// A frame that is handed over whole.
#[derive(Clone, Debug)]
pub(crate) struct WholeFrame {
    pub(crate) phy_payload: Vec<u8>,
    pub(crate) dev_eui: Option<DevEui>,
    pub(crate) f_cnt: Option<u32>,
    pub(crate) mic_checked: bool,
    pub(crate) received_at: Timestamp,
    pub(crate) metadata: RadioMetadata,
    pub(crate) sender: Sender,
    /// Whether copies that other gateways heard may come.
    pub(crate) awaits_copies: bool,
}

/// Who hands a frame over.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    /// The name of the network server.
    network_server: Arc<str>,
    /// It hands over many at once, which wait for a decoder instead of being turned away.
    has_many: bool,
}

/// What a network server tells of a frame.
struct Told {
    uplink: ReportedUplink,
    app_s_key: Option<HandedKey>,
    received_at: Timestamp,
    metadata: RadioMetadata,
    sender: Sender,
}

/// What a decoder remembers of a device, and which decoder it was.
#[derive(Serialize, Deserialize)]
struct RememberedState {
    decoder: DecoderId,
    version: Version,
    state: Hex,
}

impl Intake {
    /// An intake over the parts that it works with.
    #[must_use]
    pub fn new(
        devices: Arc<Devices>,
        registry: Arc<Registry>,
        mailbox: Arc<Mailbox>,
        workers: Arc<Workers>,
        storage: Arc<Storage>,
        copies_window: Duration,
        keks: Keks,
    ) -> Self {
        // Half of the decoders' queue is left to frames that come one by one.
        let places = Arc::new(Semaphore::new((workers.queue_places() / 2).max(1)));
        let copies = Arc::new(Copies::new(copies_window));
        let (turns, keks) = (Arc::default(), Arc::new(keks));
        let store = Arc::clone(storage.store());
        Self { store, devices, registry, mailbox, workers, copies, turns, keks, storage, places }
    }

    /// Takes what a message of a network server hands over, in its name.
    pub async fn take_message(
        &self,
        message: Message,
        from: &Arc<str>,
    ) -> Result<Receipt, IngestError> {
        match message {
            Message::Frame(frame) => self.take(*frame, from).await,
            Message::Joined(joined) => {
                let result = self.take_join_notice(joined).await;
                counted(&result);
                result
            }
            Message::Nothing { what } => {
                let result = Ok(Receipt::Ignored { what });
                counted(&result);
                result
            }
        }
    }

    /// Takes a frame, in the name of the network server that hands it over. When this returns a
    /// receipt, the frame survives `kill -9` and a power cut.
    pub async fn take(&self, frame: Frame, from: &Arc<str>) -> Result<Receipt, IngestError> {
        let sender = Sender { network_server: Arc::clone(from), has_many: false };
        self.take_with(frame, sender, true).await
    }

    /// The same of one of many that are handed over at once. They wait for a decoder as long as it takes;
    /// and copies that other gateways heard are waited for only of a device's `last` one, since the
    /// copies of the others would be among the many.
    pub async fn take_one_of_many(
        &self,
        frame: Frame,
        from: &Arc<str>,
        last: bool,
    ) -> Result<Receipt, IngestError> {
        let sender = Sender { network_server: Arc::clone(from), has_many: true };
        self.take_with(frame, sender, last).await
    }

    async fn take_with(
        &self,
        frame: Frame,
        sender: Sender,
        awaits_copies: bool,
    ) -> Result<Receipt, IngestError> {
        let Frame { content, received_at, metadata } = frame;
        let received_at = received_at.unwrap_or_else(Timestamp::now);
        let result = match content {
            Content::Phy { phy_payload, dev_eui, f_cnt, mic_checked } => {
                self.take_whole(WholeFrame {
                    phy_payload,
                    dev_eui,
                    f_cnt,
                    mic_checked,
                    received_at,
                    metadata,
                    sender,
                    awaits_copies,
                })
                .await
            }
            Content::Reported { uplink, app_s_key } => {
                let told = Told { uplink, app_s_key, received_at, metadata, sender };
                self.take_report(told).await
            }
        };
        counted(&result);
        result
    }

    async fn take_report(&self, told: Told) -> Result<Receipt, IngestError> {
        let intake = self.clone();
        kept_whatever_happens(async move {
            let Told { uplink, app_s_key, received_at, metadata, sender } = told;
            let dev_eui = uplink.dev_eui;
            let _turn = intake.turns.of(dev_eui).await;
            if let (Some(app_s_key), Some(dev_addr)) = (app_s_key, uplink.dev_addr) {
                let devices = &intake.devices;
                devices.hand_over_app_s_key(dev_eui, dev_addr, app_s_key, &intake.keks).await?;
            }
            let (now_ms, at_ms) = (milliseconds(Timestamp::now()), milliseconds(received_at));
            match intake.devices.accept_report(uplink, now_ms, at_ms, metadata) {
                Ok(claim) => intake.keep(claim, &sender).await,
                Err(refusal) => intake.refused(refusal),
            }
        })
        .await
    }

    /// A network server tells that a device has joined.
    async fn take_join_notice(
        &self,
        joined: champollion_lns::Joined,
    ) -> Result<Receipt, IngestError> {
        let intake = self.clone();
        kept_whatever_happens(async move {
            let champollion_lns::Joined { dev_eui, dev_addr, app_s_key } = joined;
            let _turn = intake.turns.of(dev_eui).await;
            if let (Some(app_s_key), Some(dev_addr)) = (app_s_key, dev_addr) {
                let devices = &intake.devices;
                devices.hand_over_app_s_key(dev_eui, dev_addr, app_s_key, &intake.keks).await?;
            }
            intake.devices.note_join(dev_eui, dev_addr).await?;
            Ok(Receipt::Joined { dev_eui, dev_addr })
        })
        .await
    }

    async fn take_whole(&self, frame: WholeFrame) -> Result<Receipt, IngestError> {
        match frame.phy_payload.first().map(|&mhdr| MType::of(mhdr)) {
            Some(Ok(MType::JoinRequest | MType::JoinAccept | MType::RejoinRequest)) => {
                self.join(frame).await
            }
            _ if self.copies.are_awaited() => self.copies.take(self, &frame).await,
            _ => match self.verify(&frame) {
                Ok(claim) => {
                    let intake = self.clone();
                    kept_whatever_happens(async move { intake.keep(claim, &frame.sender).await })
                        .await
                }
                Err(refusal) => self.refused(refusal),
            },
        }
    }

    /// Waits for no more copies of frames, since the server stops.
    pub fn stop_waiting_for_copies(&self) {
        self.copies.stop_waiting();
    }

    /// Waits until all frames are kept that are on their way, also those that nobody waits for any
    /// more.
    pub async fn all_kept(&self) {
        self.copies.all_kept().await;
    }

    pub(crate) fn verify(&self, frame: &WholeFrame) -> Result<Claim, Refusal> {
        let received_at_ms = milliseconds(frame.received_at);
        let (sessions, metadata) = (self.devices.sessions(), frame.metadata.clone());
        let WholeFrame { phy_payload: phy, dev_eui, f_cnt, .. } = frame;
        match *dev_eui {
            Some(dev_eui) if frame.mic_checked => {
                let checked = CheckedFrame { phy, dev_eui, f_cnt: *f_cnt };
                sessions.verify_checked(checked, received_at_ms, metadata)
            }
            _ => sessions.verify(phy, received_at_ms, metadata),
        }
    }

    /// What a frame is answered that is not accepted: one that was taken before is well received.
    pub(crate) fn refused(&self, refusal: Refusal) -> Result<Receipt, IngestError> {
        match refusal {
            Refusal::Duplicate { dev_eui, f_cnt } => {
                metrics::counter!("champollion_copies_total", "kind" => "late").increment(1);
                Ok(Receipt::Duplicate { dev_eui, f_cnt })
            }
            refusal => Err(IngestError::Refused(refusal)),
        }
    }

    /// Takes a message by which a device joins.
    async fn join(&self, frame: WholeFrame) -> Result<Receipt, IngestError> {
        let devices = Arc::clone(&self.devices);
        // In a task of its own: it ends also when nobody waits for it any more, so that what is
        // durable and what is in memory stay the same.
        let joined =
            tokio::spawn(async move { devices.join(&frame.phy_payload, frame.dev_eui).await });
        match joined.await.map_err(|error| IngestError::NotKept(error.to_string()))? {
            Ok(Joined::Asked { dev_eui, dev_nonce }) => {
                Ok(Receipt::JoinRequested { dev_eui, dev_nonce })
            }
            Ok(Joined::Answered { dev_eui, dev_addr }) => {
                Ok(Receipt::Joined { dev_eui, dev_addr: Some(dev_addr) })
            }
            Err(JoinError::Refused(JoinRefusal::Duplicate { dev_eui, .. })) => {
                Ok(Receipt::JoinDuplicate { dev_eui })
            }
            Err(JoinError::Refused(refusal)) => Err(IngestError::JoinRefused(refusal)),
            Err(JoinError::Devices(error)) => Err(error.into()),
        }
    }

    /// Decodes a verified frame and makes all that comes of it durable.
    pub(crate) async fn keep(&self, claim: Claim, sender: &Sender) -> Result<Receipt, IngestError> {
        self.check_room()?;
        let _turn = self.devices.turn_of(&claim).await;
        let (dev_eui, f_cnt) = (claim.uplink().dev_eui(), claim.uplink().f_cnt());
        let mut batch = Batch::new();
        self.devices.put_progress(&mut batch, &claim)?;
        if claim.uplink().application_payload().is_none() {
            self.commit(batch, claim).await?;
            return Ok(Receipt::MacOnly { dev_eui, f_cnt });
        }
        // A device that was removed between its verification and here is unknown.
        let device = self.devices.get(dev_eui).ok_or(DevicesError::Unknown(dev_eui))?;
        let record = self.decode(&device, claim.uplink(), sender, &mut batch).await?;
        let record = self.add(&mut batch, record)?;
        self.commit(batch, claim).await?;
        self.mailbox.announce(record.group());
        Ok(Receipt::Accepted {
            record: record.id().to_string(),
            dev_eui,
            f_cnt,
            decoded: record.is_decoded(),
            decode_error: record.decode_error().map(|(code, message)| DecodeProblem {
                code: code.to_owned(),
                message: message.to_owned(),
            }),
        })
    }

    /// Nothing is decoded that cannot be kept, and nobody waits for a disk that has stopped writing.
    fn check_room(&self) -> Result<(), IngestError> {
        if let Some(full) = self.storage.full() {
            return Err(IngestError::Full(full));
        }
        match self.storage.health() {
            Health::Failed(reason) => Err(IngestError::NotKept(reason)),
            Health::Stalled => {
                Err(IngestError::NotKept("the disk has not finished a write in time".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Puts the record into the batch; without its reading where that makes it too large to be kept.
    fn add(&self, batch: &mut Batch, record: Record) -> Result<Record, IngestError> {
        let now = Timestamp::now();
        match self.mailbox.add(batch, &record, now) {
            Ok(()) => Ok(record),
            Err(error @ DeliveryError::RecordTooLarge { .. }) if record.is_decoded() => {
                let raw = record.without_reading("record-too-large", error.to_string());
                self.mailbox.add(batch, &raw, now)?;
                Ok(raw)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Should the commit fail, the claim is dropped and the network server's retry is taken.
    async fn commit(&self, batch: Batch, claim: Claim) -> Result<(), IngestError> {
        self.store.commit(batch).await?;
        let takes_over = claim.takes_over();
        let uplink = claim.confirm();
        if takes_over {
            self.devices.settle(uplink.dev_eui());
        }
        if uplink.counter_reset() {
            metrics::counter!("champollion_counter_resets_total").increment(1);
        }
        Ok(())
    }

    /// Decodes a frame. Whatever goes wrong with the decoder, there is a record: the raw payload is
    /// never lost.
    async fn decode(
        &self,
        device: &Device,
        uplink: &VerifiedUplink,
        sender: &Sender,
        batch: &mut Batch,
    ) -> Result<Record, IngestError> {
        let outcome = match device.assignment.wanted() {
            None => Outcome::NoDecoder {
                code: "no-decoder",
                message: "the device is registered without a decoder".to_owned(),
            },
            Some(wanted) => match self.registry.decoder_of(wanted, number(device.dev_eui)).await {
                Ok((decoder, canary)) => {
                    let outcome = self.run(device, wanted, decoder, uplink, sender, batch).await?;
                    if let Some(canary) = canary {
                        self.count(&wanted.id, &canary, &outcome);
                    }
                    outcome
                }
                Err(error) => {
                    let code = match &error {
                        RegistryError::Resolve(_) => "no-decoder",
                        RegistryError::Quarantined(_) => "decoder-quarantined",
                        _ => "decoder-unusable",
                    };
                    Outcome::NoDecoder { code, message: error.to_string() }
                }
            },
        };
        let info = DeviceInfo {
            dev_eui: device.dev_eui,
            name: device.name.clone(),
            sub_group: device.sub_group.clone(),
            use_case: device.use_case.clone(),
            tags: device.tags.clone(),
        };
        Ok(Record::new(uplink, &sender.network_server, device.group.clone(), info, outcome))
    }

    async fn run(
        &self,
        device: &Device,
        wanted: &DecoderRef,
        decoder: Arc<LoadedDecoder>,
        uplink: &VerifiedUplink,
        sender: &Sender,
        batch: &mut Batch,
    ) -> Result<Outcome, IngestError> {
        let state = self.remembered(device.dev_eui, &decoder).await?;
        let settings = Settings { variables: variables(&device.variables), state };
        let shadow = self.registry.shadow_of(wanted, &decoder);
        let place = if sender.has_many { self.places.acquire().await.ok() } else { None };
        let (call, decoder, settings) = {
            let uplink = uplink.clone();
            let work = move || (decoder.decode_uplink(&uplink, &settings), decoder, settings);
            self.workers.run(work).await.map_err(|not_done| match not_done {
                NotDone::Busy { .. } => IngestError::Busy(not_done),
                NotDone::Panicked => IngestError::NotKept(not_done.to_string()),
            })?
        };
        drop(place);
        if let Some(shadow) = shadow {
            self.decode_beside(shadow, &decoder.id, uplink.clone(), settings, &call);
        }
        let name = DecoderName {
            id: decoder.id.to_string(),
            version: decoder.version.clone(),
            digest: decoder.decoder.digest(),
            fuel: call.fuel,
        };
        let reading = match call.result {
            Ok(reading) => reading,
            Err(error) => {
                misbehaviour::report(&self.registry, &decoder, &error).await;
                return Ok(Outcome::Failed(name, error));
            }
        };
        // What an overtaken frame leaves behind is older than what there is.
        if let Some(state) = reading.state.as_ref().filter(|_| !uplink.held_up()) {
            let remembered = RememberedState {
                decoder: decoder.id.clone(),
                version: decoder.version.clone(),
                state: Hex(state.clone()),
            };
            DECODER_STATES.put(batch, &device.dev_eui, &remembered)?;
        }
        Ok(Outcome::Decoded(name, reading))
    }

    /// Counts how a candidate did; when it failed too often, no device gets it any more.
    fn count(&self, id: &DecoderId, canary: &Canary, outcome: &Outcome) {
        let failed = !matches!(outcome, Outcome::Decoded(..));
        let Some(reason) = canary.count(failed) else { return };
        let (registry, id) = (Arc::clone(&self.registry), id.clone());
        tracing::error!(decoder = %id, version = %canary.rule().version, reason, "the canary ends");
        tokio::spawn(async move {
            let by = Actor::named("the registry");
            let mandate = Mandate { by, at: Timestamp::now(), dry_run: false };
            let ended = registry.change(&id, &Change::EndCanary(reason), &mandate, &[]).await;
            // Somebody may have ended it meanwhile.
            if let Err(error) = ended {
                tracing::warn!(decoder = %id, %error, "the canary could not be ended");
            }
        });
    }

    /// Has a candidate decode a frame too, after it and not in its way, and compares.
    fn decode_beside(
        &self,
        shadow: Arc<Shadow>,
        id: &DecoderId,
        uplink: VerifiedUplink,
        settings: Settings,
        stable: &Call<Reading>,
    ) {
        let (registry, workers) = (Arc::clone(&self.registry), Arc::clone(&self.workers));
        let (id, stable) = (id.clone(), Observed::of(stable));
        tokio::spawn(async move {
            let Ok(candidate) = registry.version(&id, shadow.version()).await else {
                return shadow.skip();
            };
            let work = move || {
                let observed = Observed::of(&candidate.decoder.decode_uplink(&uplink, &settings));
                (observed, uplink)
            };
            match workers.run_if_idle(work).await {
                Ok((observed, uplink)) => {
                    let sent = uplink.application_payload().unwrap_or_default();
                    shadow.compare(sent, &stable, &observed);
                }
                Err(_) => shadow.skip(),
            }
        });
    }

    /// What the decoder returned as state for the device's previous frame. What another decoder
    /// remembered, or another major version of this one, it could only misread.
    async fn remembered(
        &self,
        dev_eui: DevEui,
        decoder: &LoadedDecoder,
    ) -> Result<Vec<u8>, IngestError> {
        let Some(remembered) = DECODER_STATES.get(&*self.store, &dev_eui).await? else {
            return Ok(Vec::new());
        };
        let same =
            remembered.decoder == decoder.id && remembered.version.major == decoder.version.major;
        Ok(if same { remembered.state.0 } else { Vec::new() })
    }
}

/// All 64 bits of a DevEUI.
fn number(dev_eui: DevEui) -> u64 {
    u64::from_be_bytes(dev_eui.to_be_bytes())
}

fn milliseconds(moment: Timestamp) -> u64 {
    u64::try_from(moment.as_millisecond()).unwrap_or(0)
}

/// Does something in a task of its own, which ends also when nobody waits for it any more: what is
/// handed to the store becomes durable in any case, and what is in memory must say the same.
async fn kept_whatever_happens(
    work: impl Future<Output = Result<Receipt, IngestError>> + Send + 'static,
) -> Result<Receipt, IngestError> {
    let done = tokio::spawn(work).await;
    done.unwrap_or_else(|error| Err(IngestError::NotKept(format!("it was given up: {error}"))))
}
