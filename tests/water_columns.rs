//! Water meters of all makers end in the same columns: quantities, units and alarms of the decoders are compared in
//! what their manifests declare and what their vectors tell.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use champollion_registry::{CatalogueQuery, package::Manifest};
use champollion_sdk::vectors;
use champollion_tests::workspace;
use serde_json::Value as Json;

/// The table of all quantities.
const VOCABULARY: &str = include_str!("../wit/vocabulary.csv");

/// The fewest decoders of water meters that there are.
const FEWEST: usize = 12;

/// The fewest makers of their devices.
const FEWEST_MAKERS: usize = 10;

/// The quantities that a water meter and the radio on it may tell, by the beginnings of their names.
const COLUMNS: [&str; 6] = ["water.", "alarm.", "battery.", "device.", "pulse.count", "air."];

/// A decoder of water meters.
struct WaterDecoder {
    folder: String,
    makers: BTreeSet<String>,
    /// Quantities with the units that are declared for them.
    declared: BTreeMap<String, BTreeSet<String>>,
    /// Quantities with the values that vectors tell of them.
    told: BTreeMap<String, Vec<Json>>,
    /// Whether an uplink fails, as each must that is cut off.
    fails: bool,
}

#[test]
fn all_makers_end_in_the_same_columns() {
    let decoders = water_decoders();
    let makers: BTreeSet<_> = decoders.iter().flat_map(|decoder| &decoder.makers).collect();
    assert!(decoders.len() >= FEWEST, "there are {} decoders of water meters", decoders.len());
    assert!(makers.len() >= FEWEST_MAKERS, "there are devices of {makers:?} alone");
    let rows: BTreeMap<_, _> = VOCABULARY.lines().skip(1).filter_map(row).collect();

    for WaterDecoder { folder, declared, told, fails, .. } in &decoders {
        for (quantity, units) in declared {
            let Some((unit, _)) = rows.get(quantity.as_str()) else {
                panic!("{folder} declares {quantity}, which the vocabulary lacks");
            };
            assert!(
                units.iter().all(|declared| declared == unit),
                "{folder} declares {quantity} in {units:?} and not in {unit:?}"
            );
            assert!(
                COLUMNS.iter().any(|column| quantity.starts_with(column)),
                "{folder} tells {quantity}, which no other water meter has"
            );
        }
        for (quantity, values) in told {
            assert!(declared.contains_key(quantity), "{folder} tells {quantity} undeclared");
            let (_, kind) = rows[quantity.as_str()];
            for value in values {
                let is_typed = match kind {
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64(),
                    "number" => value.is_number(),
                    _ => value.is_string(),
                };
                assert!(is_typed, "{folder} tells {quantity} as {value}, which is no {kind}");
            }
        }
        assert!(*fails, "{folder} has no uplink that fails");
    }
}

#[test]
fn an_index_is_told_by_all_of_them() {
    for WaterDecoder { folder, told, .. } in water_decoders() {
        let indexes = told.get("water.volume").map_or(&[][..], Vec::as_slice);
        assert!(
            indexes.iter().filter_map(Json::as_f64).any(|index| index > 0.0),
            "{folder} has no vector with an index"
        );
    }
}

#[test]
fn alarms_are_told_when_they_are_on_and_when_they_are_off() {
    for WaterDecoder { folder, declared, told, .. } in water_decoders() {
        for alarm in declared.keys().filter(|quantity| quantity.starts_with("alarm.")) {
            let values = told.get(alarm).map_or(&[][..], Vec::as_slice);
            for expected in [true, false] {
                assert!(
                    values.contains(&Json::from(expected)),
                    "{folder} has no vector in which {alarm} is {expected}"
                );
            }
        }
    }
}

#[test]
fn what_the_catalogue_calls_a_water_meter_is_compared_here() {
    let compared: BTreeSet<String> =
        water_decoders().into_iter().map(|decoder| decoder.folder).collect();
    let water = CatalogueQuery::default().use_case("water-metering").expect("it is a use case");
    let folders = fs::read_dir(workspace().join("decoders")).expect("there are decoders");
    let found = folders.filter_map(|folder| {
        let path = folder.expect("the folder can be read").path();
        let manifest = fs::read_to_string(path.join("decoder.toml")).ok()?;
        let manifest = Manifest::parse(&manifest).expect("the manifest can be used");
        let is_found = water.selects(&manifest);
        is_found.then(|| path.file_name().expect("it has a name").to_string_lossy().into_owned())
    });
    assert_eq!(found.collect::<BTreeSet<String>>(), compared);
}

/// The decoders that declare the index of a water meter.
fn water_decoders() -> Vec<WaterDecoder> {
    let folders = fs::read_dir(workspace().join("decoders")).expect("there are decoders");
    folders
        .filter_map(|folder| {
            let path = folder.expect("the folder can be read").path();
            let manifest = fs::read_to_string(path.join("decoder.toml")).ok()?;
            let manifest: Json = toml::from_str(&manifest).expect("the manifest is TOML");
            let declared = declared(&manifest);
            if !declared.contains_key("water.volume") {
                return None;
            }
            let makers = texts(&manifest["devices"], "vendor");
            let vectors = fs::read_to_string(path.join("vectors.json")).expect("there are vectors");
            let vectors = vectors::parse(&vectors).expect("the vectors can be read");
            let mut told = BTreeMap::<_, Vec<_>>::new();
            for measurement in vectors.iter().flat_map(|vector| {
                vector.expect["reading"]["measurements"].as_array().into_iter().flatten()
            }) {
                let quantity = measurement["quantity"].as_str().unwrap_or_default();
                told.entry(quantity.to_owned()).or_default().push(measurement["value"].clone());
            }
            let folder = path.file_name()?.to_string_lossy().into_owned();
            let fails = vectors.iter().any(|vector| {
                matches!(vector.input, vectors::Input::Uplink(_))
                    && vector.expect.get("failure").is_some()
            });
            Some(WaterDecoder { folder, makers, declared, told, fails })
        })
        .collect()
}

/// The quantities of a manifest's fields, with their units.
fn declared(manifest: &Json) -> BTreeMap<String, BTreeSet<String>> {
    let mut declared = BTreeMap::<_, BTreeSet<_>>::new();
    for field in manifest["fields"].as_array().into_iter().flatten() {
        if let Some(quantity) = field["quantity"].as_str() {
            let unit = field["unit"].as_str().unwrap_or_default();
            declared.entry(quantity.to_owned()).or_default().insert(unit.to_owned());
        }
    }
    declared
}

fn texts(list: &Json, member: &str) -> BTreeSet<String> {
    let entries = list.as_array().into_iter().flatten();
    entries.filter_map(|entry| entry[member].as_str()).map(str::to_owned).collect()
}

/// A quantity with its unit and its type.
fn row(line: &str) -> Option<(&str, (&str, &str))> {
    let mut columns = line.split(',');
    Some((columns.next()?, (columns.next()?, columns.next()?)))
}
