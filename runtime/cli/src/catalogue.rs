//! `champollion catalogue`.

use champollion_registry::DecoderId;
use clap::Args;
use serde_json::Value as Json;

use super::{Failure, client::Connection, output};

/// Lists what can be decoded, into which fields and units. Needs no token.
#[derive(Args)]
pub(super) struct Catalogue {
    /// Show this decoder alone, with its fields
    #[arg(value_name = "VENDOR/MODEL")]
    decoder: Option<DecoderId>,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Catalogue {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let path = match &self.decoder {
            Some(id) => format!("/v1/catalogue/{id}"),
            None => "/v1/catalogue".to_owned(),
        };
        let catalogue: Json = self.connection.get(&path).await?;
        if self.json {
            return output::json(&catalogue);
        }
        match self.decoder {
            Some(_) => show_decoder(&catalogue),
            None => show_all(&catalogue),
        }
        Ok(())
    }
}

fn show_all(catalogue: &Json) {
    let rows = list(catalogue, "decoders").map(|decoder| {
        let devices: Vec<String> =
            list(decoder, "devices").map(|device| text(device, "model")).collect();
        [text(decoder, "id"), text(decoder, "version"), text(decoder, "name"), devices.join(", ")]
    });
    output::table(["decoder", "version", "name", "devices"], rows);
}

fn show_decoder(decoder: &Json) {
    output::line(format_args!("{} {}", text(decoder, "id"), text(decoder, "version")));
    output::line(text(decoder, "description"));
    let ports = list(decoder, "ports")
        .map(|port| [port["port"].to_string(), text(port, "direction"), text(port, "meaning")]);
    output::table(["port", "direction", "meaning"], ports);
    let fields = list(decoder, "fields").map(|field| {
        let [name, kind, quantity, unit, mut meaning] =
            ["name", "type", "quantity", "unit", "meaning"].map(|column| text(field, column));
        if field["inferred"] == true {
            meaning = format!("{meaning} (inferred)").trim_start().to_owned();
        }
        [name, kind, quantity, unit, meaning]
    });
    output::table(["field", "type", "quantity", "unit", "meaning"], fields);
    let script = &decoder["script"];
    if let Some(dialect) = script["dialect"].as_str() {
        let how = if script["recognized"] == true { " (recognized)" } else { "" };
        output::line(format_args!("a script of the dialect {dialect}{how}"));
    }
    if script["untested"] == true {
        output::line("untested: nobody has an example of what it decodes");
    }
    for example in list(script, "failing") {
        let name = example.as_str().unwrap_or_default();
        output::line(format_args!("failing: it does not answer the example {name:?} as that says"));
    }
}

fn list<'json>(json: &'json Json, name: &str) -> impl Iterator<Item = &'json Json> {
    json[name].as_array().into_iter().flatten()
}

fn text(json: &Json, name: &str) -> String {
    json[name].as_str().unwrap_or_default().to_owned()
}
