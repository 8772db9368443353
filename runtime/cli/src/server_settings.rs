//! The settings of a server, as arguments name their file and override some of them.

use std::{net::SocketAddr, path::PathBuf};

use champollion_server::config::{Config, ConfigError};
use clap::Args;

/// The settings of a server.
#[derive(Args)]
pub(super) struct ServerSettings {
    /// File with settings; without it all have their defaults
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port to listen on, over the setting `listen`
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Folder that holds everything, over the setting `data-dir`
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl ServerSettings {
    /// Reads the settings, over them the environment, and over both the arguments.
    pub(super) fn read(&self) -> Result<Config, ConfigError> {
        let config = Config::read(self.config.as_deref())?;
        Ok(Config {
            listen: self.listen.unwrap_or(config.listen),
            data_dir: self.data_dir.clone().unwrap_or(config.data_dir),
            ..config
        })
    }
}
