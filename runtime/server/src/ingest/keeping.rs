//! A frame is verified, and what comes of it becomes durable: counter, decoder state and record in one
//! batch.

use std::sync::Arc;

use champollion_delivery::{DeliveryError, Mailbox, Record};
use champollion_frames::{CheckedFrame, Claim, Refusal};
use champollion_store::{Batch, Health, Store};
use jiff::Timestamp;

use super::{
    decoding::Decoding,
    error::IngestError,
    frame::{Sender, WholeFrame, milliseconds},
    receipt::{DecodeProblem, Receipt},
};
use crate::{
    devices::{Devices, DevicesError},
    storage::Storage,
};

/// A keeper of frames: verifies them and makes their records durable.
pub(super) struct Keeper {
    pub(super) store: Arc<dyn Store>,
    pub(super) devices: Arc<Devices>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) storage: Arc<Storage>,
    pub(super) decoding: Decoding,
}

impl Keeper {
    pub(super) fn verify(&self, frame: &WholeFrame) -> Result<Claim, Refusal> {
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
    pub(super) fn refused(&self, refusal: Refusal) -> Result<Receipt, IngestError> {
        match refusal {
            Refusal::Duplicate { dev_eui, f_cnt } => {
                metrics::counter!("champollion_copies_total", "kind" => "late").increment(1);
                Ok(Receipt::Duplicate { dev_eui, f_cnt })
            }
            refusal => Err(IngestError::Refused(refusal)),
        }
    }

    /// Decodes a verified frame and makes all that comes of it durable.
    pub(super) async fn keep(&self, claim: Claim, sender: &Sender) -> Result<Receipt, IngestError> {
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
        let record = self.decoding.decode(&device, claim.uplink(), sender, &mut batch).await?;
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
}
