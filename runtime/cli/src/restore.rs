//! `champollion restore`: a data folder made of a backup.

use std::path::PathBuf;

use champollion_store::{Contents, RestoreSummary, restore};
use clap::Args;
use data_encoding::HEXLOWER;
use serde_json::json;

use super::{Failure, output, progress};

/// Makes a data folder of a backup.
#[derive(Args)]
pub(super) struct Restore {
    /// Folder of the backup
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
    /// Data folder that is made of it: one that is empty, or not there yet
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let bar = progress::bar(0, self.json);
        let restored = restore(&self.backup, &self.data_dir, |contents| {
            bar.set_length(contents.count());
            bar.set_position(contents.count());
        })
        .await;
        bar.finish_and_clear();
        let restored = restored.map_err(|error| Failure::caused("nothing was restored", &error))?;
        self.say(&restored)
    }

    fn say(&self, restored: &RestoreSummary) -> Result<(), Failure> {
        let RestoreSummary { version, begun_at, contents } = restored;
        let Contents { rows, entries, blobs, digest } = contents;
        let digest = HEXLOWER.encode(digest);
        if self.json {
            return output::json(&json!({
                "begunAt": begun_at, "version": version, "rows": rows, "entries": entries,
                "blobs": blobs, "digest": digest,
            }));
        }
        output::line(format_args!(
            "{}: restored as it was at {begun_at} or later, and read again",
            self.data_dir.display()
        ));
        output::line(format_args!("{rows} lines, {entries} entries, {blobs} blobs"));
        output::line(format_args!("SHA-256 {digest}"));
        output::note(
            "The server needs the master key that it had at that time: it is not in the backup.",
        );
        Ok(())
    }
}
