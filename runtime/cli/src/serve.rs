//! `champollion serve`: the server is run.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use champollion_server::{
    config::DEFAULTS,
    run::{self, Announcement},
    telemetry,
};
use clap::Args;

use super::{Failure, compile_worker, output, server_settings::ServerSettings};

/// The server, run in this process.
#[derive(Args)]
pub(super) struct Serve {
    #[command(flatten)]
    settings: ServerSettings,
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
        let config = self.settings.read().map_err(Failure::of("the server does not start"))?;
        telemetry::start_logging(&config.log).map_err(Failure::of("the log cannot be set up"))?;
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(Failure::of("the asynchronous runtime cannot be started"))?
            .block_on(run::serve(
                config,
                compile_worker::compiler(),
                self.admin_token_file.as_deref(),
                |announcement| announce(announcement, self.admin_token_file.as_deref()),
            ))
            .map_err(|error| Failure::of_source(&error))
    }
}

/// Prints what the server announces; the first token may be in a file.
fn announce(announcement: Announcement<'_>, token_file: Option<&Path>) {
    match announcement {
        Announcement::FirstToken(secret) => {
            output::line("This is the first start. The admin token, shown only now:");
            output::line(format_args!("  {secret}"));
        }
        Announcement::Listening { address, is_secured, is_new } => {
            let scheme = if is_secured { "https" } else { "http" };
            output::line(format_args!("champollion listens on {scheme}://{address}"));
            if is_new {
                // Programs that start a server may read no more than where it listens.
                next_steps(scheme, address, token_file).iter().for_each(output::remark);
            }
        }
    }
}

/// The first three steps with a new server: its pages, the token, the library.
fn next_steps(scheme: &str, address: SocketAddr, token_file: Option<&Path>) -> [String; 3] {
    let port = address.port();
    // People cannot go to the address that stands for all of a machine.
    let host = match address.ip().is_unspecified() {
        true => "localhost".to_owned(),
        false => SocketAddr::new(address.ip(), 0).to_string().trim_end_matches(":0").to_owned(),
    };
    let token = match token_file {
        Some(file) => format!("\"$(cat '{}')\"", file.display()),
        None => "the token above".to_owned(),
    };
    [
        format!(
            "1. Open {scheme}://{host}:{port}/ in a browser: the catalogue and the workbench need no account."
        ),
        format!(
            "2. Set CHAMPOLLION_TOKEN to {token}, and add yourself: champollion people add --name NAME --first-name \
             FIRST-NAME --email E-MAIL --grant admin@territory, then champollion people invite E-MAIL"
        ),
        "3. Install the library of decoders: champollion catalogue install --key library.key"
            .to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_steps_name_an_address_that_people_can_open() {
        let page = |address: &str| {
            let [page, ..] = next_steps("https", address.parse().unwrap(), None);
            page.split(' ').nth(2).unwrap_or_default().to_owned()
        };
        assert_eq!(page("0.0.0.0:8443"), "https://localhost:8443/");
        assert_eq!(page("[::]:8443"), "https://localhost:8443/");
        assert_eq!(page("[::1]:8443"), "https://[::1]:8443/");
        assert_eq!(page("192.0.2.7:8443"), "https://192.0.2.7:8443/");
    }
}
