//! `champollion records verify`: the records of a file are decoded again from their raw payloads, by the package that
//! each names, so that what they say can be proven.

mod derivations;
mod named_decoders;
mod outcome;

use std::{collections::HashMap, io::BufReader, path::PathBuf};

use champollion_client::Client;
use champollion_registry::package::{Answer, run, variables};
use champollion_sandbox::{CallError, Reading};
use champollion_sdk::{
    difference::differences,
    vectors::{Hex, Input, Setting, UplinkInput},
};
use clap::Args;
use jiff::Timestamp;
use semver::Version;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{Failure, json_values::JsonValues, output, progress, settings, text_file::TextFile};
use derivations::Derivations;
use named_decoders::NamedDecoders;
use outcome::{Outcome, Place, Verdict};

#[derive(Args)]
pub(super) struct Verify {
    /// File of records: NDJSON as `records follow` and routes write it, a JSON list, or a page of `records pull`; `-`
    /// is standard input
    file: PathBuf,
    /// Package that records name; may stand several times; with it nothing is fetched, and records of other packages
    /// are not verified; without it packages come from the server
    #[arg(long, value_name = "FILE")]
    decoder: Vec<PathBuf>,
    /// A setting that the devices had, which a record does not tell; may stand several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = settings::variable)]
    variable: Vec<(String, Setting)>,
    /// Succeed though records could not be verified, as long as none differs
    #[arg(long)]
    lenient: bool,
}

/// The parts of a record that decoding it again needs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptRecord {
    id: String,
    /// A correction goes on from the correction before, and not from the record that it corrects.
    #[serde(rename = "type")]
    kind: Option<String>,
    device: Device,
    received_at: Timestamp,
    uplink: Uplink,
    decoder: Option<Named>,
    decoded: Option<Json>,
    decode_error: Option<DecodeError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    dev_eui: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Uplink {
    f_cnt: u32,
    f_port: Option<u8>,
    payload: Option<Hex>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    version: Version,
    digest: String,
    /// Where a mapping was in force, what was measured by it cannot be told by the package alone.
    mapping: Option<Json>,
}

#[derive(Deserialize)]
struct DecodeError {
    code: String,
}

/// The readings of a device that follow one another: those of its frames, or those of corrections.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Series {
    dev_eui: String,
    kind: Option<String>,
}

impl KeptRecord {
    fn series(&self) -> Series {
        Series { dev_eui: self.device.dev_eui.clone(), kind: self.kind.clone() }
    }
}

/// The frames that a file has told until now, as far as later ones depend on them.
struct Past {
    /// The counter of the last frame that was decoded again.
    f_cnts: HashMap<Series, u32>,
    /// The states that decoders remember, by the decoder.
    states: HashMap<(Series, String), Vec<u8>>,
    derivations: Derivations,
}

impl Past {
    /// Whether a frame comes right after the last one that was decoded again: what a decoder remembers is that of the
    /// frame before, wherever that one is.
    fn goes_on(&self, record: &KeptRecord) -> bool {
        let before = self.f_cnts.get(&record.series());
        before.and_then(|before| before.checked_add(1)) == Some(record.uplink.f_cnt)
    }

    fn note(&mut self, record: &KeptRecord) {
        self.f_cnts.insert(record.series(), record.uplink.f_cnt);
    }
}

impl Verify {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let task = format!("{} cannot be verified", self.file.display());
        let file = TextFile::open(&self.file).map_err(Failure::of(&task))?;
        let progress = progress::bytes(file.bytes(), json);
        let mut decoders = NamedDecoders::from_files(&self.decoder, client)?;
        let set = self.variable.iter().cloned().collect();
        let derivations = Derivations::with_variables(variables(&set));
        let mut past = Past { f_cnts: HashMap::new(), states: HashMap::new(), derivations };
        let mut outcome = Outcome::default();
        let mut values = JsonValues::of(BufReader::new(file));
        while let Some((line, value)) = values.next().map_err(Failure::of(&task))? {
            progress.set_position(values.position());
            let value = match value {
                Ok(value) => value,
                Err(reason) => {
                    outcome.add_unreadable(line, reason);
                    continue;
                }
            };
            for record in records(value) {
                match serde_json::from_value::<KeptRecord>(record) {
                    Ok(record) => {
                        let verdict = self.verify(&record, &mut decoders, &mut past).await?;
                        outcome.add(&record, verdict);
                    }
                    Err(error) => {
                        let number = outcome.records + 1;
                        outcome.add_unreadable(line, format!("record {number}: {error}"));
                    }
                }
            }
        }
        progress.finish_and_clear();
        if json {
            output::json(&outcome)?;
        } else {
            outcome.show();
        }
        outcome.conclusion(task, self.lenient)
    }

    async fn verify(
        &self,
        record: &KeptRecord,
        decoders: &mut NamedDecoders<'_>,
        past: &mut Past,
    ) -> Result<Verdict, Failure> {
        let goes_on = past.goes_on(record);
        let (Some(payload), Some(f_port)) = (&record.uplink.payload, record.uplink.f_port) else {
            // A frame without a port is decoded by nobody, and nothing is remembered of it.
            if goes_on && record.uplink.f_port.is_none() {
                past.note(record);
            }
            return Ok(Verdict::NotVerified("the record holds no payload".to_owned()));
        };
        let Some(named) = &record.decoder else {
            return Ok(Verdict::NotVerified("the record names no decoder".to_owned()));
        };
        let decoder = match decoders.of(named).await? {
            Ok(decoder) => decoder,
            Err(reason) => return Ok(Verdict::NotVerified(reason.clone())),
        };
        past.note(record);
        let key = (record.series(), named.id.clone());
        let before = past.states.get(&key);
        let is_known = goes_on && before.is_some();
        let input = UplinkInput {
            f_port,
            payload: payload.clone(),
            f_cnt: record.uplink.f_cnt,
            received_at: record.received_at,
            variables: self.variable.iter().cloned().collect(),
            state: Hex(before.cloned().unwrap_or_default()),
        };
        let result = run(decoder, &Input::Uplink(input)).result;
        let state = match &result {
            Ok(Answer::Reading(reading)) => reading.state.clone(),
            _ => None,
        };
        let remembers = state.is_some();
        if let Some(state) = state {
            past.states.insert(key, state);
        }
        let verdict = match verdict(record, named, &result) {
            // Such a frame may have been decoded with what came before it.
            Verdict::Differs(_) if remembers && !is_known => Verdict::NotVerified(
                "the decoder remembers the frame before, which is not in the file".to_owned(),
            ),
            verdict => verdict,
        };
        let reading = match result {
            // Where a mapping was in force, the record alone tells what was measured by it.
            Ok(Answer::Reading(reading)) if named.mapping.is_none() => Some(reading.measurements),
            _ => None,
        };
        let derived = past.derivations.verify(record, reading, goes_on, decoders).await?;
        Ok(verdict.and(derived))
    }
}

/// Holds what was decoded again against the record.
fn verdict(record: &KeptRecord, named: &Named, result: &Result<Answer, CallError>) -> Verdict {
    let recorded = match (&record.decoded, &record.decode_error) {
        (Some(decoded), _) => outline(decoded, record.received_at, named.mapping.is_some()),
        (None, Some(error)) => json!({ "decodeError": error.code }),
        (None, None) => {
            return Verdict::NotVerified("the record holds its payload alone".to_owned());
        }
    };
    let mut decoded = match result {
        Ok(Answer::Reading(reading)) => {
            outline(&of_reading(reading), record.received_at, named.mapping.is_some())
        }
        Ok(Answer::Downlink(_) | Answer::Derived(_)) => json!({}),
        Err(error) => json!({ "decodeError": error.code() }),
    };
    leave_out_units(&recorded, &mut decoded);
    Verdict::of(places(&recorded, &decoded))
}

/// The places at which what was recorded and what was decoded differ.
fn places(recorded: &Json, decoded: &Json) -> Vec<Place> {
    let found = differences(recorded, decoded).into_iter();
    found
        .map(|found| Place { path: found.path, recorded: found.expected, decoded: found.actual })
        .collect()
}

fn of_reading(reading: &Reading) -> Json {
    json!({ "data": reading.data, "measurements": reading.measurements })
}

/// The parts of a reading that a record and a decoder have in common. Names of measurements and moments in local time
/// are added to records afterwards, and the moment of reception stands for the moment that a decoder does not tell.
fn outline(reading: &Json, received_at: Timestamp, is_mapped: bool) -> Json {
    let mut outline = json!({ "data": reading["data"] });
    if !is_mapped {
        outline["measurements"] = measured(&reading["measurements"], received_at).into();
    }
    outline
}

/// The measurements in a list, each with the members that a record and a decoder have in common.
fn measured(list: &Json, received_at: Timestamp) -> Vec<Json> {
    let told = |measurement: &Json| {
        let at = measurement["measuredAt"].as_str().and_then(|at| at.parse().ok());
        json!({
            "quantity": measurement["quantity"],
            "unit": measurement["unit"],
            "channel": measurement["channel"].as_u64().unwrap_or(0),
            "value": measurement["value"],
            "measuredAt": at.unwrap_or(received_at),
        })
    };
    list.as_array().into_iter().flatten().map(told).collect()
}

/// Takes the units out of what was decoded where the record has none: a unit that was never recorded is no difference.
fn leave_out_units(recorded: &Json, decoded: &mut Json) {
    let Some(measurements) = decoded.get_mut("measurements").and_then(Json::as_array_mut) else {
        return;
    };
    for (index, measurement) in measurements.iter_mut().enumerate() {
        if recorded["measurements"][index]["unit"].is_null() {
            measurement["unit"] = Json::Null;
        }
    }
}

/// The records in a value: itself, those of a list, or those of a page.
fn records(value: Json) -> Vec<Json> {
    match value {
        Json::Array(items) => items.into_iter().flat_map(records).collect(),
        Json::Object(mut members) => match (members.remove("records"), members.remove("record")) {
            (Some(Json::Array(items)), _) => items.into_iter().flat_map(records).collect(),
            (_, Some(record)) => vec![record],
            _ => vec![Json::Object(members)],
        },
        other => vec![other],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_in_lines_lists_and_pages() {
        let record = json!({"id": "a"});
        for value in [
            record.clone(),
            json!([record]),
            json!({"cursor": "1", "record": record}),
            json!({"records": [{"cursor": "1", "record": record}], "next": "2"}),
        ] {
            assert_eq!(records(value.clone()), std::slice::from_ref(&record), "{value}");
        }
    }

    #[test]
    fn what_records_add_is_no_difference() {
        let received_at: Timestamp = "2026-11-29T12:00:00Z".parse().unwrap();
        let recorded = json!({
            "data": {"a": 1},
            "measurements": [{
                "id": "X", "quantity": "water.level", "unit": "m", "kind": "instantaneous", "value": 1.5,
                "measuredAt": "2026-11-29T12:00:00Z", "current": true,
            }],
        });
        let decoded = json!({
            "data": {"a": 1},
            "measurements": [{"quantity": "water.level", "unit": "m", "value": 1.5}],
            "warnings": [],
        });
        assert_eq!(outline(&recorded, received_at, false), outline(&decoded, received_at, false));
        let other = json!({"data": {"a": 1}, "measurements": []});
        assert_ne!(outline(&recorded, received_at, false), outline(&other, received_at, false));
        assert_eq!(outline(&recorded, received_at, true), outline(&other, received_at, true));
    }

    #[test]
    fn another_unit_is_a_difference_and_none_that_was_never_recorded() {
        let received_at: Timestamp = "2026-11-29T12:00:00Z".parse().unwrap();
        let with = |unit: Json| {
            let measurement = json!({"quantity": "water.level", "unit": unit, "value": 1.5});
            outline(&json!({"data": {}, "measurements": [measurement]}), received_at, false)
        };
        let decoded = |recorded: &Json| {
            let mut decoded = with(json!("m"));
            leave_out_units(recorded, &mut decoded);
            decoded
        };
        let feet = with(json!("[ft_i]"));
        let found = differences(&feet, &decoded(&feet));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].path, "measurements[0].unit");
        let without = with(Json::Null);
        assert!(differences(&without, &decoded(&without)).is_empty());
    }
}
