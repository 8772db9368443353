//! `champollion catalogue`: the list of decoders, one of them in full, and two of them side by side.

mod compare;
mod figures;
mod install;
mod library;
mod measured;

use champollion_client::{
    Catalogue as AllDecoders, CatalogueEntry, CatalogueExample, CatalogueQuery, Derived, Direction,
};
use champollion_import::unit_code;
use champollion_registry::package::{self, DecoderId};
use champollion_sandbox::vocabulary;
use champollion_sdk::difference::is_nearly;
use clap::{Args, Subcommand, ValueEnum};

use super::{Failure, connection::Connection, output};
use compare::Compare;
use install::Install;

/// Most characters of a reading in a table.
const READING_CHARACTERS: usize = 120;

/// Lists what can be decoded, into which fields and units. Needs no token.
#[derive(Args)]
pub(super) struct Catalogue {
    #[command(subcommand)]
    action: Option<Action>,
    /// Show this decoder alone, with its fields
    #[arg(value_name = "VENDOR/MODEL")]
    decoder: Option<DecoderId>,
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// Show the fields of two decoders side by side
    Compare(Compare),
    /// Publish the library of decoders that comes with Champollion, signed by one key
    Install(Install),
}

/// The decoders that are wanted: those that satisfy all options.
#[derive(Args)]
#[group(id = "wanted-decoders", multiple = true, conflicts_with = "decoder")]
struct Wanted {
    /// Quantity of the vocabulary that a field has, such as water.volume; all of several separated by commas
    #[arg(long)]
    quantity: Option<String>,
    /// Use case, such as water-metering
    #[arg(long = "use", value_name = "USE_CASE")]
    use_case: Option<String>,
    /// Maker of a device, or the first part of the decoder's name
    #[arg(long)]
    vendor: Option<String>,
    /// Unit of a field as a UCUM code, such as m3
    #[arg(long)]
    unit: Option<String>,
    /// Words that all stand in names, devices, fields or commands
    #[arg(long, value_name = "WORDS")]
    q: Option<String>,
    /// Direction of frames that there are: down of decoders that encode commands
    #[arg(long)]
    direction: Option<Way>,
    /// Order of the list; published has the newest first
    #[arg(long)]
    sort: Option<Order>,
    /// Most decoders of the list
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    Up,
    Down,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    Id,
    Name,
    Published,
}

impl Wanted {
    fn says_anything(&self) -> bool {
        let Self { quantity, use_case, vendor, unit, q, direction, sort, limit } = self;
        let texts = [quantity, use_case, vendor, unit, q];
        let has_text = texts.into_iter().any(Option::is_some);
        has_text || direction.is_some() || sort.is_some() || limit.is_some()
    }

    fn query(&self) -> CatalogueQuery {
        CatalogueQuery {
            quantity: self.quantity.clone(),
            use_case: self.use_case.clone(),
            vendor: self.vendor.clone(),
            unit: self.unit.clone(),
            text: self.q.clone(),
            direction: self.direction.map(|way| match way {
                Way::Up => Direction::Up,
                Way::Down => Direction::Down,
            }),
            sort: self.sort.map(|order| {
                let word = match order {
                    Order::Id => "id",
                    Order::Name => "name",
                    Order::Published => "published",
                };
                word.to_owned()
            }),
        }
    }

    /// The words of the filters that the vocabulary does not have, each with what is near it: no decoder ever has them.
    fn unknown_words(&self) -> Vec<String> {
        let names = self.quantity.iter().flat_map(|names| names.split(',')).map(str::trim);
        let unknown = names.filter(|name| vocabulary::quantity(name).is_none());
        let quantities = unknown.map(|name| {
            let near = vocabulary::quantities().find(|known| is_nearly(name, known.name));
            let advice = near.map_or_else(
                || "`champollion vocabulary WORD` finds them".to_owned(),
                |near| format!("did you mean {}?", near.name),
            );
            format!("there is no quantity {:?}: {advice}", output::quoted(name))
        });
        let is_known = |unit: &&String| vocabulary::quantities().any(|known| known.unit == **unit);
        let units = self.unit.iter().filter(|unit| !is_known(unit)).map(|unit| {
            let advice = unit_code(unit).map_or_else(
                || "it is a UCUM code, as `champollion vocabulary` lists them".to_owned(),
                |code| format!("its UCUM code is {code}"),
            );
            format!("no quantity has the unit {:?}: {advice}", output::quoted(unit))
        });
        // Or its first word: the server takes `water` for `water-metering`.
        let is_named = |case: &str, name: &str| {
            case == name || case.split_once('-').is_some_and(|(first, _)| first == name)
        };
        let is_known =
            |name: &&String| package::use_cases().any(|case| is_named(case.name, name.as_str()));
        let use_cases = self.use_case.iter().filter(|name| !is_known(name)).map(|name| {
            let known: Vec<&str> = package::use_cases().map(|case| case.name).collect();
            let near = known.iter().find(|known| is_nearly(name, known));
            let advice = near.map_or_else(
                || format!("there are {}", known.join(", ")),
                |near| format!("did you mean {near}?"),
            );
            format!("there is no use case {:?}: {advice}", output::quoted(name))
        });
        quantities.chain(units).chain(use_cases).collect()
    }

    fn most(&self) -> Option<usize> {
        self.limit.and_then(|limit| usize::try_from(limit).ok())
    }
}

impl Action {
    fn failed(&self) -> &'static str {
        match self {
            Self::Compare(_) => "the decoders cannot be compared",
            Self::Install(_) => "the library is not installed",
        }
    }
}

impl Catalogue {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        if let Some(action) = &self.action {
            if self.decoder.is_some() || self.wanted.says_anything() {
                let advice =
                    "a command takes its own options, after its name, and none of the list";
                return Err(Failure::new(action.failed(), advice));
            }
            return match action {
                Action::Compare(compare) => compare.run(&client, self.json).await,
                Action::Install(install) => install.run(&client, self.json).await,
            };
        }
        let Some(id) = &self.decoder else {
            let found = client.find_in_catalogue(&self.wanted.query(), self.wanted.most()).await?;
            let use_case = self.wanted.use_case.as_deref();
            if self.json {
                return match use_case {
                    Some(use_case) => measured::json(&found, use_case),
                    None => output::answer(&found),
                };
            }
            show_all(&found);
            if let Some(use_case) = use_case.filter(|_| !found.decoders.is_empty()) {
                measured::show(&found, use_case);
            }
            if found.decoders.is_empty() && self.wanted.says_anything() {
                output::note("no decoder satisfies all of it");
                self.wanted.unknown_words().iter().for_each(output::note);
            }
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
        let use_cases = decoder.use_cases.join(", ");
        [decoder.id.clone(), version, decoder.name.clone(), devices.join(", "), use_cases]
    });
    output::table(["decoder", "version", "name", "devices", "use cases"], rows);
}

fn show_decoder(decoder: &CatalogueEntry) {
    output::line(format_args!("{} {}", decoder.id, decoder.version));
    output::line(&decoder.description);
    if !decoder.use_cases.is_empty() {
        output::line(format_args!("use cases: {}", decoder.use_cases.join(", ")));
    }
    show_links(decoder);
    match &decoder.derived {
        Some(derived) => show_derived(derived),
        None => show_of_payloads(decoder),
    }
    if let Some(mapping) = &decoder.mapping {
        output::line(format_args!("the fields are those of the mapping {}", mapping.version));
    }
    show_examples(&decoder.examples);
    let shown = decoder.versions.iter().find(|other| other.version == decoder.version);
    shown.into_iter().for_each(figures::show);
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

/// Shows what a derived decoder makes, and of what.
fn show_derived(derived: &Derived) {
    let Derived { inputs, values, remember } = derived;
    output::line("a derived decoder: it makes values of readings, and reads no payloads");
    let of = |quantity: &str, channel: u16| match channel {
        0 => quantity.to_owned(),
        channel => format!("{quantity} of channel {channel}"),
    };
    let unit = |unit: &Option<String>| unit.clone().unwrap_or_default();
    let rows = inputs
        .iter()
        .map(|input| [input.name.clone(), of(&input.quantity, input.channel), unit(&input.unit)]);
    output::table(["input", "quantity", "unit"], rows);
    let rows = values.iter().map(|value| {
        let quantity = of(&value.quantity, value.channel);
        [quantity, unit(&value.unit), value.expression.clone(), value.meaning.clone()]
    });
    output::table(["value", "unit", "expression", "meaning"], rows);
    if !remember.is_empty() {
        let rows = remember.iter().map(|(name, expression)| [name.clone(), expression.clone()]);
        output::table(["remembered", "expression"], rows);
    }
}

fn show_of_payloads(decoder: &CatalogueEntry) {
    let ports = decoder
        .ports
        .iter()
        .map(|port| [port.port.to_string(), word(port.direction).to_owned(), port.meaning.clone()]);
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
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    }
}

fn show_links(decoder: &CatalogueEntry) {
    for device in &decoder.devices {
        for (link, what) in [(&device.product, "product"), (&device.manual, "manual")] {
            if let Some(link) = link {
                output::line(format_args!("{what} of {}: {link}", device.model));
            }
        }
    }
}

fn show_examples(examples: &[CatalogueExample]) {
    if examples.is_empty() {
        return;
    }
    let rows = examples.iter().map(|example| {
        let CatalogueExample { port, direction, payload, command, reading, .. } = example;
        // Of a reading the data are shown; all of it is in the JSON.
        let data = reading.as_ref().map(|reading| reading.get("data").unwrap_or(reading));
        let text = command.as_ref().or(data).map(ToString::to_string).unwrap_or_default();
        [port.to_string(), word(*direction).to_owned(), payload.clone(), shortened(&text)]
    });
    output::table(["port", "direction", "example", "reading or command"], rows);
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(READING_CHARACTERS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_nothing_has_are_told_with_what_is_near() {
        let mut wanted = Wanted {
            quantity: Some("water.volume, water.volum".to_owned()),
            use_case: Some("water-meterin".to_owned()),
            vendor: None,
            unit: Some("m³".to_owned()),
            q: None,
            direction: None,
            sort: None,
            limit: None,
        };
        let told = wanted.unknown_words();
        assert_eq!(told.len(), 3, "{told:#?}");
        for (told, words) in
            told.iter().zip(["did you mean water.volume?", "is m3", "water-metering?"])
        {
            assert!(told.ends_with(words), "{words}: {told}");
        }
        wanted.quantity = Some("water.volume".to_owned());
        wanted.use_case = Some("water".to_owned());
        wanted.unit = Some("m3".to_owned());
        assert!(wanted.unknown_words().is_empty());
    }
}
