//! Rehearsals: a candidate decodes all frames that are kept and whose decoder it would replace, beside the decoder that
//! their devices get now. What comes of it is compared and counted, and handed to nobody.

mod comparison;

use std::sync::Arc;

use champollion_delivery::{
    mailbox::{DeliveryError, Mailbox},
    names::GroupId,
    records::{Corrections, Cursor, KeptRecord},
};
use champollion_registry::{
    LoadedDecoder, Registry,
    ledger::AuditEntry,
    package::{DecoderId, DecoderRef, variables},
};
use champollion_sandbox::{Decoder, Digest};
use jiff::Timestamp;
use parking_lot::Mutex;
use semver::Version;
use serde::Serialize;
use serde_json::json;

use crate::{
    devices::Devices,
    workers::{NotDone, Workers},
};
use comparison::Comparison;
pub use comparison::{FailureKinds, Outcome};

/// Frames that a thread decodes at a time: a few milliseconds, after which others have their turn.
const AT_ONCE: usize = 32;

/// Rehearses candidates over the records that are kept.
pub struct Rehearsals {
    devices: Arc<Devices>,
    registry: Arc<Registry>,
    mailbox: Arc<Mailbox>,
    workers: Arc<Workers>,
}

/// A candidate: a version that is published, or the package of a file.
pub enum Candidate {
    /// A version that is published, whatever its channel.
    Published(Arc<LoadedDecoder>),
    /// A package that is published nowhere.
    File {
        /// The name of the decoder.
        id: DecoderId,
        /// The version that it would be.
        version: Version,
        /// The decoder, ready to be called.
        decoder: Box<Decoder>,
    },
}

/// An order to rehearse: the candidate and the records.
pub struct RehearsalJob {
    /// The candidate to try.
    pub candidate: Arc<Candidate>,
    /// The beginning of the time in which the records were received; all that are kept where it is left out.
    pub since: Option<Timestamp>,
    /// The end of that time.
    pub until: Option<Timestamp>,
    /// Whether devices count too that would not get the candidate: they pin a version, or ask for another major one.
    pub every: bool,
}

/// The count of records so far.
#[derive(Clone, Copy, Debug, Default, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RehearsalCount)]
pub struct Count {
    /// Records that were looked at.
    pub examined: u64,
    /// Records that there are to look at, as far as it is known.
    pub of: u64,
    /// Frames whose devices ask for this decoder and would not get the candidate: they were passed over.
    pub passed_over: u64,
}

/// The reason why a rehearsal went no further.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RehearsalError {
    /// Records cannot be read.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The threads did not do it.
    #[error(transparent)]
    NotDone(#[from] NotDone),
    /// The client has gone.
    #[error("the client that asked for the rehearsal has gone")]
    Abandoned,
}

/// A listener that is told how far a rehearsal has come, and says whether it is to go on.
#[async_trait::async_trait]
pub trait Listener: Send {
    /// Whether to go on.
    async fn hear(&mut self, count: &Count) -> bool;
}

impl Candidate {
    /// Returns the name of the decoder.
    #[must_use]
    pub fn id(&self) -> &DecoderId {
        match self {
            Self::Published(loaded) => &loaded.id,
            Self::File { id, .. } => id,
        }
    }

    /// Returns the version of the candidate.
    #[must_use]
    pub fn version(&self) -> &Version {
        match self {
            Self::Published(loaded) => &loaded.version,
            Self::File { version, .. } => version,
        }
    }

    /// Returns the SHA-256 of the package.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.decoder().digest()
    }

    fn decoder(&self) -> &Decoder {
        match self {
            Self::Published(loaded) => &loaded.decoder,
            Self::File { decoder, .. } => decoder,
        }
    }
}

impl RehearsalJob {
    /// The order as an act for the audit.
    #[must_use]
    pub fn act(&self) -> AuditEntry {
        let Self { candidate, since, until, every } = self;
        let subject = format!("{} {}", candidate.id(), candidate.version());
        let published = matches!(**candidate, Candidate::Published(_));
        AuditEntry::of_act("rehearse", subject).with(json!({
            "digest": candidate.digest(), "published": published,
            "since": since, "until": until, "every": every,
        }))
    }

    fn is_in_time(&self, record: &KeptRecord) -> bool {
        let received_at = record.received_at();
        self.since.is_none_or(|since| received_at >= since)
            && self.until.is_none_or(|until| received_at < until)
    }

    fn is_for(&self, wanted: &DecoderRef) -> bool {
        self.every || Registry::would_give(wanted, self.candidate.version())
    }
}

impl Rehearsals {
    /// Over the parts that it works with.
    #[must_use]
    pub fn new(
        devices: Arc<Devices>,
        registry: Arc<Registry>,
        mailbox: Arc<Mailbox>,
        workers: Arc<Workers>,
    ) -> Self {
        Self { devices, registry, mailbox, workers }
    }

    /// Rehearses a candidate. Returns the outcome so far, and the reason where it went no further.
    pub async fn carry_out(
        &self,
        job: &RehearsalJob,
        listener: &mut dyn Listener,
    ) -> (Count, Outcome, Option<RehearsalError>) {
        let comparison = Arc::new(Mutex::new(Comparison::of(Arc::clone(&job.candidate))));
        let mut count = Count::default();
        let ended = self.rehearse(job, &comparison, &mut count, listener).await;
        let outcome = comparison.lock().outcome().clone();
        (count, outcome, ended.err())
    }

    async fn rehearse(
        &self,
        job: &RehearsalJob,
        comparison: &Arc<Mutex<Comparison>>,
        count: &mut Count,
        listener: &mut dyn Listener,
    ) -> Result<(), RehearsalError> {
        let groups = self.mailbox.groups().await?;
        for group in &groups {
            count.of += self.mailbox.count(group).await?;
        }
        for group in &groups {
            self.rehearse_group(job, group, (comparison, &mut *count), listener).await?;
            // What decoders remember is of devices, and a device is of one group.
            comparison.lock().forget();
        }
        Ok(())
    }

    async fn rehearse_group(
        &self,
        job: &RehearsalJob,
        group: &GroupId,
        (comparison, count): (&Arc<Mutex<Comparison>>, &mut Count),
        listener: &mut dyn Listener,
    ) -> Result<(), RehearsalError> {
        let (corrections, _) = self.mailbox.corrections(group).await?;
        let mut after = Cursor::default();
        loop {
            let page = self.mailbox.kept(group, after).await?;
            if page.is_empty() {
                return Ok(());
            }
            let mut frames = Vec::new();
            let mut is_end = false;
            for record in &page {
                match record {
                    Ok(record) if corrections.is_later(record) => is_end = true,
                    Ok(record) => {
                        (after, count.examined) = (record.place, count.examined + 1);
                        let counts = (comparison, &mut *count);
                        let meant = self.frame(job, (record, &corrections), counts);
                        frames.extend(meant.await);
                    }
                    Err(damaged) => {
                        tracing::error!(error = %damaged, "a record cannot be read");
                        after = damaged.place();
                    }
                }
            }
            self.decode(comparison, frames).await?;
            if !listener.hear(count).await {
                return Err(RehearsalError::Abandoned);
            }
            if is_end {
                return Ok(());
            }
        }
    }

    /// The frame of a record with the decoder that its device gets now, where it is among those that are meant.
    async fn frame(
        &self,
        job: &RehearsalJob,
        (record, corrections): (&KeptRecord, &Corrections),
        (comparison, count): (&Arc<Mutex<Comparison>>, &mut Count),
    ) -> Option<comparison::Frame> {
        if !job.is_in_time(record) || !corrections.is_last(record) {
            return None;
        }
        let device = self.devices.get(record.dev_eui())?;
        let wanted =
            device.assignment.wanted().filter(|wanted| wanted.id == *job.candidate.id())?;
        let specimen = record.specimen()?;
        if !job.is_for(wanted) {
            count.passed_over += 1;
            return None;
        }
        let Ok(present) = self.registry.decoder(wanted).await else {
            comparison.lock().skip();
            return None;
        };
        let variables = variables(&device.variables);
        Some(comparison::Frame { dev_eui: record.dev_eui(), specimen, variables, present })
    }

    /// Has threads decode some frames by both, a few at a time.
    async fn decode(
        &self,
        comparison: &Arc<Mutex<Comparison>>,
        frames: Vec<comparison::Frame>,
    ) -> Result<(), RehearsalError> {
        let frames: Arc<[comparison::Frame]> = frames.into();
        for start in (0..frames.len()).step_by(AT_ONCE) {
            let end = frames.len().min(start + AT_ONCE);
            self.workers
                .run_when_idle(|| {
                    let (comparison, frames) = (Arc::clone(comparison), Arc::clone(&frames));
                    move || comparison.lock().decode(&frames[start..end])
                })
                .await?;
        }
        Ok(())
    }
}
