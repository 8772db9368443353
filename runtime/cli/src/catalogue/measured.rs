//! The quantities that the decoders of a use case measure, over all makers.

use std::collections::BTreeMap;

use champollion_client::{Answer, Catalogue, Quantity};
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::super::{Failure, output};

/// A quantity that decoders measure.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Measured<'of> {
    quantity: &'of str,
    /// The unit that all of them measure it in; empty where it has none.
    unit: &'of str,
    /// Whether the use case is known by it. Others are measured beside it, such as the voltage of a battery.
    of_use: bool,
    /// The decoders that measure it.
    decoders: Vec<&'of str>,
    #[serde(skip)]
    meaning: &'of str,
}

/// A list of decoders with what they measure.
#[derive(Serialize)]
struct Shown<'of> {
    #[serde(flatten)]
    answer: Map<String, Json>,
    measured: Vec<Measured<'of>>,
}

/// Prints the decoders of a use case as the server tells them, and as `measured` the one set of their quantities.
pub(super) fn json(found: &Answer<Catalogue>, use_case: &str) -> Result<(), Failure> {
    let answer = found.read_as::<Map<String, Json>>()?;
    output::json(&Shown { answer, measured: measured(found, use_case) })
}

/// Shows the quantities that the decoders of a use case measure.
pub(super) fn show(found: &Catalogue, use_case: &str) {
    let rows = measured(found, use_case);
    let rows = rows.iter().map(|row| {
        let of_all = format!("{} of {}", row.decoders.len(), found.decoders.len());
        let of_use = if row.of_use { "yes" } else { "" };
        let texts = [row.quantity, row.unit, &of_all, of_use, row.meaning];
        texts.map(str::to_owned)
    });
    output::table(["quantity", "unit", "decoders", "of the use", "meaning"], rows);
}

/// The quantities that fields of the decoders have, those of the use case first, and of both those of most decoders.
fn measured<'of>(found: &'of Catalogue, use_case: &str) -> Vec<Measured<'of>> {
    let mut decoders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for decoder in &found.decoders {
        let quantities = decoder.fields.iter().filter_map(|field| field.quantity.as_deref());
        for quantity in quantities {
            let measuring = decoders.entry(quantity).or_default();
            if measuring.last() != Some(&decoder.id.as_str()) {
                measuring.push(&decoder.id);
            }
        }
    }
    let is_meant = |case: &str| {
        case == use_case || case.split_once('-').is_some_and(|(first, _)| first == use_case)
    };
    let cases = found.use_cases.iter().filter(|case| is_meant(&case.name));
    let of_cases: Vec<&String> = cases.flat_map(|case| &case.quantities).collect();
    let row = |known: &'of Quantity| {
        let Quantity { name, unit, meaning, .. } = known;
        let decoders = decoders.get(name.as_str())?.clone();
        let of_use = of_cases.contains(&name);
        Some(Measured { quantity: name, unit, of_use, decoders, meaning })
    };
    let mut rows: Vec<Measured<'_>> = found.quantities.iter().filter_map(row).collect();
    rows.sort_by_key(|row| (!row.of_use, std::cmp::Reverse(row.decoders.len())));
    rows
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn catalogue() -> Catalogue {
        let decoder = |id: &str, quantities: &[&str]| {
            let field =
                |quantity: &&str| json!({ "name": "x", "type": "number", "quantity": quantity });
            json!({
                "id": id, "version": "1.0.0", "name": id, "description": "", "licence": "MIT",
                "maintainer": "Acme", "devices": [], "ports": [], "versions": [],
                "fields": quantities.iter().map(field).collect::<Vec<_>>(),
            })
        };
        let quantity = |name: &str, unit: &str| {
            json!({
                "name": name, "unit": unit, "type": "number", "kind": "index", "meaning": "",
            })
        };
        let case = |name: &str, quantities: &[&str]| {
            json!({
                "name": name, "quantities": quantities, "meaning": "",
            })
        };
        serde_json::from_value(json!({
            "decoders": [
                decoder("acme/one", &["water.volume", "battery.voltage", "water.volume"]),
                decoder("bolt/two", &["battery.voltage", "water.volume", "water.flow", "lamp.dimming"]),
            ],
            "quantities": [
                quantity("battery.voltage", "V"), quantity("lamp.dimming", "%"), quantity("rain.height", "mm"),
                quantity("water.flow", "m3/h"), quantity("water.volume", "m3"),
            ],
            "useCases": [
                case("street-lighting", &["lamp.dimming"]), case("water-metering", &["water.volume"]),
                case("water-network", &["water.flow"]),
            ],
        }))
        .unwrap()
    }

    #[test]
    fn quantities_of_the_use_come_first_each_once_over_all_makers() {
        let found = catalogue();
        let rows = |use_case| {
            let rows = measured(&found, use_case);
            rows.iter()
                .map(|row| (row.quantity, row.unit, row.of_use, row.decoders.len()))
                .collect::<Vec<_>>()
        };
        let others = [("battery.voltage", "V", false, 2), ("lamp.dimming", "%", false, 1)];
        let water = [("water.volume", "m3", true, 2), ("water.flow", "m3/h", true, 1)];
        assert_eq!(rows("water"), [&water[..], &others].concat());
        assert_eq!(rows("water-metering")[1], ("battery.voltage", "V", false, 2));
        assert_eq!(rows("water-metering")[0], water[0]);
    }
}
