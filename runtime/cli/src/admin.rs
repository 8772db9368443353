//! `champollion admin`: a server is administered on its own machine.

use std::path::PathBuf;

use champollion_server::{auth::recover_admin, config::Config};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use super::{Failure, connection::block_on, output};

/// Administers a server on its own machine, without a token.
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
}

impl Admin {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Action::Recover { config, data_dir, json } = self.action;
        let settings =
            Config::read(config.as_deref()).map_err(Failure::of("the settings cannot be read"))?;
        let folder = data_dir.unwrap_or(settings.data_dir);
        block_on(async {
            let recovered = recover_admin(&folder, Timestamp::now()).await;
            let token =
                recovered.map_err(|error| Failure::caused("no admin token was made", &error))?;
            if json {
                let id = &token.info.id;
                return output::json(&json!({ "id": id, "token": token.secret.reveal() }));
            }
            output::line(token.secret.reveal());
            output::note(
                "This is the only time that the token is shown. The server can be started now.",
            );
            Ok(())
        })
    }
}
