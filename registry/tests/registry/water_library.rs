//! The water meters of the library: the vectors that each decoder must have, and measurements in which a meter of
//! one maker looks like a meter of any other.

use std::collections::BTreeMap;

use champollion_registry::{
    CatalogueQuery,
    package::{Field, FieldType},
};
use champollion_sdk::vectors::{Input, UplinkInput, Vector};
use serde_json::Value as Json;

use crate::library_folders::{Folder, folders};

/// The fewest decoders of water meters that there are.
const FEWEST: usize = 12;

/// The units of makers, each with the unit that its quantity has over all makers and what it is of that one.
const CONVERSIONS: [(&str, &str, f64); 3] =
    [("L", "m3", 0.001), ("mV", "V", 0.001), ("6.mo", "d", 182.625)];

/// The words of a field that tell of an alarm, and the alarm that all makers' fields with one of them are.
const ALARMS: [(&[&str], &str); 6] = [
    (&["leak"], "alarm.leak"),
    (&["battery"], "alarm.battery"),
    (&["backflow", "backward", "reverseflow", "against its direction"], "alarm.backflow"),
    (&["tamper", "magnet", "removal", "removed", "fraud"], "alarm.tamper"),
    (&["burst"], "alarm.burst"),
    (&["freez", "frost", "lowtemperature"], "alarm.freeze"),
];

/// The beginnings of the meanings of fields that no uplink of its own accord has.
const NOT_SENT: [&str; 2] = ["Of an answer", "Of a command"];

/// Fields that have the words of an alarm and are none, with the reason.
const NO_ALARMS: [(&str, &str); 1] = [
    // The setting of an input, and not what it found.
    ("adeunis/pulse", "inputs[].tamperEnabled"),
];

fn water_meters() -> Vec<Folder> {
    let query = CatalogueQuery::default().use_case("water-metering").unwrap();
    let meters: Vec<Folder> =
        folders().into_iter().filter(|folder| query.selects(&folder.manifest)).collect();
    assert!(meters.len() >= FEWEST, "there are {} decoders of water meters", meters.len());
    meters
}

/// The uplinks that are read, each with its vector and what is read.
fn read_uplinks(vectors: &[Vector]) -> impl Iterator<Item = (&Vector, &UplinkInput, &Json)> {
    vectors.iter().filter_map(|vector| match &vector.input {
        Input::Uplink(uplink) => Some((vector, uplink, vector.expect.get("reading")?)),
        _ => None,
    })
}

fn measurements(reading: &Json) -> impl Iterator<Item = (&str, &Json)> {
    let all = reading["measurements"].as_array().into_iter().flatten();
    all.filter_map(|one| Some((one["quantity"].as_str()?, &one["value"])))
}

#[test]
fn each_decoder_has_an_alarm_a_negative_value_both_lengths_and_failures() {
    let mut faults = Vec::new();
    for Folder { name, manifest, vectors, .. } in water_meters() {
        let mut fault = |lacks: &str| faults.push(format!("{name} {lacks}"));
        let told: Vec<(&str, &Json)> =
            read_uplinks(&vectors).flat_map(|(.., reading)| measurements(reading)).collect();
        let has_alarms = manifest.fields.iter().filter_map(|field| field.quantity.as_deref());
        if has_alarms.clone().any(|quantity| quantity.starts_with("alarm."))
            && !told
                .iter()
                .any(|(quantity, value)| quantity.starts_with("alarm.") && **value == true)
        {
            fault("has no alarm that is on");
        }
        let mut below_zero = has_alarms.filter(|quantity| is_temperature(quantity));
        if below_zero.next().is_some()
            && !told.iter().any(|(_, value)| value.as_f64().is_some_and(|value| value < 0.0))
        {
            fault("measures a temperature and has none below zero");
        }
        let length = |uplink: &UplinkInput| uplink.payload.0.len();
        let lengths: Vec<usize> =
            read_uplinks(&vectors).map(|(_, uplink, _)| length(uplink)).collect();
        let extremes = [
            ("the shortest frame", lengths.iter().min()),
            ("the longest frame", lengths.iter().max()),
        ];
        for (label, extreme) in extremes {
            match read_uplinks(&vectors).find(|(vector, ..)| vector.name.ends_with(label)) {
                None => fault(&format!("names no vector {label:?}")),
                Some((_, uplink, _)) if Some(&length(uplink)) != extreme => {
                    fault(&format!("has another vector that is {label}"));
                }
                Some(_) => {}
            }
        }
        let failures: Vec<&str> = vectors
            .iter()
            .filter(|vector| matches!(vector.input, Input::Uplink(_)))
            .filter_map(|vector| vector.expect["failure"]["kind"].as_str())
            .collect();
        if !failures.contains(&"too-short") || failures.iter().all(|kind| *kind == "too-short") {
            fault("has no uplink that is cut off, or none that fails for another reason");
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn is_temperature(quantity: &str) -> bool {
    quantity.split('.').any(|word| word == "temperature") && !quantity.starts_with("alarm.")
}

/// The values of `data` at the name of a field, in which `[]` stands for all items of a list.
fn values<'data>(data: &'data Json, name: &str) -> Vec<&'data Json> {
    name.split('.').fold(vec![data], |found, part| {
        let member = part.trim_end_matches("[]");
        let members = found.into_iter().filter_map(|value| value.get(member));
        match part.ends_with("[]") {
            true => members.filter_map(Json::as_array).flatten().collect(),
            false => members.collect(),
        }
    })
}

/// The part of the unit over all makers that one of the field is; none where it depends on the device.
fn factor(field: &Field) -> Option<f64> {
    let unit = field.unit.as_deref()?;
    let Some(own) = field.data_unit.as_deref() else { return Some(1.0) };
    let known = CONVERSIONS.iter().find(|(known, over_all, _)| *known == own && *over_all == unit);
    known.map(|(.., factor)| *factor)
}

/// A litre of one maker and a cubic metre of another end in the same column with the same number.
#[test]
fn what_makers_tell_in_units_of_their_own_is_measured_in_one() {
    let mut compared: BTreeMap<String, usize> = BTreeMap::new();
    for Folder { name, manifest, vectors, .. } in water_meters() {
        for (vector, _, reading) in read_uplinks(&vectors) {
            for field in &manifest.fields {
                let (Some(quantity), Some(factor)) = (&field.quantity, factor(field)) else {
                    continue;
                };
                let measured: Vec<f64> = measurements(reading)
                    .filter(|(told, _)| told == quantity)
                    .filter_map(|(_, value)| value.as_f64())
                    .collect();
                if measured.is_empty() {
                    // It is told and not measured: of a gas meter, or without a clock.
                    continue;
                }
                for told in
                    values(&reading["data"], &field.name).into_iter().filter_map(Json::as_f64)
                {
                    let expected = told * factor;
                    let near =
                        |value: &f64| (value - expected).abs() < 1e-6 * expected.abs().max(1.0);
                    assert!(
                        measured.iter().any(near),
                        "{name}, {:?}: {} is {told}, and {quantity} is {measured:?}",
                        vector.name,
                        field.name
                    );
                    *compared.entry(quantity.clone()).or_default() += 1;
                }
            }
        }
    }
    for (quantity, fewest) in
        [("water.volume", 50), ("water.volume.reverse", 10), ("battery.voltage", 5)]
    {
        let count = compared.get(quantity).copied().unwrap_or_default();
        assert!(count >= fewest, "{quantity} was compared {count} times alone");
    }
}

#[test]
fn alarms_of_one_kind_are_one_quantity_of_all_makers() {
    let mut faults = Vec::new();
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for Folder { manifest, .. } in water_meters() {
        let id = manifest.id.to_string();
        let is_exempt = |field: &Field| NO_ALARMS.contains(&(id.as_str(), field.name.as_str()));
        let is_sent = |field: &&Field| {
            field.kind == FieldType::Boolean
                && !NOT_SENT.iter().any(|begin| field.meaning.starts_with(begin))
                && !is_exempt(field)
        };
        for field in manifest.fields.iter().filter(is_sent) {
            let words = format!("{} {}", field.name, field.meaning).to_lowercase();
            for (tellers, alarm) in ALARMS {
                if !tellers.iter().any(|teller| words.contains(teller)) {
                    continue;
                }
                match field.quantity.as_deref() == Some(alarm) {
                    true => *found.entry(alarm).or_default() += 1,
                    false => faults.push(format!(
                        "{id}: {} is {:?}, and not {alarm}",
                        field.name, field.quantity
                    )),
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(
        ALARMS.iter().all(|(_, alarm)| found.get(alarm).is_some_and(|count| *count > 1)),
        "{found:?}"
    );
}
