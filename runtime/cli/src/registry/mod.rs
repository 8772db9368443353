//! `champollion registry`.

mod channels;
mod history;
mod keys;
#[cfg(feature = "oci")]
mod oci;
#[cfg(feature = "oci")]
mod oci_login;
mod sharing;
mod source;
#[cfg(not(feature = "oci"))]
mod without_oci;

use champollion_client::{Client, Quarantined};
use champollion_registry::package::DecoderId;
use clap::{Args, Subcommand};
use semver::Version;
use serde_json::json;

use super::{Failure, connection::Connection, output};
#[cfg(not(feature = "oci"))]
use without_oci as oci;

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
        /// Decoder and version
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

impl Registry {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match &self.action {
            Action::Quarantine => self.quarantine(&client).await,
            Action::Lift { decoder: (id, version) } => self.lift(&client, id, version).await,
            Action::Channels(action) => action.run(&client, self.json).await,
            Action::Keys(action) => action.run(&client, self.json).await,
            Action::Sharing(action) => action.run(&client, self.json).await,
            Action::Oci(action) => action.run(&client, self.json).await,
            Action::History(action) => action.run(&client, self.json).await,
        }
    }

    async fn quarantine(&self, client: &Client) -> Result<(), Failure> {
        let list = client.quarantined().await?.into_value();
        if self.json {
            return output::json(&list);
        }
        if list.quarantined.is_empty() {
            output::line("no version of a decoder is set aside");
            return Ok(());
        }
        let rows = list.quarantined.into_iter().map(|set_aside| {
            let Quarantined { id, version, since, failures, message, .. } = set_aside;
            [id, version.to_string(), since.to_string(), failures.to_string(), message]
        });
        output::table(["decoder", "version", "since", "failures", "the last of them"], rows);
        Ok(())
    }

    async fn lift(
        &self,
        client: &Client,
        id: &DecoderId,
        version: &Version,
    ) -> Result<(), Failure> {
        client.lift_quarantine(id, version).await?;
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
