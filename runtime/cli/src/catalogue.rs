//! `champollion catalogue`: the list of decoders, and one of them in full.

use champollion_client::{Catalogue as AllDecoders, CatalogueEntry, Direction};
use champollion_registry::package::DecoderId;
use clap::Args;

use super::{Failure, connection::Connection, output};

/// Lists what can be decoded, into which fields and units. Needs no token.
#[derive(Args)]
pub(super) struct Catalogue {
    /// Show this decoder alone, with its fields
    #[arg(value_name = "VENDOR/MODEL")]
    decoder: Option<DecoderId>,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

impl Catalogue {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        let Some(id) = &self.decoder else {
            let catalogue = client.catalogue().await?;
            if self.json {
                return output::answer(&catalogue);
            }
            show_all(&catalogue);
            return Ok(());
        };
        let decoder = client.catalogue_entry(id).await?;
        if self.json {
            return output::answer(&decoder);
        }
        show_decoder(&decoder);
        Ok(())
    }
}

fn show_all(catalogue: &AllDecoders) {
    let rows = catalogue.decoders.iter().map(|decoder| {
        let devices: Vec<&str> =
            decoder.devices.iter().map(|device| device.model.as_str()).collect();
        let version = decoder.version.to_string();
        [decoder.id.clone(), version, decoder.name.clone(), devices.join(", ")]
    });
    output::table(["decoder", "version", "name", "devices"], rows);
}

fn show_decoder(decoder: &CatalogueEntry) {
    output::line(format_args!("{} {}", decoder.id, decoder.version));
    output::line(&decoder.description);
    let ports = decoder.ports.iter().map(|port| {
        let direction = match port.direction {
            Direction::Up => "up",
            Direction::Down => "down",
        };
        [port.port.to_string(), direction.to_owned(), port.meaning.clone()]
    });
    output::table(["port", "direction", "meaning"], ports);
    let fields = decoder.fields.iter().map(|field| {
        let mut meaning = field.meaning.clone();
        if field.inferred {
            let from = field.inferred_from.as_deref();
            let from = from.map(|from| format!(": {from}")).unwrap_or_default();
            meaning = format!("{meaning} (inferred{from})").trim_start().to_owned();
        }
        let text = |member: &Option<String>| member.clone().unwrap_or_default();
        let (quantity, unit) = (text(&field.quantity), text(&field.unit));
        [field.name.clone(), field.kind.clone(), quantity, unit, meaning]
    });
    output::table(["field", "type", "quantity", "unit", "meaning"], fields);
    if let Some(mapping) = &decoder.mapping {
        output::line(format_args!("the fields are those of the mapping {}", mapping.version));
    }
    let Some(script) = &decoder.script else { return };
    if let Some(dialect) = &script.dialect {
        let how = if script.recognized { " (recognized)" } else { "" };
        output::line(format_args!("a script of the dialect {dialect}{how}"));
    }
    if script.untested {
        output::line("untested: nobody has an example of what it decodes");
    }
    for name in &script.failing {
        output::line(format_args!("failing: it does not answer the example {name:?} as that says"));
    }
}
