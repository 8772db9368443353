//! `champollion store`: a store from one backend into another, while no server has it.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use champollion_server::backups::BLOB_KINDS;
use champollion_store::{
    Blobs, Contents, FileBlobs, Leases, PostgresOptions, PostgresStore, SledOptions, SledStore,
    StoreError, StoreParts, copy,
};
use clap::{Args, Subcommand};
use data_encoding::HEXLOWER;
use serde_json::json;

use super::{Failure, connection::block_on, output, progress};

/// Carries a store from one backend into another.
#[derive(Args)]
pub(super) struct Store {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Copy all that a server keeps into an empty place, and read the copy again; the server must be stopped
    Copy {
        /// Place that is copied: sled:DIR with a data folder, or postgres:URL
        #[arg(long, value_name = "PLACE")]
        from: Place,
        /// Empty place that it is copied to: sled:DIR or postgres:URL
        #[arg(long, value_name = "PLACE")]
        to: Place,
        /// File with the password of the database
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Print JSON instead of text for people
        #[arg(long)]
        json: bool,
    },
}

/// A place in which a server keeps everything.
#[derive(Clone)]
enum Place {
    Folder(PathBuf),
    Database(String),
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("sled", folder)) if !folder.is_empty() => Ok(Self::Folder(folder.into())),
            Some(("postgres", address)) => Ok(Self::Database(database(text, address))),
            _ => Err("a place is sled:DIR or postgres:URL"),
        }
    }
}

/// The address of a database, be it `postgres:postgres://…` or `postgres://…`.
fn database(text: &str, address: &str) -> String {
    if address.starts_with("//") { text.to_owned() } else { address.to_owned() }
}

impl Store {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Action::Copy { from, to, password_file, json } = self.action;
        block_on(carry(from, to, password_file, json))
    }
}

async fn carry(
    from: Place,
    to: Place,
    password_file: Option<PathBuf>,
    json: bool,
) -> Result<(), Failure> {
    let read = |file: &PathBuf| {
        let task = format!("the password of the database cannot be read from {}", file.display());
        fs::read_to_string(file).map_err(Failure::of_file(task))
    };
    let password = password_file.as_ref().map(read).transpose()?;
    let password = password.as_deref().map(str::trim_end);
    if let Place::Folder(folder) = &from {
        check_holds_store(folder, "nothing was copied")?;
    }
    let failed = |error: StoreError| Failure::caused("nothing was copied", &error);
    let from = from.open(password).await.map_err(failed)?;
    from.check_unused("nothing was copied").await?;
    let to = to.open(password).await.map_err(failed)?;
    to.check_unused("nothing was copied").await?;
    let bar = progress::bar(0, json);
    let copied = copy(&from.parts, &to.parts, |contents| {
        bar.set_length(contents.count().max(bar.length().unwrap_or_default()));
        bar.set_position(contents.count());
    })
    .await;
    bar.finish_and_clear();
    let contents = copied.map_err(|error| Failure::caused("the copy is of no use", &error))?;
    for opened in [from, to] {
        // One may have been started meanwhile.
        opened.check_unused("the copy is of no use").await?;
        opened.parts.store.close().await.map_err(failed)?;
    }
    say(&contents, json)
}

fn say(contents: &Contents, json: bool) -> Result<(), Failure> {
    let Contents { rows, entries, blobs, digest } = contents;
    let digest = HEXLOWER.encode(digest);
    if json {
        let copied = json!({ "rows": rows, "entries": entries, "blobs": blobs, "digest": digest });
        return output::json(&copied);
    }
    output::line(format_args!(
        "copied and read again: {rows} lines, {entries} entries, {blobs} blobs"
    ));
    output::line(format_args!("SHA-256 {digest}"));
    output::note(
        "The master key of the vault is not in it: the server needs the same one as before.",
    );
    Ok(())
}

/// A place that is open.
struct Opened {
    parts: StoreParts,
    /// The database that it is; none of a folder, which one process alone has open.
    database: Option<PostgresStore>,
}

impl Opened {
    /// Refuses a database that a server has: what it changes meanwhile would be in the copy in part.
    async fn check_unused(&self, task: &str) -> Result<(), Failure> {
        let Some(database) = &self.database else { return Ok(()) };
        let held = database.held().await.map_err(|error| Failure::caused(task, &error))?;
        let Some(lease) = held.first() else { return Ok(()) };
        let reason = format!(
            "a server has the database {}: stop all nodes. One that was killed counts for {} s more",
            database.server(),
            lease.left.as_secs() + 1
        );
        Err(Failure::new(task, reason))
    }
}

/// A data folder that no server has.
pub(super) struct DataFolder {
    pub(super) store: Arc<SledStore>,
    pub(super) blobs: Vec<(&'static str, Arc<dyn Blobs>)>,
}

impl DataFolder {
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let store = SledStore::open(&SledOptions::new(folder.join("store")))?;
        let mut blobs: Vec<(&'static str, Arc<dyn Blobs>)> = Vec::new();
        for kind in BLOB_KINDS {
            blobs.push((kind, Arc::new(FileBlobs::open(folder.join(kind))?)));
        }
        Ok(Self { store: Arc::new(store), blobs })
    }
}

/// A folder that holds no store is most often one that was mistyped.
pub(super) fn check_holds_store(folder: &Path, task: &str) -> Result<(), Failure> {
    match folder.join("store").is_dir() {
        true => Ok(()),
        false => {
            let reason = format!("{} holds no store: name the setting data-dir", folder.display());
            Err(Failure::new(task, reason))
        }
    }
}

impl Place {
    async fn open(&self, password: Option<&str>) -> Result<Opened, StoreError> {
        match self {
            Self::Folder(folder) => {
                let made = DirBuilder::new().mode(0o700).create(folder);
                if let Err(source) = made
                    && source.kind() != io::ErrorKind::AlreadyExists
                {
                    return Err(StoreError::NotWritable { folder: folder.clone(), source });
                }
                let DataFolder { store, blobs } = DataFolder::open(folder)?;
                Ok(Opened { parts: StoreParts { store, blobs }, database: None })
            }
            Self::Database(address) => {
                let options = PostgresOptions::new(address);
                let options = match password {
                    Some(password) => options.password(password),
                    None => options,
                };
                let store = PostgresStore::open(&options).await?;
                store.check_alone().await?;
                let blobs =
                    BLOB_KINDS.map(|kind| (kind, Arc::new(store.blobs(kind)) as Arc<dyn Blobs>));
                let parts = StoreParts { store: Arc::new(store.clone()), blobs: blobs.to_vec() };
                Ok(Opened { parts, database: Some(store) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_database() {
        let url = "postgres://u@db.example/meters";
        for text in [url, "postgres:postgres://u@db.example/meters"] {
            assert!(matches!(text.parse(), Ok(Place::Database(address)) if address == url));
        }
        assert!(matches!("sled:/srv/data".parse(), Ok(Place::Folder(_))));
        for wrong in ["sled:", "/srv/data", "mysql://u@db/x"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
