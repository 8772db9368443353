//! `champollion admin`: the master key of a server, and the way back where no admin token is left.

use std::path::{Path, PathBuf};

use champollion_server::{config::Config, recovery::recover_admin, store_settings::StoreSettings};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use super::{
    Failure,
    connection::{Connection, block_on},
    output,
};

/// Administers a server: rotates its master key, or recovers it on its own machine.
#[derive(Args)]
pub(super) struct Admin {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Make an admin token where none is left; the server must be stopped
    Recover {
        /// File with settings of the server
        #[arg(long, short, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Folder that holds everything, over the setting `data-dir`
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
        /// Print JSON instead of text for people
        #[arg(long)]
        json: bool,
    },
    /// Give the vault of a running server a new master key; it writes the key's file
    RotateKey {
        #[command(flatten)]
        connection: Connection,
        /// Print JSON instead of text for people
        #[arg(long)]
        json: bool,
    },
}

impl Admin {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::Recover { config, data_dir, json } => {
                let settings = Config::read(config.as_deref())
                    .map_err(Failure::of("the settings cannot be read"))?;
                let folder = data_dir.unwrap_or_else(|| settings.data_dir.clone());
                block_on(recover(&folder, &settings.store, json))
            }
            Action::RotateKey { connection, json } => block_on(rotate_key(connection, json)),
        }
    }
}

async fn recover(folder: &Path, store: &StoreSettings, json: bool) -> Result<(), Failure> {
    let recovered = recover_admin(folder, store, Timestamp::now()).await;
    let token = recovered.map_err(|error| Failure::caused("no admin token was made", &error))?;
    if json {
        let id = &token.info.id;
        return output::json(&json!({ "id": id, "token": token.secret.reveal() }));
    }
    output::line(token.secret.reveal());
    output::note("This is the only time that the token is shown. The server can be started now.");
    Ok(())
}

async fn rotate_key(connection: Connection, json: bool) -> Result<(), Failure> {
    let rotated = connection.client()?.rotate_master_key().await?;
    if json {
        return output::answer(&rotated);
    }
    output::line(format_args!("the master key {} is in force", rotated.master_key));
    output::note(format_args!(
        "{} holds it: keep a copy, apart from backups of the data folder. Backups from before need the master key {}.",
        rotated.place, rotated.before
    ));
    Ok(())
}
