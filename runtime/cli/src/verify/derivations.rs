//! Values that derived decoders have made, made again of the readings of a file.

use std::collections::{BTreeMap, HashMap, VecDeque};

use champollion_registry::package;
use champollion_sandbox::{
    Call, CallError, Derivation, FailureKind, Formulas, Measurement, Memory, Observation, Variable,
};
use champollion_sdk::vectors::MeasuredInput;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{
    KeptRecord, Named, Series, leave_out_units, measured,
    named_decoders::NamedDecoders,
    outcome::{Place, Verdict},
    places,
};
use crate::{Failure, output};

/// Readings of a device that are kept for a derived decoder that no record has named yet: one that makes nothing of a
/// reading is not named, though it remembers it.
const KEPT: usize = 4;

/// The values of one derived decoder in a record.
#[derive(Deserialize)]
struct DerivedValues {
    decoder: Named,
    measurements: Json,
}

/// The derived decoders of a file's devices, with what they remember.
pub(super) struct Derivations {
    variables: Vec<Variable>,
    devices: HashMap<Series, Derived>,
}

/// The readings of a device, and the derived decoders that its records name.
#[derive(Default)]
struct Derived {
    readings: VecDeque<Observation>,
    /// By name and major version: what another one remembers would be misread.
    chains: BTreeMap<(String, u64), Chain>,
}

/// A derived decoder of a device, with what it remembers.
struct Chain {
    formulas: Formulas,
    memory: Option<Memory>,
    /// Whether the memory is that of the server: all of it is of the frame before, whose record names the decoder.
    is_certain: bool,
}

impl Derivations {
    /// Of devices with these variables, of which no frame is known.
    pub(super) fn with_variables(variables: Vec<Variable>) -> Self {
        Self { variables, devices: HashMap::new() }
    }

    /// Makes the derived values of a record again, of its reading, or of the measurements that it tells where there is
    /// none. `goes_on` tells that the frame before is in the file.
    pub(super) async fn verify(
        &mut self,
        record: &KeptRecord,
        reading: Option<Vec<Measurement>>,
        goes_on: bool,
        decoders: &mut NamedDecoders<'_>,
    ) -> Result<Verdict, Failure> {
        let Some(decoded) = &record.decoded else { return Ok(Verdict::Same) };
        let Ok(derived) = derived(decoded) else {
            return Ok(Verdict::NotVerified("its derived values cannot be read".to_owned()));
        };
        let read = reading.map_or_else(|| measurements(&decoded["measurements"]), Ok);
        let (measurements, received_at) = (read.unwrap_or_default(), record.received_at);
        let variables = self.variables.clone();
        let mut observed = Observation { measurements, received_at, variables, before: None };
        let alone = observed.clone();
        let device = self.devices.entry(record.series()).or_default();
        if !goes_on {
            device.chains.values_mut().for_each(|chain| chain.is_certain = false);
        }
        let mut verdict = Verdict::Same;
        let mut named = Vec::new();
        for (index, one) in derived.iter().enumerate() {
            let known = observed.measurements.len();
            let own = match decoders.of(&one.decoder).await? {
                Err(reason) => Verdict::NotVerified(reason.clone()),
                Ok(decoder) => match decoder.formulas() {
                    None => Verdict::NotVerified(format!(
                        "{} {} is named as a derived decoder, and reads payloads",
                        one.decoder.id, one.decoder.version
                    )),
                    Some(formulas) => {
                        named.push(one.key());
                        device.chain(one.key(), formulas).verify(one, index, &mut observed)
                    }
                },
            };
            // Where the record differs, the next one is given what is made; else it was given what is recorded.
            if !matches!(own, Verdict::Differs(_)) {
                observed.measurements.truncate(known);
                observed.measurements.extend(measurements_of(one));
            }
            verdict = verdict.and(own);
        }
        for (key, chain) in &mut device.chains {
            if !named.contains(key) {
                let call = chain.derive(&mut observed);
                chain.go_on(call, false);
            }
        }
        device.keep(alone);
        Ok(verdict)
    }
}

impl DerivedValues {
    fn key(&self) -> (String, u64) {
        (self.decoder.id.clone(), self.decoder.version.major)
    }
}

impl Derived {
    /// The decoder with what it remembers of the device's readings in the file.
    fn chain(&mut self, key: (String, u64), formulas: &Formulas) -> &mut Chain {
        let readings = &mut self.readings;
        let chain = self.chains.entry(key).or_insert_with(|| {
            let formulas = formulas.clone();
            let mut chain = Chain { formulas, memory: None, is_certain: false };
            for reading in readings {
                let call = chain.derive(reading);
                chain.go_on(call, false);
            }
            chain
        });
        if chain.formulas.digest() != formulas.digest() {
            chain.formulas = formulas.clone();
        }
        chain
    }

    fn keep(&mut self, reading: Observation) {
        if self.readings.len() == KEPT {
            self.readings.pop_front();
        }
        self.readings.push_back(reading);
    }
}

impl Chain {
    /// Runs the decoder on a reading, with what it remembers.
    fn derive(&self, observed: &mut Observation) -> Call<Derivation> {
        observed.before.clone_from(&self.memory);
        self.formulas.derive(observed)
    }

    /// Holds what the decoder makes of a reading against what a record says that it made, and adds what it makes.
    fn verify(
        &mut self,
        told: &DerivedValues,
        index: usize,
        observed: &mut Observation,
    ) -> Verdict {
        let call = self.derive(observed);
        let verdict = self.verdict(told, index, observed, &call);
        let is_whole = self.is_remembered_of(observed);
        if let Ok(made) = &call.result {
            observed.measurements.extend(made.measurements.iter().cloned());
        }
        self.go_on(call, is_whole);
        verdict
    }

    /// Whether all that the decoder remembers is of this reading, whatever it remembered before.
    fn is_remembered_of(&self, observed: &mut Observation) -> bool {
        if self.formulas.remembers() == 0 {
            return true;
        }
        observed.before = None;
        let alone = self.formulas.derive(observed).result.ok().and_then(|made| made.remembered);
        alone.is_some_and(|memory| memory.values.len() == self.formulas.remembers())
    }

    fn verdict(
        &self,
        told: &DerivedValues,
        index: usize,
        observed: &Observation,
        call: &Call<Derivation>,
    ) -> Verdict {
        let DerivedValues { decoder: Named { id, version, .. }, measurements } = told;
        let made = match &call.result {
            Ok(made) => json!(made.measurements),
            Err(CallError::Failed(failure)) if failure.kind == FailureKind::MissingVariable => {
                return Verdict::NotVerified(format!(
                    "{id} {version} derives nothing: {}, give it with --variable",
                    failure.message
                ));
            }
            Err(_) => json!([]),
        };
        let of = |list: &Json| json!({ "measurements": measured(list, observed.received_at) });
        let recorded = of(measurements);
        let mut decoded = of(&made);
        leave_out_units(&recorded, &mut decoded);
        let found = places(&recorded, &decoded);
        if found.is_empty() {
            return Verdict::Same;
        }
        if self.formulas.remembers() > 0 && !self.is_certain {
            return Verdict::NotVerified(format!(
                "the derived decoder {id} {version} remembers a reading before, which is not in the file, or whose \
                 record does not name it"
            ));
        }
        let is_set = |name: &str| observed.variables.iter().any(|variable| variable.name == name);
        if let Some(missing) = self.formulas.variables().find(|name| !is_set(name)) {
            return Verdict::NotVerified(format!(
                "{id} {version} may have been given the variable {missing}, which a record does not tell: give it with \
                 --variable"
            ));
        }
        let within =
            |place: Place| Place { path: format!("derived[{index}].{}", place.path), ..place };
        Verdict::Differs(found.into_iter().map(within).collect())
    }

    /// Takes over what a call remembers. A reading that is no later than the one before changes nothing.
    fn go_on(&mut self, call: Call<Derivation>, is_certain: bool) {
        let remembered = call.result.ok().and_then(|made| made.remembered);
        if let Some(memory) = remembered {
            self.memory = Some(memory);
            self.is_certain = is_certain;
        }
    }
}

/// The values of derived decoders in what a record decoded.
fn derived(decoded: &Json) -> serde_json::Result<Vec<DerivedValues>> {
    match decoded.get("derived") {
        Some(derived) => Vec::deserialize(derived),
        None => Ok(Vec::new()),
    }
}

fn measurements_of(values: &DerivedValues) -> Vec<Measurement> {
    measurements(&values.measurements).unwrap_or_default()
}

/// The measurements of a record as a derived decoder is given them.
fn measurements(list: &Json) -> Result<Vec<Measurement>, String> {
    let read = |one: &Json| {
        let mut input = json!({ "quantity": one["quantity"], "value": one["value"] });
        for member in ["channel", "measuredAt"] {
            if let Some(value) = one.get(member) {
                input[member] = value.clone();
            }
        }
        let input = MeasuredInput::deserialize(input).map_err(|error| error.to_string())?;
        package::measurement(&input).map_err(|failure| output::quoted(failure.message))
    };
    list.as_array().into_iter().flatten().map(read).collect()
}

#[cfg(test)]
mod tests {
    use champollion_sandbox::{DerivedDeclaration, Digest};

    use super::*;

    const FLOW: &str = r#"
        inputs = [{ name = "index", quantity = "water.volume" }]
        values = [{ quantity = "water.flow", expression = "(index - before.index) / elapsed * 3600", meaning = "Flow" }]
        remember = { index = "index" }
    "#;

    fn formulas() -> Formulas {
        let declared: DerivedDeclaration = toml::from_str(FLOW).unwrap();
        Formulas::new(&declared, [], Digest::of(b"package")).unwrap()
    }

    /// The reading of an hour, with the index that it tells.
    fn reading(hour: u32, index: f64) -> Observation {
        let told = json!([{ "quantity": "water.volume", "value": index }]);
        Observation {
            measurements: measurements(&told).unwrap(),
            received_at: format!("2026-01-01T{hour:02}:00:00Z").parse().unwrap(),
            variables: Vec::new(),
            before: None,
        }
    }

    fn told(flow: f64) -> DerivedValues {
        let named = json!({ "id": "acme/flow", "version": "1.0.0", "digest": "sha256:0" });
        let measurements = json!([{ "quantity": "water.flow", "unit": "m3/h", "value": flow }]);
        serde_json::from_value(json!({ "decoder": named, "measurements": measurements })).unwrap()
    }

    fn verify(device: &mut Derived, flow: f64, mut observed: Observation) -> Verdict {
        let told = told(flow);
        device.chain(told.key(), &formulas()).verify(&told, 0, &mut observed)
    }

    #[test]
    fn a_value_is_made_again_of_what_the_frame_before_told() {
        let mut device = Derived::default();
        // Nothing is made of the first reading, so its record names no decoder.
        device.keep(reading(6, 1.0));
        assert!(matches!(verify(&mut device, 0.5, reading(7, 1.5)), Verdict::Same));
        assert!(matches!(verify(&mut device, 2.0, reading(8, 3.5)), Verdict::Same));
        let Verdict::Differs(places) = verify(&mut device, 7.0, reading(9, 4.5)) else {
            panic!("the record says something else");
        };
        assert_eq!(places[0].path, "derived[0].measurements[0].value");
        assert_eq!(places[0].decoded, Some(json!(1.0)));
    }

    #[test]
    fn a_value_of_a_memory_that_nobody_knows_is_no_difference() {
        let mut device = Derived::default();
        let first = verify(&mut device, 0.5, reading(6, 1.0));
        assert!(matches!(first, Verdict::NotVerified(why) if why.contains("a reading before")));
        assert!(matches!(verify(&mut device, 0.5, reading(7, 1.5)), Verdict::Same));
        // A frame between is not in the file.
        device.chains.values_mut().for_each(|chain| chain.is_certain = false);
        let after_gap = verify(&mut device, 0.5, reading(9, 4.5));
        assert!(matches!(after_gap, Verdict::NotVerified(_)));
    }
}
