//! Where packages come from: a server, or the folder that one was exported to. Neither is trusted: the
//! index is followed from its first line on, and every package has the digest that the index says.

use std::path::{Path, PathBuf};

use champollion_client::{Client, ClientError};
use champollion_registry::{
    keys::PublicKey,
    ledger::{Head, HeadError, History, PublishedVersion, SignedHead},
};
use champollion_sandbox::Digest;
use jiff::Timestamp;

use super::super::{Failure, output};

/// The file of a folder that holds the lines of the index.
pub(super) const INDEX_FILE: &str = "index.ndjson";

/// The file of a folder that holds the signed head. It is written last.
pub(super) const HEAD_FILE: &str = "head.json";

/// The folder of a folder that holds the packages.
pub(super) const PACKAGES: &str = "packages";

/// The index of a registry goes on while it is read: how often its end is looked for.
const ATTEMPTS: usize = 10;

/// A registry that packages are taken from.
pub(super) enum Source<'of> {
    /// A server, which hands packages out over HTTP.
    Server(&'of Client),
    /// The folder of an export.
    Folder(&'of Path),
}

/// All that a registry says of itself, checked.
pub(super) struct Said {
    pub(super) history: History,
    pub(super) lines: Vec<String>,
    pub(super) head: SignedHead,
}

/// The knowledge of a registry beforehand.
#[derive(Default)]
pub(super) struct Known<'of> {
    /// The public key of the registry.
    pub(super) key: Option<&'of PublicKey>,
    /// A head that must be part of its index.
    pub(super) seen: Option<&'of Head>,
}

impl Source<'_> {
    /// Reads the index to its end and checks that its registry has signed it.
    pub(super) async fn read(&self, known: &Known<'_>) -> Result<Said, Failure> {
        let task = "the index cannot be used";
        let mut history = History::default();
        let mut lines: Vec<String> = Vec::new();
        let mut met = known.seen.is_none_or(|seen| seen == history.head());
        for _ in 0..ATTEMPTS {
            loop {
                let page = self.lines_after(&history).await?;
                if page.is_empty() {
                    break;
                }
                for line in page {
                    history.follow(line.as_bytes()).map_err(Failure::of(task))?;
                    met |= known.seen.is_some_and(|seen| seen == history.head());
                    lines.push(line);
                }
            }
            let head = self.head().await?;
            if head.head != *history.head() && head.head.sequence > history.head().sequence {
                continue;
            }
            if head.head != *history.head() {
                let reason = "it does not end where the head says that it does";
                return Err(Failure::new(task, reason));
            }
            let checked = head.check(history.registry_key(), Timestamp::now());
            match (self, checked) {
                // A folder is on its way for as long as it takes.
                (_, Ok(())) | (Self::Folder(_), Err(HeadError::Expired(_))) => {}
                (_, Err(error)) => return Err(Failure::new(task, error)),
            }
            if known.key.is_some_and(|key| history.registry_key() != Some(key)) {
                return Err(Failure::new(task, "the registry has another key than it should have"));
            }
            if !met {
                return Err(Failure::new(task, "the head that was seen before is no part of it"));
            }
            return Ok(Said { history, lines, head });
        }
        Err(Failure::new(task, "it grows faster than it is read, or the head is of another index"))
    }

    /// The file of a version.
    pub(super) async fn package(&self, published: &PublishedVersion) -> Result<Vec<u8>, Failure> {
        let PublishedVersion { id, version, digest, bytes, .. } = published;
        let task = format!("the package of {id} {version} cannot be used");
        let file = match self {
            Self::Server(client) => match client.download_package(id, version, *bytes).await {
                Ok(file) => file,
                Err(error @ (ClientError::BrokenOff(_) | ClientError::TooLong { .. })) => {
                    return Err(Failure::new(task, Failure::from(error)));
                }
                Err(error) => return Err(error.into()),
            },
            Self::Folder(folder) => {
                let path = package_path(folder, *digest);
                let length = std::fs::metadata(&path).map_err(Failure::of(&task))?.len();
                if length != *bytes as u64 {
                    let reason =
                        format!("{} has {length} bytes, and should have {bytes}", path.display());
                    return Err(Failure::new(task, reason));
                }
                std::fs::read(path).map_err(Failure::of_file(&task))?
            }
        };
        match Digest::of(&file) {
            found if found == *digest => Ok(file),
            found => {
                Err(Failure::new(task, format_args!("it has the digest {found}, not {digest}")))
            }
        }
    }

    async fn lines_after(&self, history: &History) -> Result<Vec<String>, Failure> {
        let after = history.head().sequence;
        match self {
            Self::Server(client) => Ok(client.registry_index(after).await?),
            Self::Folder(_) if after > 0 => Ok(Vec::new()),
            Self::Folder(folder) => Ok(split(&read_file(&folder.join(INDEX_FILE))?)),
        }
    }

    async fn head(&self) -> Result<SignedHead, Failure> {
        match self {
            Self::Server(client) => Ok(client.registry_head().await?.read_as()?),
            Self::Folder(folder) => {
                let path = folder.join(HEAD_FILE);
                let task = format!("{} cannot be read", path.display());
                serde_json::from_slice(&read_file(&path)?).map_err(Failure::of(task))
            }
        }
    }
}

/// Where the folder of an export holds a package.
pub(super) fn package_path(folder: &Path, digest: Digest) -> PathBuf {
    folder.join(PACKAGES).join(format!("{}.wasm", digest.hex()))
}

/// A head as people keep it, to be given to `--seen` some day.
pub(super) fn shown(head: &Head) -> String {
    format!("{}:{}", head.sequence, head.hash)
}

fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(Failure::of_file(format!("{} cannot be read", path.display())))
}

fn split(page: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(page).lines().map(str::to_owned).collect()
}

/// Says how old a folder is, where it is older than a head may be.
pub(super) fn note_age(head: &SignedHead) {
    if head.expires_at < Timestamp::now() {
        output::note(format_args!(
            "the folder is of {}: what was yanked or revoked since is not known",
            head.signed_at
        ));
    }
}
