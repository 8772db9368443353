//! Backups of the embedded store, made while the server runs, into a folder that the settings name.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use champollion_store::{
    BackupCount, BackupError, BackupSource, BackupSummary, StoreError, back_up,
};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The kinds of blobs that a server keeps beside its store.
pub const BLOB_KINDS: [&str; 3] = ["packages", "audit", "files"];

/// Longest name of a backup, in bytes.
const NAME_BYTES: usize = 100;

/// The folder in which backups are made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BackupSettings {
    /// The folder; empty where none may be asked for.
    pub folder: PathBuf,
}

/// The maker of backups: one is made at a time.
pub struct Backups {
    /// The store that is backed up; none where a database has it.
    source: Option<BackupSource>,
    folder: PathBuf,
    turn: Arc<Mutex<()>>,
}

/// A backup that is about to be made, and holds the turn.
pub(crate) struct PlannedBackup {
    source: BackupSource,
    to: PathBuf,
    /// The name of the backup within the folder of the settings.
    pub(crate) name: String,
    begun_at: Timestamp,
    _turn: OwnedMutexGuard<()>,
}

/// The reason why a backup is not begun.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BackupRefusal {
    /// The settings have no folder for backups.
    #[error(
        "this server has no folder for backups: set [backup] folder, or stop the server and back up its data folder"
    )]
    NoFolder,
    /// A database keeps everything.
    #[error("a PostgreSQL keeps everything: back it up by its own means, as docs/scale.md says")]
    Database,
    /// The name cannot be that of a folder.
    #[error(
        "a name is up to 100 letters, digits, '-', '_' and '.', and begins with a letter or a digit"
    )]
    Name,
    /// There is a backup of this name.
    #[error("there is a backup {0} already: give this one another name")]
    Exists(String),
    /// Another one is being made.
    #[error("another backup is being made: wait until it is done")]
    UnderWay,
}

impl Backups {
    pub(crate) fn new(source: Option<BackupSource>, settings: &BackupSettings) -> Self {
        Self { source, folder: settings.folder.clone(), turn: Arc::default() }
    }

    /// Takes the turn for a backup of a name; without one, of the present moment.
    pub(crate) fn plan(&self, name: Option<String>) -> Result<PlannedBackup, BackupRefusal> {
        let source = self.source.clone().ok_or(BackupRefusal::Database)?;
        if self.folder.as_os_str().is_empty() {
            return Err(BackupRefusal::NoFolder);
        }
        let begun_at = Timestamp::now();
        let name = name.unwrap_or_else(|| name_of(begun_at));
        if !is_name(&name) {
            return Err(BackupRefusal::Name);
        }
        let turn = Arc::clone(&self.turn).try_lock_owned();
        let turn = turn.map_err(|_| BackupRefusal::UnderWay)?;
        let to = self.folder.join(&name);
        if to.exists() {
            return Err(BackupRefusal::Exists(name));
        }
        Ok(PlannedBackup { source, to, name, begun_at, _turn: turn })
    }
}

impl PlannedBackup {
    /// Makes the backup, and reads it again.
    pub(crate) async fn make(
        self,
        watch: impl FnMut(&BackupCount) + Send,
    ) -> Result<BackupSummary, BackupError> {
        make_parent(&self.to)?;
        back_up(&self.source, &self.to, &self.begun_at.to_string(), watch).await
    }
}

fn make_parent(to: &Path) -> Result<(), StoreError> {
    let Some(folder) = to.parent() else { return Ok(()) };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| StoreError::NotWritable { folder: folder.to_owned(), source })
}

/// The name of a backup that was given none: names in the order of their moments.
fn name_of(moment: Timestamp) -> String {
    moment.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Whether a name is one of a folder within that of the settings, and of no backup that is not whole.
fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    name.len() <= NAME_BYTES
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(allowed)
        && !name.ends_with(".unfinished")
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};

    use super::*;

    #[test]
    fn a_name_never_leaves_its_folder() {
        for name in ["nightly", "2026-01-31", "a.b_c-1"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".", "..", "../x", "a/b", "-x", ".hidden", "ä", "x.unfinished", "a b"] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(!is_name(&"n".repeat(NAME_BYTES + 1)));
        let moment: Timestamp = "2026-01-31T01:02:03.5Z".parse().unwrap();
        assert_eq!(name_of(moment), "20260131T010203Z");
    }

    #[tokio::test]
    async fn one_backup_is_made_at_a_time_and_none_where_the_settings_name_no_folder() {
        let folders = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folders.path().join("store"))).unwrap();
        let source = BackupSource { store: Arc::new(store), blobs: Vec::new() };
        let backups = |source, folder| Backups::new(source, &BackupSettings { folder });
        let refusal = |backups: &Backups, name: &str| backups.plan(Some(name.to_owned())).err();

        let off = backups(Some(source.clone()), PathBuf::new());
        assert_eq!(refusal(&off, "a"), Some(BackupRefusal::NoFolder));
        let shared = backups(None, folders.path().to_owned());
        assert_eq!(refusal(&shared, "a"), Some(BackupRefusal::Database));

        let backups = backups(Some(source), folders.path().join("backups"));
        assert_eq!(refusal(&backups, "../a"), Some(BackupRefusal::Name));
        let planned = backups.plan(Some("a".to_owned())).unwrap();
        assert_eq!(refusal(&backups, "b"), Some(BackupRefusal::UnderWay));
        planned.make(|_| {}).await.unwrap();
        assert_eq!(refusal(&backups, "a"), Some(BackupRefusal::Exists("a".to_owned())));
        assert!(backups.plan(None).is_ok());
    }
}
