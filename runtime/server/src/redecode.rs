//! Decodes once more what is still kept, by another version of a decoder: a corrected record stands behind
//! the others of its group, and names the one that it replaces.

use std::{collections::HashMap, sync::Arc};

use champollion_delivery::{
    mailbox::{DeliveryError, Mailbox},
    names::GroupId,
    records::{Corrections, Cursor, DecoderName, Derived, KeptRecord, made_by},
};
use champollion_registry::{
    LoadedDecoder, Registry, RegistryError,
    ledger::AuditEntry,
    package::{DecoderId, variables},
};
use champollion_sandbox::{Digest, Reading, Settings};
use champollion_store::{Batch, Store, StoreError};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Value as Json, json};
use tokio::sync::Mutex as AsyncMutex;

use crate::{
    authors::Author,
    derived::{Deriving, ReadFrame},
    devices::Devices,
    mapping_name::mapping_of,
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
    deriving: Deriving,
    turns: Mutex<HashMap<GroupId, Arc<AsyncMutex<()>>>>,
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
    /// The digest of what makes the records: the package, and the mapping in force.
    fn made_by(&self) -> Digest {
        let mapping = self.decoder.mapping.as_ref().map(|kept| kept.digest);
        made_by(self.decoder.decoder.digest(), mapping)
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
    #[error("what is derived of a reading is not known: {0}")]
    NotDerived(String),
    /// Nobody wants to know any more.
    #[error("whoever asked for it has gone")]
    Abandoned,
}

/// Is told how far it has come; says whether it is to go on.
#[async_trait::async_trait]
pub trait Listener: Send {
    /// Whether to go on.
    async fn hear(&mut self, count: &Count) -> bool;
}

impl Redecoding {
    /// Over the parts that it works with.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        devices: Arc<Devices>,
        mailbox: Arc<Mailbox>,
        (registry, workers): (&Arc<Registry>, Arc<Workers>),
    ) -> Self {
        let deriving =
            Deriving::new(Arc::clone(&store), Arc::clone(registry), Arc::clone(&workers));
        Self { store, devices, mailbox, workers, deriving, turns: Mutex::default() }
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
            let turn = Arc::clone(self.turns.lock().entry(group.clone()).or_default());
            let _turn = turn.lock().await;
            let (corrections, _) = self.mailbox.corrections(&group).await?;
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
                        Ok(record) if corrections.is_later(record) => {
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
                    self.consider(order, group, (record, corrections), count, &mut batch).await?;
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
        batch: &mut Batch,
    ) -> Result<(), RedecodeError> {
        let is_in_time = record.received_at() >= order.since
            && order.until.is_none_or(|until| record.received_at() < until);
        if !is_in_time || !corrections.is_last(record) || !self.is_of(record, &order.decoder.id) {
            return Ok(());
        }
        if corrections.are_made(record, order.made_by()) {
            count.already += 1;
            return Ok(());
        }
        let Some(frame) = record.specimen() else { return Ok(()) };
        let frame_port = frame.f_port;
        // What the operator has set on the device now; what the decoder remembered then is not known.
        let device = self.devices.get(record.dev_eui());
        let variables = device.map(|device| variables(&device.variables)).unwrap_or_default();
        let settings = Arc::new(Settings { variables, state: Vec::new() });
        let call = self.workers.run_when_idle(|| {
            let (decoder, frame) = (Arc::clone(&order.decoder), frame.clone());
            let settings = Arc::clone(&settings);
            move || decoder.decoder.try_uplink(&frame, &settings)
        });
        let call = call.await.map_err(RedecodeError::NotDone)?;
        let Ok(reading) = call.result else {
            count.failed += 1;
            return Ok(());
        };
        let derived = self.derive(record, frame_port, &reading).await?;
        let name = DecoderName {
            id: order.decoder.id.to_string(),
            version: order.decoder.version.clone(),
            digest: order.decoder.decoder.digest(),
            mapping: mapping_of(&order.decoder),
            fuel: call.fuel,
        };
        let now = Timestamp::now();
        let corrected = record.corrected(group, name, reading, now).map_err(|error| {
            DeliveryError::Damaged { group: group.clone(), reason: error.to_string() }
        })?;
        let corrected = corrected.with_derived(record, derived);
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

    /// Has the derived decoders that the device has now make their values of a reading.
    async fn derive(
        &self,
        record: &KeptRecord,
        f_port: u8,
        reading: &Reading,
    ) -> Result<Vec<Derived>, RedecodeError> {
        let Some(device) = self.devices.get(record.dev_eui()) else { return Ok(Vec::new()) };
        let (received_at, measurements) = (record.received_at(), &reading.measurements);
        let read = ReadFrame { device: &device, f_port, received_at, measurements };
        let derived = self.deriving.derive_again(read).await;
        derived.map_err(|error| RedecodeError::NotDerived(error.to_string()))
    }

    /// Whether a record is one of a decoder: made by it, or of a device that asks for it now.
    fn is_of(&self, record: &KeptRecord, id: &DecoderId) -> bool {
        let asks = || {
            let device = self.devices.get(record.dev_eui());
            device.is_some_and(|device| {
                device.assignment.wanted().is_some_and(|wanted| wanted.id == *id)
            })
        };
        record.decoder().is_some_and(|decoder| decoder == id.to_string()) || asks()
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
