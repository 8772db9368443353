//! `champollion registry`.

mod channels;
mod history;
mod keys;
mod oci;
mod sharing;
mod source;

use champollion_registry::{DecoderId, Quarantined};
use clap::{Args, Subcommand};
use reqwest::Method;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Failure,
    client::{self, Connection},
    output,
};

/// Looks after published decoders.
#[derive(Args)]
pub(super) struct Registry {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// List the versions that are set aside, since their calls kept misbehaving
    Quarantine,
    /// Let a version decode again that was set aside
    Lift {
        /// Which one
        #[arg(value_name = "VENDOR/MODEL@VERSION", value_parser = decoder_version)]
        decoder: (DecoderId, Version),
    },
    #[command(flatten)]
    Channels(channels::Action),
    #[command(flatten)]
    History(history::Action),
    #[command(flatten)]
    Sharing(sharing::Action),
    #[command(flatten)]
    Oci(oci::Action),
    /// Look after the keys that packages are signed with
    #[command(subcommand)]
    Keys(keys::Action),
}

#[derive(Serialize, Deserialize)]
struct QuarantineList {
    quarantined: Vec<Quarantined>,
}

impl Registry {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match &self.action {
            Action::Quarantine => self.quarantine().await,
            Action::Lift { decoder: (id, version) } => self.lift(id, version).await,
            Action::Channels(action) => action.run(&self.connection, self.json).await,
            Action::Keys(action) => action.run(&self.connection, self.json).await,
            Action::Sharing(action) => action.run(&self.connection, self.json).await,
            Action::Oci(action) => action.run(&self.connection, self.json).await,
            Action::History(action) => action.run(&self.connection, self.json).await,
        }
    }

    async fn quarantine(&self) -> Result<(), Failure> {
        let list: QuarantineList = self.connection.get("/v1/registry/quarantine").await?;
        if self.json {
            return output::json(&list);
        }
        if list.quarantined.is_empty() {
            output::line("no version of a decoder is set aside");
            return Ok(());
        }
        let rows = list.quarantined.into_iter().map(|set_aside| {
            let Quarantined { id, version, since, failures, message, .. } = set_aside;
            [id.to_string(), version.to_string(), since.to_string(), failures.to_string(), message]
        });
        output::table(["decoder", "version", "since", "failures", "the last of them"], rows);
        Ok(())
    }

    async fn lift(&self, id: &DecoderId, version: &Version) -> Result<(), Failure> {
        let path = format!("/v1/registry/quarantine/{id}/{version}");
        client::send(self.connection.request(Method::DELETE, &path)?).await?;
        if self.json {
            return output::json(&json!({ "lifted": { "id": id, "version": version } }));
        }
        output::line(format_args!("{id} {version} decodes again"));
        Ok(())
    }
}

fn decoder_version(text: &str) -> Result<(DecoderId, Version), String> {
    let (id, version) = text
        .split_once('@')
        .ok_or("it must read vendor/model@version, as in acme/thermometer@1.0.0")?;
    let id = id.parse().map_err(|error| format!("{error}"))?;
    let version = version.parse().map_err(|error| format!("{version:?} is no version: {error}"))?;
    Ok((id, version))
}
