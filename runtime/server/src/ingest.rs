//! The way of a frame: verified, decoded, committed with counter and state in one batch.

use std::{sync::Arc, time::Duration};

use champollion_delivery::{DecoderName, DeliveryError, DeviceInfo, Mailbox, Outcome, Record};
use champollion_frames::{
    CheckedFrame, Claim, DevAddr, DevEui, JoinRefusal, MType, RadioMetadata, Refusal,
    VerifiedUplink,
};
use champollion_registry::{
    DecoderId, LoadedDecoder, Quarantined, Registry, RegistryError, variables,
};
use champollion_sandbox::{CallError, Settings};
use champollion_sdk::vectors::Hex;
use champollion_store::{Batch, Store, StoreError};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{
    copies::Copies,
    devices::{self, DECODER_STATES, Device, Devices, DevicesError, JoinError, Joined},
    lns::{Content, Message},
    workers::{NotDone, Workers},
};

/// Most gateways of one frame. With them a raw record stays well below what the store takes.
pub(crate) const GATEWAYS: usize = 100;

/// Takes frames in. Every method may be called from any task; a clone is the same intake.
#[derive(Clone)]
pub struct Intake {
    store: Arc<dyn Store>,
    devices: Arc<Devices>,
    registry: Arc<Registry>,
    mailbox: Arc<Mailbox>,
    workers: Arc<Workers>,
    copies: Arc<Copies>,
}

/// A frame as a network server hands it over.
#[derive(Clone, Debug)]
pub struct Frame {
    /// What is handed over of it.
    pub content: Content,
    /// When the network received it; now where it is not told.
    pub received_at: Option<Timestamp>,
    /// How the network received it.
    pub metadata: RadioMetadata,
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
    /// The name of the network server that hands it over.
    pub(crate) from: Arc<str>,
}

/// What became of a frame that was taken.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Receipt {
    /// Its record is durable.
    Accepted {
        /// The record's name.
        record: String,
        /// The device.
        dev_eui: DevEui,
        /// The frame counter, all 32 bits.
        f_cnt: u32,
        /// Whether a decoder read it.
        decoded: bool,
        /// Why no decoder did.
        #[serde(skip_serializing_if = "Option::is_none")]
        decode_error: Option<DecodeProblem>,
    },
    /// It holds MAC commands only: counted, and nothing to hand out.
    MacOnly {
        /// The device.
        dev_eui: DevEui,
        /// The frame counter, all 32 bits.
        f_cnt: u32,
    },
    /// It is another gateway's copy, and came in time: the record has its reception too.
    Merged {
        /// The record's name.
        record: String,
        /// The device.
        dev_eui: DevEui,
        /// The frame counter, all 32 bits.
        f_cnt: u32,
    },
    /// It was taken before: another gateway's copy that came late, or the network server's retry.
    Duplicate {
        /// The device.
        dev_eui: DevEui,
        /// The frame counter, all 32 bits.
        f_cnt: u32,
    },
    /// A device asks to join; its number is used up.
    JoinRequested {
        /// The device.
        dev_eui: DevEui,
        /// The number of the request.
        dev_nonce: u16,
    },
    /// A device was let in, and has a new session from its next frame on.
    Joined {
        /// The device.
        dev_eui: DevEui,
        /// The address of the session.
        dev_addr: DevAddr,
    },
    /// The message is of a kind that hands nothing over.
    Ignored {
        /// Which kind, in the network server's word.
        what: String,
    },
    /// A message of the join procedure was taken before.
    #[serde(rename = "duplicate")]
    JoinDuplicate {
        /// The device.
        dev_eui: DevEui,
    },
}

/// Why no decoder read a frame.
#[derive(Clone, Debug, Serialize)]
pub struct DecodeProblem {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// Why a frame was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// It is not what it says, or came before.
    #[error(transparent)]
    Refused(Refusal),
    /// It is no message by which a device joins, or came before.
    #[error(transparent)]
    JoinRefused(JoinRefusal),
    /// It is genuine, and could not be kept: the network server should try again.
    #[error("the frame could not be kept: {0}")]
    NotKept(String),
    /// It is genuine, and too many others are waiting for a decoder: the network server should try
    /// again a little later.
    #[error("the frame was not taken: {0}")]
    Busy(NotDone),
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
        store: Arc<dyn Store>,
        devices: Arc<Devices>,
        registry: Arc<Registry>,
        mailbox: Arc<Mailbox>,
        workers: Arc<Workers>,
        copies_window: Duration,
    ) -> Self {
        let copies = Arc::new(Copies::new(copies_window));
        Self { store, devices, registry, mailbox, workers, copies }
    }

    /// Takes what a message of a network server hands over, in its name.
    pub async fn take_message(
        &self,
        message: Message,
        from: &Arc<str>,
    ) -> Result<Receipt, IngestError> {
        match message {
            Message::Frame(frame) => self.take(*frame, from).await,
            Message::Joined(joined) => Ok(Receipt::Ignored { what: joined.dev_eui.to_string() }),
            Message::Nothing { what } => Ok(Receipt::Ignored { what }),
        }
    }

    /// Takes a frame, in the name of the network server that hands it over. When this returns a
    /// receipt, the frame survives `kill -9` and a power cut.
    pub async fn take(&self, frame: Frame, from: &Arc<str>) -> Result<Receipt, IngestError> {
        let Frame { content, received_at, metadata } = frame;
        let received_at = received_at.unwrap_or_else(Timestamp::now);
        let result = match content {
            Content::Phy { phy_payload, dev_eui, f_cnt, mic_checked } => {
                let from = Arc::clone(from);
                self.take_whole(WholeFrame {
                    phy_payload,
                    dev_eui,
                    f_cnt,
                    mic_checked,
                    received_at,
                    metadata,
                    from,
                })
                .await
            }
            Content::Reported { .. } => Err(IngestError::NotKept("not taken yet".to_owned())),
        };
        let became = match &result {
            Ok(Receipt::Accepted { .. }) => "accepted",
            Ok(Receipt::MacOnly { .. }) => "mac-only",
            Ok(Receipt::Merged { .. }) => "merged",
            Ok(Receipt::Duplicate { .. } | Receipt::JoinDuplicate { .. }) => "duplicate",
            Ok(Receipt::Ignored { .. }) => "ignored",
            Ok(Receipt::JoinRequested { .. }) => "join-requested",
            Ok(Receipt::Joined { .. }) => "joined",
            Err(IngestError::Refused(refusal)) => refusal.code(),
            Err(IngestError::JoinRefused(refusal)) => refusal.code(),
            Err(IngestError::NotKept(_)) => "not-kept",
            Err(IngestError::Busy(_)) => "busy",
        };
        metrics::counter!("champollion_frames_total", "result" => became).increment(1);
        result
    }

    async fn take_whole(&self, frame: WholeFrame) -> Result<Receipt, IngestError> {
        match frame.phy_payload.first().map(|&mhdr| MType::of(mhdr)) {
            Some(Ok(MType::JoinRequest | MType::JoinAccept | MType::RejoinRequest)) => {
                self.join(frame).await
            }
            _ if self.copies.are_awaited() => self.copies.take(self, &frame).await,
            _ => match self.verify(&frame) {
                Ok(claim) => self.keep(claim, &frame.from).await,
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
        let received_at_ms = u64::try_from(frame.received_at.as_millisecond()).unwrap_or(0);
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
            Ok(Joined::Answered { dev_eui, dev_addr }) => Ok(Receipt::Joined { dev_eui, dev_addr }),
            Err(JoinError::Refused(JoinRefusal::Duplicate { dev_eui, .. })) => {
                Ok(Receipt::JoinDuplicate { dev_eui })
            }
            Err(JoinError::Refused(refusal)) => Err(IngestError::JoinRefused(refusal)),
            Err(JoinError::Devices(error)) => Err(error.into()),
        }
    }

    /// Decodes a verified frame and makes all that comes of it durable.
    pub(crate) async fn keep(&self, claim: Claim, from: &str) -> Result<Receipt, IngestError> {
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
        let record = self.decode(&device, claim.uplink(), from, &mut batch).await?;
        let record = self.add(&mut batch, record)?;
        self.commit(batch, claim).await?;
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
        from: &str,
        batch: &mut Batch,
    ) -> Result<Record, IngestError> {
        let outcome = match &device.decoder {
            None => Outcome::NoDecoder {
                code: "no-decoder",
                message: "the device is registered without a decoder".to_owned(),
            },
            Some(wanted) => match self.registry.healthy_decoder(wanted).await {
                Ok(decoder) => self.run(device, decoder, uplink, batch).await?,
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
            tags: device.tags.clone(),
        };
        Ok(Record::new(uplink, from, device.group.clone(), info, outcome))
    }

    async fn run(
        &self,
        device: &Device,
        decoder: Arc<LoadedDecoder>,
        uplink: &VerifiedUplink,
        batch: &mut Batch,
    ) -> Result<Outcome, IngestError> {
        let state = self.remembered(device.dev_eui, &decoder).await?;
        let settings = Settings { variables: variables(&device.variables), state };
        let (call, decoder) = {
            let uplink = uplink.clone();
            let work = move || (decoder.decode_uplink(&uplink, &settings), decoder);
            self.workers.run(work).await.map_err(|not_done| match not_done {
                NotDone::Busy { .. } => IngestError::Busy(not_done),
                NotDone::Panicked => IngestError::NotKept(not_done.to_string()),
            })?
        };
        let name = DecoderName {
            id: decoder.id.to_string(),
            version: decoder.version.clone(),
            digest: decoder.decoder.digest(),
            fuel: call.fuel,
        };
        let reading = match call.result {
            Ok(reading) => reading,
            Err(error) => {
                self.report(&decoder, &error).await;
                return Ok(Outcome::Failed(name, error));
            }
        };
        if let Some(state) = &reading.state {
            let remembered = RememberedState {
                decoder: decoder.id.clone(),
                version: decoder.version.clone(),
                state: Hex(state.clone()),
            };
            let value = serde_json::to_vec(&remembered)
                .map_err(|error| IngestError::NotKept(error.to_string()))?;
            batch.put(DECODER_STATES, devices::key(device.dev_eui), value);
        }
        Ok(Outcome::Decoded(name, reading))
    }

    /// Tells the registry of a call that misbehaved. Whatever comes of it, the frame is kept.
    async fn report(&self, decoder: &LoadedDecoder, error: &CallError) {
        if !error.is_misbehaviour() {
            return;
        }
        match self.registry.report(decoder, error, Timestamp::now()).await {
            Ok(None) => {}
            Ok(Some(Quarantined { id, version, failures, message, .. })) => tracing::error!(
                decoder = %id, %version, failures, last = message,
                "the decoder is set aside; its frames are delivered raw until that is lifted"
            ),
            Err(error) => tracing::error!(%error, "a quarantine could not be kept"),
        }
    }

    /// What the decoder returned as state for the device's previous frame. What another decoder
    /// remembered, or another major version of this one, it could only misread.
    async fn remembered(
        &self,
        dev_eui: DevEui,
        decoder: &LoadedDecoder,
    ) -> Result<Vec<u8>, IngestError> {
        let Some(value) = self.store.get(DECODER_STATES, &devices::key(dev_eui)).await? else {
            return Ok(Vec::new());
        };
        let remembered: RememberedState = serde_json::from_slice(&value)
            .map_err(|error| IngestError::NotKept(error.to_string()))?;
        let same =
            remembered.decoder == decoder.id && remembered.version.major == decoder.version.major;
        Ok(if same { remembered.state.0 } else { Vec::new() })
    }
}

macro_rules! not_kept {
    ($($error:ty),*) => {$(
        impl From<$error> for IngestError {
            fn from(error: $error) -> Self {
                Self::NotKept(error.to_string())
            }
        }
    )*};
}

not_kept!(StoreError, DevicesError, DeliveryError);
