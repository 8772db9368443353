//! The files of published versions. A file that is not as it was published is set aside, told of, and
//! fetched again from a mirror where there is one.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use champollion_sandbox::Digest;
use champollion_store::{Blobs, StoreError};
use jiff::Timestamp;
use parking_lot::Mutex;
use semver::Version;
use serde::Serialize;

use super::{
    audit::{Actor, AuditEntry},
    event::VersionName,
    index::Entry,
    journal::Journal,
};
use crate::package::DecoderId;

/// The time in which mirrors are not asked for a package that none of them could give: its frames would wait
/// for the network, each of them.
const PAUSE: Duration = Duration::from_secs(60);

/// Somebody who has the same packages.
#[async_trait]
pub trait Mirror: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &str;

    /// Gets the file of a version, which should have so many bytes. What it gives is checked by whoever
    /// asked.
    async fn fetch(
        &self,
        id: &DecoderId,
        version: &Version,
        bytes: usize,
    ) -> Result<Vec<u8>, String>;
}

/// The files of published versions, each a blob that is named by its digest.
pub(crate) struct PackageFiles {
    blobs: Arc<dyn Blobs>,
    journal: Arc<Journal>,
    mirrors: Vec<Arc<dyn Mirror>>,
    /// One is mended after the other, or one might take away what the other has just put there.
    turn: tokio::sync::Mutex<()>,
    /// When the mirrors could not give a package.
    in_vain: Mutex<HashMap<Digest, Instant>>,
}

/// The error of a file that cannot be given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is missing or damaged, and no mirror has it.
    #[error("the package is {0} in the store")]
    Damaged(&'static str),
}

/// The result of looking at all packages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mended {
    /// The number of packages.
    pub versions: usize,
    /// Those that were damaged or missing and are whole again.
    pub mended: Vec<VersionName>,
    /// Those that are damaged or missing.
    pub left: Vec<VersionName>,
}

impl PackageFiles {
    /// The files among the blobs. The journal is told of those that are set aside and mended.
    pub(crate) fn new(blobs: Arc<dyn Blobs>, journal: Arc<Journal>) -> Self {
        let (turn, in_vain) = (tokio::sync::Mutex::default(), Mutex::default());
        Self { blobs, journal, mirrors: Vec::new(), turn, in_vain }
    }

    /// Fetches from now on what is damaged from these.
    pub(crate) fn set_mirrors(&mut self, mirrors: Vec<Arc<dyn Mirror>>) {
        self.mirrors = mirrors;
    }

    /// Keeps the file of a version.
    pub(crate) async fn put(&self, digest: Digest, file: &[u8]) -> Result<(), StoreError> {
        self.blobs.put(&blob_name(digest), file).await
    }

    /// Forgets a file that no version has; tells whether it was kept.
    pub(crate) async fn remove(&self, digest: Digest) -> Result<bool, StoreError> {
        self.blobs.remove(&blob_name(digest)).await
    }

    /// The file of a version, its digest checked. One that is damaged is set aside, and fetched again
    /// where that can be done.
    pub(crate) async fn get(
        &self,
        id: &DecoderId,
        version: &Version,
        entry: &Entry,
    ) -> Result<Vec<u8>, FileError> {
        match self.whole(entry.line.digest).await? {
            Some(file) => Ok(file),
            None => self.mend((id, version), entry, false).await,
        }
    }

    /// Looks at the packages of versions. A package that is damaged or missing is mended, or with
    /// `dry_run` only named.
    pub(crate) async fn mend_all(
        &self,
        all: Vec<Arc<Entry>>,
        dry_run: bool,
    ) -> Result<Mended, StoreError> {
        let mut found = Mended { versions: all.len(), ..Mended::default() };
        for entry in all {
            let (id, version) = (&entry.manifest.id, &entry.manifest.version);
            let name = VersionName { id: id.clone(), version: version.clone() };
            if self.whole(entry.line.digest).await?.is_some() {
                continue;
            }
            let mended = !dry_run && self.mend((id, version), &entry, true).await.is_ok();
            if mended { found.mended.push(name) } else { found.left.push(name) }
        }
        Ok(found)
    }

    /// The file of a digest as it is kept, if it is.
    pub(crate) async fn kept(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.blobs.get(&blob_name(digest)).await
    }

    /// Returns the fault of the file of a digest, if there is one.
    pub(crate) async fn problem(&self, digest: Digest) -> Result<Option<&'static str>, StoreError> {
        let name = blob_name(digest);
        Ok(match self.blobs.get(&name).await? {
            Some(file) if Digest::of(&file) == digest => None,
            Some(_) => Some("damaged"),
            None if self.blobs.exists(&set_aside(&name)).await? => Some("damaged"),
            None => Some("missing"),
        })
    }

    async fn whole(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let file = self.kept(digest).await?;
        Ok(file.filter(|file| Digest::of(file) == digest))
    }

    async fn mend(
        &self,
        (id, version): (&DecoderId, &Version),
        entry: &Entry,
        at_once: bool,
    ) -> Result<Vec<u8>, FileError> {
        let _turn = self.turn.lock().await;
        let digest = entry.line.digest;
        let Some(problem) = self.problem(digest).await? else {
            // Somebody else has mended it meanwhile.
            if let Some(file) = self.whole(digest).await? {
                return Ok(file);
            }
            return Err(FileError::Damaged("missing"));
        };
        self.put_aside((id, version), digest).await?;
        if at_once || self.may_try(digest) {
            for mirror in &self.mirrors {
                let fetched = mirror.fetch(id, version, entry.line.bytes).await;
                let fetched = fetched.and_then(|file| match Digest::of(&file) {
                    found if found == digest => Ok(file),
                    found => Err(format!("it gives a package with the digest {found}")),
                });
                match fetched {
                    Ok(file) => {
                        self.blobs.put(&blob_name(digest), &file).await?;
                        self.tell("package-mended", (id, version), digest, mirror.name()).await;
                        return Ok(file);
                    }
                    Err(reason) => {
                        let mirror = mirror.name();
                        tracing::warn!(decoder = %id, %version, mirror, reason, "not mended");
                    }
                }
            }
            self.was_in_vain(digest);
        }
        Err(FileError::Damaged(problem))
    }

    /// Keeps a damaged file under another name, for whoever wants to know what happened to it.
    async fn put_aside(
        &self,
        name: (&DecoderId, &Version),
        digest: Digest,
    ) -> Result<(), StoreError> {
        let blob = blob_name(digest);
        let Some(file) = self.blobs.get(&blob).await? else { return Ok(()) };
        self.blobs.put(&set_aside(&blob), &file).await?;
        self.blobs.remove(&blob).await?;
        self.tell("package-damaged", name, digest, &set_aside(&blob)).await;
        Ok(())
    }

    async fn tell(
        &self,
        what: &'static str,
        (id, version): (&DecoderId, &Version),
        digest: Digest,
        place: &str,
    ) {
        metrics::counter!("champollion_damaged_packages_total", "event" => what).increment(1);
        if what == "package-damaged" {
            tracing::error!(decoder = %id, %version, %digest, place, what, "set aside");
        } else {
            tracing::info!(decoder = %id, %version, %digest, place, what, "whole again");
        }
        let by = Actor::named("the registry");
        let details = serde_json::json!({ "digest": digest, "place": place });
        let entry = AuditEntry::new(&by, what, format!("{id} {version}")).with(details);
        if let Err(error) = self.journal.record(entry, Timestamp::now()).await {
            tracing::error!(%error, what, "it is not in the audit");
        }
    }

    fn may_try(&self, digest: Digest) -> bool {
        let in_vain = self.in_vain.lock();
        in_vain.get(&digest).is_none_or(|since| since.elapsed() >= PAUSE)
    }

    fn was_in_vain(&self, digest: Digest) {
        let mut in_vain = self.in_vain.lock();
        in_vain.retain(|_, since| since.elapsed() < PAUSE);
        in_vain.insert(digest, Instant::now());
    }
}

fn blob_name(digest: Digest) -> String {
    format!("{}.wasm", digest.hex())
}

/// The name under which a damaged file is kept. No package's name begins so.
fn set_aside(blob: &str) -> String {
    format!("damaged-{blob}")
}
