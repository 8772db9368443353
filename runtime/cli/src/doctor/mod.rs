//! `champollion doctor`: a server's settings, machine and surroundings are checked.

mod certificate;
mod clock;
mod disk;
mod files;
mod finding;
mod library;
mod limits;
mod master_key;
mod names;
mod port;
mod recipients;

use champollion_server::config::Config;
use clap::Args;
use serde::Serialize;

use self::finding::{Finding, State};
use super::{Failure, connection::Connection, output, server_settings::ServerSettings};

/// A check of all that a server needs. With a token of an admin the recipients of routes are looked for too.
#[derive(Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    settings: ServerSettings,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

/// The findings of all checks, in the order in which they are mended best.
#[derive(Serialize)]
struct Report {
    state: State,
    checks: Vec<Finding>,
}

impl Doctor {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let report = Report::of(self.examine().await);
        if self.json {
            output::json(&report)?;
        } else {
            report.checks.iter().for_each(tell);
        }
        report.result()
    }

    async fn examine(&self) -> Vec<Finding> {
        let mut checks =
            match self.settings.read() {
                Ok(config) => self.examine_settings(&config).await,
                Err(error) => vec![Finding::fail("settings", error.to_string()).advising(
                    "mend the settings; `champollion serve --print-config` explains each",
                )],
            };
        checks.push(clock::is_kept());
        checks
    }

    async fn examine_settings(&self, config: &Config) -> Vec<Finding> {
        let mut checks = vec![Finding::ok("settings", "all settings can be read")];
        checks.push(limits::descriptors(&config.connections));
        checks.push(limits::addresses());
        checks.extend(disk::checks(config));
        checks.push(clock::data(&config.data_dir));
        checks.push(master_key::check(config));
        checks.push(certificate::check(&config.tls));
        checks.extend(files::checks(config));
        checks.push(port::check(config, &self.connection).await);
        checks.extend(names::checks(config).await);
        checks.extend(recipients::checks(&self.connection).await);
        checks.push(library::check(&config.data_dir));
        checks
    }
}

impl Report {
    fn of(checks: Vec<Finding>) -> Self {
        let state = checks.iter().map(Finding::state).max().unwrap_or(State::Ok);
        Self { state, checks }
    }

    fn result(&self) -> Result<(), Failure> {
        let fails = self.checks.iter().filter(|finding| finding.state() == State::Fail).count();
        match fails {
            0 => Ok(()),
            1 => Err(Failure::new("the server would not run well", "a check fails")),
            fails => {
                Err(Failure::new("the server would not run well", format!("{fails} checks fail")))
            }
        }
    }
}

fn tell(finding: &Finding) {
    output::line(output::quoted(finding));
}
