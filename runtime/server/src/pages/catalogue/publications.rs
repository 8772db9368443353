//! The publications of versions as the index tells them: which key has signed which version. The index is read once, and
//! then only what was added to it.

use std::sync::Arc;

use champollion_registry::{Registry, keys::PackageSignature, ledger::History, package::DecoderId};
use semver::Version;
use tokio::sync::Mutex;

/// Lines of the index that are read at once.
const LINES: usize = 1_000;

/// The part of the index that has been read.
#[derive(Clone, Default)]
pub(super) struct Publications(Arc<Mutex<History>>);

/// The signature of a version.
pub(super) enum Signed {
    /// A publisher has signed the version: the key, and the name of its owner where the key is known.
    By(Box<PackageSignature>, Option<String>),
    /// Nobody has signed the version.
    Not,
    /// The index cannot be read, which the operator finds in the log.
    Unknown,
}

impl Publications {
    /// The signature of a version.
    pub(super) async fn signed(&self, registry: &Registry, of: (&DecoderId, &Version)) -> Signed {
        let mut history = self.0.lock().await;
        if let Err(reason) = catch_up(&mut history, registry).await {
            tracing::warn!(reason, "the catalogue cannot tell who has signed a version");
            return Signed::Unknown;
        }
        let signature = history.version(of.0, of.1).map(|published| published.signature.clone());
        match signature {
            Some(Some(signature)) => {
                let owner = history.publishers().get(&signature.key).map(|key| key.name.clone());
                Signed::By(Box::new(signature), owner)
            }
            Some(None) => Signed::Not,
            None => Signed::Unknown,
        }
    }
}

async fn catch_up(history: &mut History, registry: &Registry) -> Result<(), String> {
    loop {
        let lines = registry.index_lines(history.head().sequence, LINES).await;
        let lines = lines.map_err(|error| error.to_string())?;
        for line in &lines {
            history.follow(line).map_err(|error| error.to_string())?;
        }
        if lines.len() < LINES {
            return Ok(());
        }
    }
}
