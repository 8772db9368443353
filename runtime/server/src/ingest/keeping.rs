//! A frame is verified, and what comes of it becomes durable: counter, decoder state and record in one
//! batch.

use std::sync::{Arc, OnceLock};

use champollion_delivery::{
    mailbox::{DeliveryError, Mailbox},
    records::Record,
};
use champollion_fleet::names::GroupId;
use champollion_frames::{CheckedFrame, Claim, DevAddr, DevEui, Progress, Refusal};
use champollion_lns::GatewayStatus;
use champollion_store::{Batch, Committed, Health, Store, StoreError};
use jiff::Timestamp;

use super::{
    decoding::Decoding,
    error::IngestError,
    frame::{ReportedFrame, Sender, WholeFrame, milliseconds},
    receipt::{DecodeProblem, Receipt},
    traced::{self, TracedRecord},
};
use crate::{
    devices::{Devices, DevicesError, FrameTurn, Overtaken},
    quality::FrameCounts,
    storage::Storage,
};

/// A keeper of frames: verifies them and makes their records durable.
pub(super) struct Keeper {
    pub(super) store: Arc<dyn Store>,
    pub(super) devices: Arc<Devices>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) storage: Arc<Storage>,
    pub(super) decoding: Decoding,
    /// The counts that durable frames are added to, where there are some.
    pub(super) counts: OnceLock<Arc<FrameCounts>>,
}

/// Why a frame was not kept.
enum NotKept {
    /// The device could not be moved on, be it that another has done so meanwhile.
    Devices(DevicesError),
    /// Any other error: of decoding, or of the record.
    Other(IngestError),
}

impl From<StoreError> for NotKept {
    fn from(error: StoreError) -> Self {
        Self::Devices(error.into())
    }
}

impl From<DevicesError> for NotKept {
    fn from(error: DevicesError) -> Self {
        Self::Devices(error)
    }
}

impl From<IngestError> for NotKept {
    fn from(error: IngestError) -> Self {
        Self::Other(error)
    }
}

impl From<NotKept> for IngestError {
    fn from(error: NotKept) -> Self {
        match error {
            NotKept::Devices(error) => error.into(),
            NotKept::Other(error) => error,
        }
    }
}

impl Keeper {
    /// Verifies a frame, and that the one who hands it over speaks for its device.
    pub(super) fn verify(&self, frame: &WholeFrame) -> Result<Claim, Refusal> {
        let verified = self.verify_anybodys(frame);
        let dev_eui = match &verified {
            Ok(claim) => Some(claim.uplink().dev_eui()),
            Err(refusal) => refusal.dev_eui(),
        };
        if let Some(dev_eui) = dev_eui {
            frame.sender.speaker.check(&self.devices, dev_eui)?;
        }
        verified
    }

    fn verify_anybodys(&self, frame: &WholeFrame) -> Result<Claim, Refusal> {
        let received_at_ms = milliseconds(frame.received_at);
        let (sessions, metadata) = (self.devices.sessions(), frame.metadata.clone());
        let WholeFrame { phy_payload: phy, dev_eui, f_cnt, .. } = frame;
        match *dev_eui {
            Some(dev_eui) if frame.mic_checked => {
                let checked = CheckedFrame { phy, dev_eui, f_cnt: *f_cnt };
                sessions.verify_checked(checked, received_at_ms, metadata)
            }
            _ => sessions.verify_guessed(phy, *f_cnt, received_at_ms, metadata),
        }
    }

    /// Answers a frame that is not accepted: one that was taken before is well received.
    pub(super) fn refused(&self, refusal: Refusal) -> Result<Receipt, IngestError> {
        match refusal {
            Refusal::Duplicate { dev_eui, f_cnt } => {
                metrics::counter!("champollion_copies_total", "kind" => "late").increment(1);
                Ok(Receipt::Duplicate { dev_eui, f_cnt })
            }
            refusal => Err(IngestError::Refused(refusal)),
        }
    }

    /// Keeps a whole frame that was verified.
    pub(super) async fn keep_whole(
        &self,
        claim: Claim,
        frame: &WholeFrame,
    ) -> Result<Receipt, IngestError> {
        self.keep(claim, &frame.sender, || self.verify(frame)).await
    }

    /// Takes an uplink that is reported, and keeps it.
    pub(super) async fn keep_reported(&self, told: &ReportedFrame) -> Result<Receipt, IngestError> {
        match self.accept(told) {
            Ok(claim) => self.keep(claim, &told.sender, || self.accept(told)).await,
            Err(refusal) => self.refused(refusal),
        }
    }

    fn accept(&self, told: &ReportedFrame) -> Result<Claim, Refusal> {
        let (now_ms, at_ms) = (milliseconds(Timestamp::now()), milliseconds(told.received_at));
        let (uplink, metadata) = (told.uplink.clone(), told.metadata.clone());
        self.devices.accept_report(uplink, now_ms, at_ms, metadata)
    }

    /// Makes all that comes of a verified frame durable. Where another process has moved the device on
    /// meanwhile, the frame is verified once more against what is stored then, so that it is answered what
    /// one process alone would have answered; and so it is at once where a node knows that it has not read
    /// yet what became of the device, which may have gone to another group. Should the store fail, the claim
    /// is dropped and the network server's retry is taken.
    async fn keep(
        &self,
        mut claim: Claim,
        sender: &Sender,
        verify_again: impl Fn() -> Result<Claim, Refusal>,
    ) -> Result<Receipt, IngestError> {
        let mut overtaken = Overtaken::default();
        let mut is_read = !self.decoding.is_behind_of(claim.uplink().dev_eui());
        loop {
            self.check_room(claim.uplink().dev_eui())?;
            if std::mem::replace(&mut is_read, true) {
                let turn = self.devices.turn_of(&claim).await;
                if let Some(refusal) = self.devices.taken_otherwise(&claim) {
                    return self.refused(refusal);
                }
                match self.keep_once(&claim, sender, &turn).await {
                    Ok(receipt) => {
                        self.confirm(claim);
                        return Ok(receipt);
                    }
                    Err(NotKept::Devices(error)) if overtaken.is_again(&error) => drop(turn),
                    Err(error) => return Err(error.into()),
                }
                metrics::counter!("champollion_frames_overtaken_total").increment(1);
            }
            // Given up only then, so that the device's next frame does not come before this one.
            self.devices.reread(claim.uplink().dev_eui()).await?;
            self.decoding.forget(claim.uplink().dev_eui());
            drop(claim);
            claim = match verify_again() {
                Ok(claim) => claim,
                Err(refusal) => return self.refused(refusal),
            };
        }
    }

    /// Decodes a verified frame and makes all that comes of it durable, unless another process has moved
    /// the device on meanwhile.
    async fn keep_once(
        &self,
        claim: &Claim,
        sender: &Sender,
        turn: &FrameTurn<'_>,
    ) -> Result<Receipt, NotKept> {
        let (dev_eui, f_cnt) = (claim.uplink().dev_eui(), claim.uplink().f_cnt());
        let mut batch = Batch::new();
        self.devices.put_progress(&mut batch, claim, turn).await?;
        if claim.uplink().application_payload().is_none() {
            let committed = self.store.commit(batch).await?;
            if let Some(device) = self.devices.get(dev_eui) {
                self.count(&device.group, claim, &committed);
            }
            return Ok(Receipt::MacOnly { dev_eui, f_cnt });
        }
        // A device that was removed between its verification and here is unknown.
        let device = self.devices.get(dev_eui).ok_or(DevicesError::Unknown(dev_eui))?;
        let decoding = traced::moment();
        let decoded = self.decoding.decode(&device, claim.uplink(), sender, &mut batch).await?;
        let (record, judged) = decoded;
        let record = record.with_missed_frames(missed_frames(claim));
        let record = self.add(&mut batch, record)?;
        let traced = TracedRecord::begin(&record, sender.speaker.trace, sender.began, decoding);
        let committed = self.store.commit(batch).await;
        traced.end(&record, &committed);
        self.count(record.group(), claim, &committed?);
        if let Some(judged) = judged {
            self.decoding.confirm(judged);
        }
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

    /// Counts a frame of a group that is durable.
    fn count(&self, group: &GroupId, claim: &Claim, committed: &Committed) {
        if let Some(counts) = self.counts.get() {
            // The record is the only entry that a frame adds to a log.
            let place = committed.appended.last().copied();
            counts.note(group, claim.uplink(), missed_frames(claim), place);
        }
    }

    /// Notes that a gateway is there.
    pub(super) async fn note_gateway(&self, status: &GatewayStatus) {
        if let Some(counts) = self.counts.get() {
            counts.note_gateway(status).await;
        }
    }

    /// Nothing is decoded that cannot be kept, and nobody waits for a disk that has stopped writing. Where groups lie in
    /// several databases, one that is away or full keeps no frames of other groups from being taken.
    fn check_room(&self, dev_eui: DevEui) -> Result<(), IngestError> {
        let device = self.devices.get(dev_eui);
        let group = device.as_deref().map(|device| device.group.as_str());
        if let Some(full) = self.storage.full_of(group) {
            return Err(IngestError::Full(full));
        }
        match self.storage.health_of(group) {
            Health::Failed(reason) => Err(IngestError::NotKept(reason)),
            Health::Stalled => {
                Err(IngestError::NotKept("the store has not finished a write in time".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Puts the record into the batch; without its reading where that makes it too large to be kept.
    fn add(&self, batch: &mut Batch, record: Record) -> Result<Record, IngestError> {
        let now = Timestamp::now();
        let record = record.recorded_at(now);
        match self.mailbox.add(batch, &record, now) {
            Ok(()) => Ok(record),
            Err(error @ DeliveryError::RecordTooLarge { .. }) if record.is_derived() => {
                let reason = format!("what was derived is left out: {error}");
                self.add(batch, record.without_derived(reason))
            }
            Err(error @ DeliveryError::RecordTooLarge { .. }) if record.is_decoded() => {
                let raw = record.without_reading("record-too-large", error.to_string());
                self.mailbox.add(batch, &raw, now)?;
                Ok(raw)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Says that all that came of a frame is durable.
    fn confirm(&self, claim: Claim) {
        let uplink = self.devices.confirm(claim);
        if uplink.counter_reset() {
            metrics::counter!("champollion_counter_resets_total").increment(1);
        }
    }
}

/// The number of frames of a device that were sent between the last that was received and this one. Not
/// known of the first frame of a session, nor where the counter started over or the frame was overtaken.
fn missed_frames(claim: &Claim) -> Option<u32> {
    let uplink = claim.uplink();
    if uplink.counter_reset() || uplink.held_up() {
        return None;
    }
    let last = match claim.progress() {
        Progress::Session { from, .. } => from.last_f_cnt?,
        Progress::Report { from, .. } => {
            let is_known = |addr: &DevAddr| uplink.dev_addr().is_none_or(|own| own == *addr);
            from.dev_addr().as_ref().is_none_or(is_known).then(|| from.last_f_cnt()).flatten()?
        }
    };
    uplink.f_cnt().checked_sub(last)?.checked_sub(1)
}
