//! `champollion registry`: published decoders are looked after.

mod carried_mappings;
mod channels;
mod history;
pub(super) mod keys;
mod mappings;
#[cfg(feature = "oci")]
mod oci;
#[cfg(feature = "oci")]
mod oci_login;
mod rehearsals;
mod requests;
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
    /// Print JSON instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// List what is set aside: calls that kept misbehaving, and versions that a person set aside
    Quarantine,
    /// Set a version aside by hand: its frames are delivered raw until `lift`
    SetAside {
        /// Decoder and its version, as in acme/meter@1.2.0
        #[arg(value_name = "VENDOR/MODEL@VERSION", value_parser = decoder_version)]
        decoder: (DecoderId, Version),
        /// Reason, which the records name
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Let a version decode again that was set aside
    Lift {
        /// Decoder and its version, as in acme/meter@1.2.0
        #[arg(value_name = "VENDOR/MODEL@VERSION", value_parser = decoder_version)]
        decoder: (DecoderId, Version),
    },
    /// Run a candidate over kept records, and say where it differs from what devices get now
    Rehearse(rehearsals::Rehearse),
    #[command(flatten)]
    Channels(channels::Action),
    #[command(flatten)]
    Mappings(mappings::Action),
    #[command(flatten)]
    History(history::Action),
    #[command(flatten)]
    Sharing(sharing::Action),
    #[command(flatten)]
    Oci(oci::Action),
    /// Look after the keys that packages are signed with
    #[command(subcommand)]
    Keys(keys::Action),
    /// Ask for decoders, and carry such requests on until they are stable
    #[command(subcommand)]
    Requests(requests::Action),
}

impl Registry {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match &self.action {
            Action::Quarantine => self.quarantine(&client).await,
            Action::SetAside { decoder: (id, version), reason } => {
                self.set_aside(&client, id, version, reason).await
            }
            Action::Lift { decoder: (id, version) } => self.lift(&client, id, version).await,
            Action::Rehearse(rehearsal) => rehearsal.run(&client, self.json).await,
            Action::Channels(action) => action.run(&client, self.json).await,
            Action::Keys(action) => action.run(&client, self.json).await,
            Action::Requests(action) => action.run(&client, self.json).await,
            Action::Sharing(action) => action.run(&client, &self.connection, self.json).await,
            Action::Oci(action) => action.run(&client, self.json).await,
            Action::Mappings(action) => action.run(&client, self.json).await,
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
            let calls_of = scope(&set_aside);
            let Quarantined { id, version, since, failures, message, .. } = set_aside;
            [
                id,
                version.to_string(),
                calls_of,
                output::moment(since),
                failures.to_string(),
                message,
            ]
        });
        output::table(
            ["decoder", "version", "calls of", "since", "failures", "the last of them"],
            rows,
        );
        Ok(())
    }

    async fn set_aside(
        &self,
        client: &Client,
        id: &DecoderId,
        version: &Version,
        reason: &str,
    ) -> Result<(), Failure> {
        client.set_aside(id, version, reason).await?;
        if self.json {
            let set_aside = json!({ "id": id, "version": version, "reason": reason });
            return output::json(&json!({ "setAside": set_aside }));
        }
        output::line(format_args!("{id} {version} is set aside: `lift` lets it decode again"));
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

/// The calls that are set aside.
fn scope(set_aside: &Quarantined) -> String {
    let calls_of = match (set_aside.f_port, set_aside.commands) {
        (Some(f_port), _) => format!("port {f_port}"),
        (None, true) => "commands".to_owned(),
        (None, false) => "all".to_owned(),
    };
    match &set_aside.dev_eui {
        Some(dev_eui) => format!("{calls_of} of {dev_eui}"),
        None => calls_of,
    }
}

fn maybe_version(text: &str) -> Result<(DecoderId, Option<Version>), String> {
    if text.contains('@') {
        return decoder_version(text).map(|(id, version)| (id, Some(version)));
    }
    Ok((text.parse().map_err(|error| format!("{error}"))?, None))
}

fn decoder_version(text: &str) -> Result<(DecoderId, Version), String> {
    let (id, version) = text
        .split_once('@')
        .ok_or("it must read vendor/model@version, as in acme/thermometer@1.0.0")?;
    let id = id.parse().map_err(|error| format!("{error}"))?;
    let version = version.parse().map_err(|error| format!("{version:?} is no version: {error}"))?;
    Ok((id, version))
}
