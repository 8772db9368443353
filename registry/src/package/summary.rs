//! The words by which the catalogue finds a version, made once and kept in memory.

use std::collections::BTreeSet;

use champollion_sandbox::vocabulary;

use super::{
    manifest::{Direction, Manifest},
    use_cases::{categories_of, use_cases_of},
};

/// The words by which the catalogue finds a version.
pub(crate) struct Summary {
    pub(crate) quantities: BTreeSet<&'static str>,
    pub(crate) units: BTreeSet<String>,
    /// The part of the name before the slash and the makers of the devices, in lower case.
    pub(crate) vendors: BTreeSet<String>,
    pub(crate) use_cases: Vec<&'static str>,
    pub(crate) categories: Vec<&'static str>,
    /// Whether its devices send what it decodes.
    pub(crate) goes_up: bool,
    /// Whether its devices are told something.
    pub(crate) goes_down: bool,
    /// All words of the manifest in lower case, each text on a line of its own.
    pub(crate) text: String,
}

impl Summary {
    pub(crate) fn of(manifest: &Manifest) -> Self {
        let derived = manifest.derived.iter().flat_map(|derived| &derived.values);
        let named = manifest.fields.iter().filter_map(|field| field.quantity.as_deref());
        let named = named.chain(derived.map(|value| value.quantity.as_str()));
        let quantities: BTreeSet<&'static str> =
            named.filter_map(vocabulary::quantity).map(|quantity| quantity.name).collect();
        let of_quantities = quantities
            .iter()
            .filter_map(|name| vocabulary::quantity(name))
            .filter(|quantity| !quantity.unit.is_empty())
            .map(|quantity| quantity.unit.to_owned());
        let of_fields =
            manifest.fields.iter().flat_map(|field| field.unit.iter().chain(&field.data_unit));
        let makers = manifest.devices.iter().map(|device| device.vendor.to_lowercase());
        let goes =
            |direction: Direction| manifest.ports.iter().any(|port| port.direction == direction);
        Self {
            units: of_fields.cloned().chain(of_quantities).collect(),
            vendors: makers.chain([manifest.id.vendor().to_owned()]).collect(),
            use_cases: use_cases_of(&quantities),
            categories: categories_of(&quantities),
            // An imported script decodes, whether its ports are known or not.
            goes_up: goes(Direction::Up) || manifest.ports.is_empty(),
            goes_down: goes(Direction::Down) || !manifest.commands.is_empty(),
            text: text(manifest).to_lowercase(),
            quantities,
        }
    }
}

fn text(manifest: &Manifest) -> String {
    let mut lines = vec![manifest.id.to_string()];
    let mut say = |text: &str| lines.push(text.to_owned());
    say(&manifest.name);
    say(&manifest.description);
    for device in &manifest.devices {
        say(&device.vendor);
        say(&device.model);
        say(device.firmware.as_deref().unwrap_or_default());
    }
    for port in &manifest.ports {
        say(&port.meaning);
    }
    for field in &manifest.fields {
        say(&field.name);
        say(field.quantity.as_deref().unwrap_or_default());
        say(&field.meaning);
    }
    for command in &manifest.commands {
        say(&command.name);
        say(&command.meaning);
    }
    lines.join("\n")
}
