//! Rehearsals: a candidate decodes all frames that are kept and whose decoder it would replace, beside the decoder that
//! their devices get now. What comes of it is compared and counted, and handed to nobody.

mod comparison;
mod derivation;

use std::sync::Arc;

use champollion_delivery::{
    mailbox::{DeliveryError, Mailbox},
    names::GroupId,
    records::{Corrections, Cursor, KeptFrame},
};
use champollion_registry::{
    LoadedDecoder, Registry,
    ledger::AuditEntry,
    package::{DecoderId, DecoderRef, variables},
};
use champollion_sandbox::{Decoder, Digest};
use champollion_store::TableError;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;
use serde_json::json;

use crate::{
    derived::{DerivedAssignments, in_order},
    devices::{Device, Devices},
    workers::{NotDone, Workers},
};
use comparison::Comparison;
pub use comparison::{FailureKinds, Outcome};

/// Rehearses candidates over the records that are kept.
pub struct Rehearsals {
    devices: Arc<Devices>,
    registry: Arc<Registry>,
    mailbox: Arc<Mailbox>,
    derived: DerivedAssignments,
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
    /// The assignments of derived decoders cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
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

    fn is_in_time(&self, received_at: Timestamp) -> bool {
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
        derived: DerivedAssignments,
        workers: Arc<Workers>,
    ) -> Self {
        Self { devices, registry, mailbox, derived, workers }
    }

    /// Rehearses a candidate. Returns the outcome so far, and the reason where it went no further.
    pub async fn carry_out(
        &self,
        job: &RehearsalJob,
        listener: &mut dyn Listener,
    ) -> (Count, Outcome, Option<RehearsalError>) {
        let mut comparison = Comparison::of(Arc::clone(&job.candidate), Arc::clone(&self.workers));
        let mut count = Count::default();
        let ended = self.rehearse(job, &mut comparison, &mut count, listener).await;
        (count, comparison.into_outcome(), ended.err())
    }

    async fn rehearse(
        &self,
        job: &RehearsalJob,
        comparison: &mut Comparison,
        count: &mut Count,
        listener: &mut dyn Listener,
    ) -> Result<(), RehearsalError> {
        let groups = self.mailbox.groups().await?;
        for group in &groups {
            count.of += self.mailbox.count(group).await?;
        }
        let mut corrections = self.corrections(groups.first()).await?;
        for (index, group) in groups.iter().enumerate() {
            // Those of the next group are looked for meanwhile.
            let so_far = (&mut *comparison, &mut *count);
            let rehearsed = self.rehearse_group(job, (group, &corrections), so_far, listener);
            let next = self.corrections(groups.get(index + 1));
            ((), corrections) = tokio::try_join!(rehearsed, next)?;
            // What decoders remember is of devices, and a device is of one group.
            comparison.forget();
        }
        Ok(())
    }

    /// Looks for the records of a group that were corrected.
    async fn corrections(&self, group: Option<&GroupId>) -> Result<Corrections, RehearsalError> {
        let Some(group) = group else { return Ok(Corrections::default()) };
        let mut corrections = self.mailbox.corrections_to_note(group).await?;
        let mut after = Cursor::default();
        loop {
            let page = self.mailbox.kept_page(group, after).await?;
            let Some(last) = page.last() else { return Ok(corrections) };
            after = last;
            // By those threads, so that what is read takes no more of the cores than what is decoded.
            let note = move || {
                corrections.note(&page);
                corrections
            };
            corrections = self.workers.run(note).await?;
        }
    }

    async fn rehearse_group(
        &self,
        job: &RehearsalJob,
        of_group: (&GroupId, &Corrections),
        (comparison, count): (&mut Comparison, &mut Count),
        listener: &mut dyn Listener,
    ) -> Result<(), RehearsalError> {
        let mut next = self.page(job, of_group, Some(Cursor::default())).await?;
        while let Some(page) = next {
            count.examined += page.examined;
            count.passed_over += page.passed_over;
            comparison.skip(page.skipped);
            // The next records are read while these are decoded.
            let ahead = self.page(job, of_group, page.after);
            let (decoded, ahead) = tokio::join!(comparison.decode(page.frames), ahead);
            decoded?;
            if !listener.hear(count).await {
                return Err(RehearsalError::Abandoned);
            }
            next = ahead?;
        }
        Ok(())
    }

    /// Reads the records of a group after a place, where there are any.
    async fn page(
        &self,
        job: &RehearsalJob,
        (group, corrections): (&GroupId, &Corrections),
        after: Option<Cursor>,
    ) -> Result<Option<Page>, RehearsalError> {
        let Some(after) = after else { return Ok(None) };
        let kept = self.mailbox.kept_page(group, after).await?;
        let read = self.workers.run(move || kept.frames()).await?;
        if read.is_empty() {
            return Ok(None);
        }
        let mut page = Page::default();
        let mut decoders = Decoders::default();
        for frame in read {
            match frame {
                Ok(frame) if corrections.is_later(frame.place) => {
                    // So are all that follow.
                    page.after = None;
                    break;
                }
                Ok(frame) => {
                    (page.after, page.examined) = (Some(frame.place), page.examined + 1);
                    if job.is_in_time(frame.received_at) && corrections.is_last_frame(&frame) {
                        self.consider(job, frame, &mut decoders, &mut page).await?;
                    }
                }
                Err(damaged) => {
                    tracing::error!(error = %damaged, "a record cannot be read");
                    page.after = Some(damaged.place());
                }
            }
        }
        Ok(Some(page))
    }

    /// Adds a frame with the decoder that its device gets now, where it is among those that are meant.
    async fn consider(
        &self,
        job: &RehearsalJob,
        frame: KeptFrame,
        decoders: &mut Decoders,
        page: &mut Page,
    ) -> Result<(), RehearsalError> {
        let Some(device) = self.devices.get(frame.dev_eui) else { return Ok(()) };
        let derived = match job.candidate.decoder().formulas() {
            Some(_) => self.derived.of_both(device.dev_eui, &device.group).await?,
            None => Vec::new(),
        };
        let of_payloads = device.assignment.wanted();
        let wanted = of_payloads.into_iter().chain(&derived);
        let Some(wanted) = wanted.into_iter().find(|wanted| wanted.id == *job.candidate.id())
        else {
            return Ok(());
        };
        let Some(specimen) = frame.specimen else { return Ok(()) };
        if !job.is_for(wanted) {
            page.passed_over += 1;
            return Ok(());
        }
        match self.decoders_of(job, &device, &derived, decoders).await {
            Some((present, derived)) => page.frames.push(comparison::Frame {
                dev_eui: frame.dev_eui,
                specimen,
                variables: variables(&device.variables),
                present,
                derived,
            }),
            None => page.skipped += 1,
        }
        Ok(())
    }

    /// The decoder that a device gets now, and the derived ones that run on its readings, in their order, up to that of
    /// the candidate. Nothing where one of both that are compared is not to be had.
    async fn decoders_of(
        &self,
        job: &RehearsalJob,
        device: &Device,
        derived: &[DecoderRef],
        decoders: &mut Decoders,
    ) -> Option<(Arc<LoadedDecoder>, Vec<Arc<LoadedDecoder>>)> {
        let present = decoders.get(&self.registry, device.assignment.wanted()?).await?;
        let mut loaded = Vec::new();
        for wanted in derived {
            loaded.extend(decoders.get(&self.registry, wanted).await);
        }
        let (mut ordered, _) = in_order(loaded);
        if !derived.is_empty() {
            let own = ordered.iter().position(|one| one.id == *job.candidate.id())?;
            ordered.truncate(own + 1);
        }
        Some((present, ordered))
    }
}

/// Some records that were read: what of them is to be decoded, and how many of the others there are.
#[derive(Default)]
struct Page {
    frames: Vec<comparison::Frame>,
    examined: u64,
    passed_over: u64,
    skipped: u64,
    /// The place of the last one, behind which there may be more.
    after: Option<Cursor>,
}

/// The decoders that devices get now, by what they ask for: there are few, and many records of each.
#[derive(Default)]
struct Decoders(Vec<(DecoderRef, Option<Arc<LoadedDecoder>>)>);

impl Decoders {
    /// Returns the decoder, where it is to be had.
    async fn get(
        &mut self,
        registry: &Registry,
        wanted: &DecoderRef,
    ) -> Option<Arc<LoadedDecoder>> {
        if let Some((_, known)) = self.0.iter().find(|(known, _)| known == wanted) {
            return known.clone();
        }
        let decoder = registry.decoder(wanted).await.ok();
        self.0.push((wanted.clone(), decoder.clone()));
        decoder
    }
}
