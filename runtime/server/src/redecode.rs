//! Decodes once more what is still kept, by another version of a decoder: a corrected record stands behind
//! the others of its group, and names the one that it replaces.

use std::sync::Arc;

use champollion_delivery::{
    mailbox::{DeliveryError, Mailbox},
    names::GroupId,
    records::{Corrections, Cursor, DecoderName, KeptRecord, derived_by, made_by},
};
use champollion_registry::{
    LoadedDecoder, Registry, RegistryError,
    ledger::AuditEntry,
    package::{DecoderRef, variables},
};
use champollion_sandbox::{Call, Digest, Reading, Settings, Specimen};
use champollion_store::{Batch, Store, StoreError};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::{
    authors::Author,
    derived::{CarriedMemories, DerivedAssignments, Deriving, DerivingError, ReadFrame},
    devices::{Device, Devices},
    mapping_name::mapping_of,
    turns::GroupTurns,
    workers::{NotDone, Workers},
};

/// Corrected records that become durable at once: their values are at most 64 KiB, and a batch 4 MiB.
const AT_ONCE: usize = 32;

/// Decodes kept records once more. Of one group one order is carried out after the other, so that of two for
/// the same version the second finds what the first has made.
pub struct Redecoding {
    store: Arc<dyn Store>,
    devices: Arc<Devices>,
    mailbox: Arc<Mailbox>,
    workers: Arc<Workers>,
    registry: Arc<Registry>,
    deriving: Deriving,
    turns: GroupTurns,
}

/// An order to decode records once more: the records, and the decoder.
pub struct RedecodeJob {
    /// The decoder to use.
    pub decoder: Arc<LoadedDecoder>,
    /// The group of the records; all groups where it is left out.
    pub group: Option<GroupId>,
    /// Received from then on.
    pub since: Timestamp,
    /// The end of the time in which the records were received.
    pub until: Option<Timestamp>,
    /// Whether records are only counted.
    pub dry_run: bool,
}

impl RedecodeJob {
    /// Whether the decoder is a derived one.
    fn is_derived(&self) -> bool {
        self.decoder.decoder.formulas().is_some()
    }

    /// Whether a record may be meant: one that was made by the decoder of the order, or of a device that asks for it now;
    /// every one that was decoded, where the decoder is a derived one.
    fn may_mean(&self, record: &KeptRecord, device: Option<&Device>) -> bool {
        if self.is_derived() {
            return record.decoder().is_some();
        }
        let id = &self.decoder.id;
        let wanted = device.and_then(|device| device.assignment.wanted());
        record.decoder().is_some_and(|decoder| decoder == id.to_string())
            || wanted.is_some_and(|wanted| wanted.id == *id)
    }

    /// The order as an act for the audit, with more of it.
    #[must_use]
    pub fn act(&self, action: &str, mut details: Json) -> AuditEntry {
        let Self { decoder, group, since, until, .. } = self;
        details["group"] = json!(group);
        details["since"] = json!(since);
        details["until"] = json!(until);
        AuditEntry::of_act(action, format!("{} {}", decoder.id, decoder.version)).with(details)
    }
}

/// The count of records so far.
#[derive(Clone, Copy, Debug, Default, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RedecodeCount)]
pub struct Count {
    /// Records that were looked at.
    pub examined: u64,
    /// Records that there are to look at, as far as it is known.
    pub of: u64,
    /// Records that were made, or with a dry run would be.
    pub corrected: u64,
    /// Frames of which this version has made a record before.
    pub already: u64,
    /// Frames that this version cannot read: their records stay the last ones.
    pub failed: u64,
}

/// Why it went no further.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedecodeError {
    /// Records cannot be read or kept.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The store did not take them.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing is kept without its line of the audit.
    #[error(transparent)]
    Audit(#[from] RegistryError),
    /// The decoders do not answer.
    #[error(transparent)]
    NotDone(NotDone),
    /// Nothing could be derived.
    #[error("values could not be derived: {0}")]
    NotDerived(String),
    /// Nobody wants to know any more.
    #[error("whoever asked for it has gone")]
    Abandoned,
}

impl From<DerivingError> for RedecodeError {
    fn from(error: DerivingError) -> Self {
        Self::NotDerived(error.to_string())
    }
}

/// Is told how far it has come; says whether it is to go on.
#[async_trait::async_trait]
pub trait Listener: Send {
    /// Whether to go on.
    async fn hear(&mut self, count: &Count) -> bool;
}

/// The digest of what makes readings: the package, and the mapping in force.
fn made_by_decoder(decoder: &LoadedDecoder) -> Digest {
    made_by(decoder.decoder.digest(), decoder.mapping.as_ref().map(|kept| kept.digest))
}

impl Redecoding {
    /// Over the parts that it works with.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        derived: DerivedAssignments,
        devices: Arc<Devices>,
        mailbox: Arc<Mailbox>,
        workers: Arc<Workers>,
    ) -> Self {
        let registry = Arc::clone(derived.registry());
        let deriving = Deriving::new(derived, Arc::clone(&workers));
        let turns = GroupTurns::default();
        Self { store, devices, mailbox, workers, registry, deriving, turns }
    }

    /// Carries out an order. What was done before it ends for whatever reason stays. The first records that are
    /// kept have the line of the audit in their batch.
    pub async fn carry_out(
        &self,
        order: &RedecodeJob,
        author: &dyn Author,
        listener: &mut dyn Listener,
    ) -> Result<Count, RedecodeError> {
        let groups = match &order.group {
            Some(group) => vec![group.clone()],
            None => self.mailbox.groups().await?,
        };
        let mut count = Count::default();
        for group in &groups {
            count.of += self.mailbox.count(group).await?;
        }
        for group in groups {
            let _turn = self.turns.of(&group).await;
            let corrections = self.mailbox.corrections(&group).await?;
            let of_group = (&group, &corrections);
            self.redecode(order, of_group, &mut count, author, listener).await?;
        }
        Ok(count)
    }

    async fn redecode(
        &self,
        order: &RedecodeJob,
        (group, corrections): (&GroupId, &Corrections),
        count: &mut Count,
        author: &dyn Author,
        listener: &mut dyn Listener,
    ) -> Result<(), RedecodeError> {
        let mut after = Cursor::default();
        let mut memories = CarriedMemories::default();
        loop {
            let page = self.mailbox.kept(group, after).await?;
            if page.is_empty() {
                return Ok(());
            }
            for part in page.chunks(AT_ONCE) {
                let mut batch = Batch::new();
                let before = count.corrected;
                for record in part {
                    let record = match record {
                        Ok(record) if corrections.is_later(record.place) => {
                            let corrected = (before, count.corrected);
                            return self.commit(batch, group, corrected, order, author).await;
                        }
                        Ok(record) => record,
                        Err(damaged) => {
                            tracing::error!(error = %damaged, "a record cannot be read");
                            after = damaged.place();
                            continue;
                        }
                    };
                    (after, count.examined) = (record.place, count.examined + 1);
                    let of_record = (record, corrections);
                    let kept = (&mut batch, &mut memories);
                    self.consider(order, group, of_record, count, kept).await?;
                }
                self.commit(batch, group, (before, count.corrected), order, author).await?;
                if !listener.hear(count).await {
                    return Err(RedecodeError::Abandoned);
                }
            }
        }
    }

    /// Decodes a record's frame once more where it is among those that are meant.
    async fn consider(
        &self,
        order: &RedecodeJob,
        group: &GroupId,
        (record, corrections): (&KeptRecord, &Corrections),
        count: &mut Count,
        (batch, memories): (&mut Batch, &mut CarriedMemories),
    ) -> Result<(), RedecodeError> {
        let is_in_time = record.received_at() >= order.since
            && order.until.is_none_or(|until| record.received_at() < until);
        if !is_in_time || !corrections.is_last(record) {
            return Ok(());
        }
        let device = self.devices.get(record.dev_eui());
        if !order.may_mean(record, device.as_deref()) {
            return Ok(());
        }
        let derived = match &device {
            Some(device) => self.deriving.assigned(device).await?,
            None => Vec::new(),
        };
        let Some(decoder) = self.decoder_for(order, (device.as_deref(), &derived)).await? else {
            return Ok(());
        };
        if derived.is_empty() && corrections.are_made(record, made_by_decoder(&decoder)) {
            count.already += 1;
            return Ok(());
        }
        let Some(frame) = record.specimen() else { return Ok(()) };
        let call = self.call(&decoder, &frame, device.as_deref()).await?;
        let Ok(reading) = call.result else {
            count.failed += 1;
            return Ok(());
        };
        let results = match device.as_deref().filter(|_| !derived.is_empty()) {
            Some(device) => {
                let (received_at, measurements) = (record.received_at(), &reading.measurements);
                let read = ReadFrame { device, f_port: frame.f_port, received_at, measurements };
                let instead = order.is_derived().then_some(&order.decoder);
                self.deriving.derive_again(read, instead, memories).await?
            }
            None => Vec::new(),
        };
        // Only now is it known which derived decoders make anything of it.
        let made = derived_by(made_by_decoder(&decoder), &results);
        if !derived.is_empty() && corrections.are_made(record, made) {
            count.already += 1;
            return Ok(());
        }
        let name = DecoderName {
            id: decoder.id.to_string(),
            version: decoder.version.clone(),
            digest: decoder.decoder.digest(),
            mapping: mapping_of(&decoder),
            fuel: call.fuel,
        };
        let now = Timestamp::now();
        let corrected = record.corrected(group, name, reading, now).map_err(|error| {
            DeliveryError::Damaged { group: group.clone(), reason: error.to_string() }
        })?;
        let corrected = corrected.with_derived(record, results);
        match self.mailbox.add_corrected(batch, &corrected, now) {
            Ok(()) => count.corrected += 1,
            Err(DeliveryError::RecordTooLarge { .. }) => count.failed += 1,
            Err(error) => return Err(error.into()),
        }
        if order.dry_run {
            *batch = Batch::new();
        }
        Ok(())
    }

    /// Has a thread decode a frame, as soon as no other request waits for one.
    async fn call(
        &self,
        decoder: &Arc<LoadedDecoder>,
        frame: &Specimen,
        device: Option<&Device>,
    ) -> Result<Call<Reading>, RedecodeError> {
        // What the operator has set on the device now; what the decoder remembered then is not known.
        let variables = device.map(|device| variables(&device.variables)).unwrap_or_default();
        let settings = Arc::new(Settings { variables, state: Vec::new() });
        let call = self.workers.run_when_idle(|| {
            let (decoder, frame) = (Arc::clone(decoder), frame.clone());
            let settings = Arc::clone(&settings);
            move || decoder.decoder.try_uplink(&frame, &settings)
        });
        call.await.map_err(RedecodeError::NotDone)
    }

    /// The decoder by which a record is read once more: that of the order, or where that is a derived one of the device,
    /// the decoder that the device has now.
    async fn decoder_for(
        &self,
        order: &RedecodeJob,
        (device, derived): (Option<&Device>, &[DecoderRef]),
    ) -> Result<Option<Arc<LoadedDecoder>>, RedecodeError> {
        if !order.is_derived() {
            return Ok(Some(Arc::clone(&order.decoder)));
        }
        let is_meant = derived.iter().any(|wanted| wanted.id == order.decoder.id);
        let meant = device.filter(|_| is_meant);
        let Some(wanted) = meant.and_then(|device| device.assignment.wanted()) else {
            return Ok(None);
        };
        match self.registry.decoder(wanted).await {
            // No record is passed over for a store that is away for a while.
            Err(RegistryError::Store(error)) if error.is_away() => Err(error.into()),
            decoder => Ok(decoder.ok()),
        }
    }

    async fn commit(
        &self,
        batch: Batch,
        group: &GroupId,
        (before, corrected): (u64, u64),
        order: &RedecodeJob,
        author: &dyn Author,
    ) -> Result<(), RedecodeError> {
        if corrected == before || batch.is_empty() {
            return Ok(());
        }
        if before == 0 {
            author.commit(batch, order.act("redecode-begin", json!({}))).await?;
        } else {
            self.store.commit(batch).await?;
        }
        self.mailbox.announce(group);
        Ok(())
    }
}
