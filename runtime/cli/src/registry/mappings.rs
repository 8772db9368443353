//! Mappings of decoders: shown as they are in force, or as a record names them.

use champollion_client::{Client, Mapping};
use champollion_registry::package::DecoderId;
use clap::Subcommand;
use semver::Version;

use super::{
    super::{Failure, output},
    maybe_version,
};

#[derive(Subcommand)]
pub(in super::super) enum Action {
    /// Show the mapping of a decoder's fields; `champollion import --map` puts one
    Mapping {
        /// Decoder, and the version of the mapping where it is not the one in force
        #[arg(value_name = "VENDOR/MODEL[@VERSION]", value_parser = maybe_version)]
        decoder: (DecoderId, Option<Version>),
    },
}

impl Action {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let Self::Mapping { decoder: (id, version) } = self;
        let answer = match version {
            Some(version) => client.mapping_version(id, version).await?,
            None => client.mapping(id).await?,
        };
        if json {
            return output::answer(&answer);
        }
        show(&answer);
        Ok(())
    }
}

fn show(mapping: &Mapping) {
    let Mapping { id, version, digest, put_by, put_at, fields, .. } = mapping;
    let at = output::moment(*put_at);
    output::line(format_args!("{id} mapping {version}, put by {put_by} at {at}"));
    output::line(digest);
    let rows = fields.iter().map(|field| {
        let text = |member: &Option<String>| member.clone().unwrap_or_default();
        let number = |member: Option<f64>| member.map(|number| number.to_string());
        let channel = field.channel.map(|channel| channel.to_string()).unwrap_or_default();
        [
            field.name.clone(),
            text(&field.quantity),
            text(&field.unit),
            number(field.scale).unwrap_or_default(),
            number(field.offset).unwrap_or_default(),
            channel,
        ]
    });
    output::table(["field", "quantity", "unit", "scale", "offset", "channel"], rows);
}
