//! The connection of a command: the server that it talks to, and the token.

use std::{
    fs,
    path::{Path, PathBuf},
};

use champollion_client::{Client, ClientError, is_address};
use clap::Args;

use super::Failure;

/// The connection to a server: its address and the token.
#[derive(Args)]
pub(super) struct Connection {
    /// Address of the server
    #[arg(
        long,
        global = true,
        env = "CHAMPOLLION_SERVER",
        default_value = "http://127.0.0.1:8080",
        value_parser = address,
        value_name = "URL"
    )]
    server: String,
    /// Token of a role that may do this
    #[arg(long, global = true, env = "CHAMPOLLION_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// File with certificates of authorities, in PEM, that are trusted beside those of the system
    #[arg(long, global = true, env = "CHAMPOLLION_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// Reads the address of a server.
pub(super) fn address(text: &str) -> Result<String, String> {
    match is_address(text) {
        true => Ok(text.to_owned()),
        false => Err("it must read http://host:port or https://host".to_owned()),
    }
}

/// Runs a command that talks to a server.
pub(super) fn block_on(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::of("the asynchronous runtime cannot be started"))?
        .block_on(command)
}

impl Connection {
    /// Whether there is a token.
    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// A client of the server.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        self.client_of(&self.server, self.token.as_deref())
    }

    /// A client of another server, with the same authorities.
    pub(super) fn client_of(&self, server: &str, token: Option<&str>) -> Result<Client, Failure> {
        client_of(server, token, self.ca.as_deref())
    }
}

/// A client of a server, which trusts the authorities of a file too.
pub(super) fn client_of(
    server: &str,
    token: Option<&str>,
    ca: Option<&Path>,
) -> Result<Client, Failure> {
    let Some(file) = ca else { return Ok(Client::new(server, token)?) };
    let task = || format!("the authorities of --ca {} cannot be used", file.display());
    let pem = fs::read(file).map_err(Failure::of_file(task()))?;
    match Client::trusting(server, token, &pem) {
        Err(error @ ClientError::Authorities) => Err(Failure::new(task(), error)),
        Err(ClientError::Setup(error)) => Err(Failure::caused(task(), &error)),
        client => Ok(client?),
    }
}

impl From<ClientError> for Failure {
    /// A failure with the server's own words, where it has some.
    fn from(error: ClientError) -> Self {
        let unreadable = "the server's answer cannot be read";
        match error {
            ClientError::Unreachable(error) => {
                let failure = Self::caused("the server cannot be reached", &error);
                failure.advising(
                    "does it run (`champollion serve`), and is the address right? --server or CHAMPOLLION_SERVER names \
                     another one",
                )
            }
            ClientError::Refused(problem) => {
                let task = format!("the server refuses ({})", problem.code);
                Self::new(task, remedy(&problem.code).unwrap_or(problem.detail.as_str()))
            }
            ClientError::Unexplained { status, beginning } => {
                Self::new("the server refuses", format_args!("{status} {beginning}"))
            }
            ClientError::BrokenOff(error) => Self::new(unreadable, error),
            ClientError::Unreadable(error) => Self::new(unreadable, error),
            ClientError::TooLong { limit } => {
                Self::new(unreadable, format_args!("it has more than {limit} bytes"))
            }
            error => Self::of_source(&error),
        }
    }
}

/// Returns the remedy on the command line, where the server can only name that of HTTP.
fn remedy(code: &str) -> Option<&'static str> {
    match code {
        "token-missing" => {
            Some("this needs a token: give it with --token, or in CHAMPOLLION_TOKEN")
        }
        "unsigned" => Some(
            "the package is not signed: `champollion registry keys new FILE` makes a key, an admin lets it sign with \
             `champollion registry keys add`, and --key FILE signs with it",
        ),
        "group-missing" => Some("an admin sees every group: name one with --group"),
        _ => None,
    }
}

impl Failure {
    /// Turns an error of a client into a failure; an answer that breaks off is said to do so in these words.
    pub(super) fn broken_off(task: &str) -> impl FnOnce(ClientError) -> Self {
        move |error| match error {
            ClientError::BrokenOff(error) => Self::new(task, error),
            error => error.into(),
        }
    }
}
