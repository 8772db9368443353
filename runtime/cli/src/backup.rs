//! `champollion backup`: the embedded store, of a server that runs or of one that is stopped.

use std::path::{Path, PathBuf};

use champollion_client::{BackupProgress, BackupRequest, MadeBackup};
use champollion_store::{BackupSource, BackupSummary, Store as _, StoreError, back_up};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::{
    Failure,
    connection::Connection,
    output, progress,
    store::{DataFolder, check_holds_store},
};

/// The task that failed, where there is no backup.
const TASK: &str = "nothing was backed up";

/// Said after each backup: nobody shall learn it on the day of a fire.
const KEY_NOTE: &str = "The master key of the vault is not in it, and without the key nobody reads the keys of devices and the \
                        secrets of routes: keep a copy of the key in another place.";

/// Backs up the embedded store, while the server runs or while it is stopped.
#[derive(Args)]
pub(super) struct Backup {
    #[command(flatten)]
    connection: Connection,
    /// Name of the backup, a folder below the server's `[backup] folder`; with --data-dir the folder itself. The
    /// server takes the present moment where it is left out
    #[arg(value_name = "NAME|DIR")]
    to: Option<PathBuf>,
    /// Data folder of a server that is stopped: it is backed up from here, and no server is asked
    #[arg(long, value_name = "DIR", requires = "to")]
    data_dir: Option<PathBuf>,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (to, made) = match (&self.data_dir, &self.to) {
            (Some(data_dir), Some(to)) => {
                (to.display().to_string(), self.of_folder(data_dir, to).await?)
            }
            _ => self.of_server().await?,
        };
        self.say(&to, &made)
    }

    /// Backs up a data folder, which no server has meanwhile.
    async fn of_folder(&self, data_dir: &Path, to: &Path) -> Result<MadeBackup, Failure> {
        check_holds_store(data_dir, TASK)?;
        let DataFolder { store, blobs } = DataFolder::open(data_dir).map_err(not_opened)?;
        let from = BackupSource { store, blobs };
        let bar = progress::bar(0, self.json);
        let begun_at = Timestamp::now().to_string();
        let made = back_up(&from, to, &begun_at, |count| {
            bar.set_length(count.of.max(count.bytes));
            bar.set_position(count.bytes);
        });
        let made = made.await;
        bar.finish_and_clear();
        let made = made.map_err(|error| Failure::caused(TASK, &error))?;
        from.store.close().await.map_err(|error| Failure::caused(TASK, &error))?;
        let BackupSummary { pairs, changes, blobs, bytes, sha256 } = made;
        Ok(MadeBackup { pairs, changes, blobs, bytes, sha256 })
    }

    /// Has a server back itself up.
    async fn of_server(&self) -> Result<(String, MadeBackup), Failure> {
        let breaks_off = "the server's answer breaks off";
        let name = self.to.as_ref().map(|name| name.display().to_string());
        let mut lines = self.connection.client()?.back_up(&BackupRequest { name }).await?;
        let bar = progress::bar(0, self.json);
        let come = |line: &BackupProgress| (line.bytes, line.of.max(line.bytes));
        let last = progress::follow(&mut lines, &bar, come).await;
        let last = last.map_err(Failure::broken_off(breaks_off))?;
        let Some(done) = last.and_then(|last| last.done.clone()) else {
            let goes_on = "the server goes on with the backup; its log says what comes of it";
            return Err(Failure::new(breaks_off, goes_on));
        };
        match (done.made, done.error) {
            (Some(made), _) => Ok((done.name, made)),
            (None, error) => Err(Failure::new(TASK, error.unwrap_or_default())),
        }
    }

    fn say(&self, to: &str, made: &MadeBackup) -> Result<(), Failure> {
        let MadeBackup { pairs, changes, blobs, bytes, sha256 } = made;
        if self.json {
            return output::json(&json!({
                "name": to, "pairs": pairs, "changes": changes, "blobs": blobs, "bytes": bytes,
                "sha256": sha256,
            }));
        }
        output::line(format_args!("{to}: backed up and read again"));
        output::line(format_args!(
            "{pairs} keys, {changes} changes that came meanwhile, {blobs} blobs: {bytes} bytes"
        ));
        output::line(format_args!("SHA-256 of its manifest {sha256}"));
        output::note(KEY_NOTE);
        Ok(())
    }
}

/// Why a data folder is not opened. A server has it, most often.
fn not_opened(error: StoreError) -> Failure {
    let failure = Failure::caused(TASK, &error);
    match error {
        StoreError::AlreadyOpen { .. } => {
            failure.advising("a server that runs is backed up without --data-dir")
        }
        _ => failure,
    }
}
