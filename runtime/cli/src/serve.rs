//! `champollion serve`: the server is run.

use std::{net::SocketAddr, path::PathBuf};

use champollion_server::{
    config::{Config, DEFAULTS},
    run::{self, Announcement},
    telemetry,
};
use clap::Args;

use super::{Failure, compile_worker, output};

/// The server, run in this process.
#[derive(Args)]
pub(super) struct Serve {
    /// File with settings; without it all have their defaults
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port to listen on, over the setting `listen`
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Folder that holds everything, over the setting `data-dir`
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// File that the first admin token is written to, instead of standard output
    #[arg(long, value_name = "FILE")]
    admin_token_file: Option<PathBuf>,
    /// Print all settings with their defaults and what they mean, and end
    #[arg(long)]
    print_config: bool,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        if self.print_config {
            output::line(DEFAULTS.trim_end());
            return Ok(());
        }
        let mut config = Config::read(self.config.as_deref())
            .map_err(Failure::of("the server does not start"))?;
        config.listen = self.listen.unwrap_or(config.listen);
        config.data_dir = self.data_dir.unwrap_or(config.data_dir);
        telemetry::start_logging(&config.log).map_err(Failure::of("the log cannot be set up"))?;
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(Failure::of("the asynchronous runtime cannot be started"))?
            .block_on(run::serve(
                config,
                compile_worker::compiler(),
                self.admin_token_file.as_deref(),
                announce,
            ))
            .map_err(|error| Failure::of_source(&error))
    }
}

/// Prints what the server announces.
fn announce(announcement: Announcement<'_>) {
    match announcement {
        Announcement::FirstToken(secret) => {
            output::line("This is the first start. The admin token, shown only now:");
            output::line(format_args!("  {secret}"));
        }
        Announcement::Listening { address, is_secured } => {
            let scheme = if is_secured { "https" } else { "http" };
            output::line(format_args!("champollion listens on {scheme}://{address}"));
        }
    }
}
