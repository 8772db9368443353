//! Results of two versions for the same frame, and where they differ. Most say the same, so what they say is taken apart
//! only where it is not.

use std::collections::BTreeMap;

use champollion_sandbox::{Call, CallError, Derivation, Reading};
use serde_json::Value as Json;

use super::apart::{Apart, STABLE, Said, TooLarge, Values, text_bytes};

/// Most places that are counted one by one. Keys of `data` may be data themselves.
pub(super) const PLACES: usize = 200;

/// Most bytes of the places of a frame that are kept, with what is said there: one that stands in an object of a long name
/// repeats it.
const PLACES_BYTES: usize = 64 << 10;

/// The `data` of a derived decoder, which has measurements alone.
const NO_DATA: &str = "{}";

/// The result that a version made of a frame.
#[derive(Clone)]
pub struct Observed {
    said: Said,
    fuel: u64,
}

/// The fuel that a call took, and whether it failed.
#[derive(Clone, Copy)]
pub(super) struct Took {
    pub(super) fuel: u64,
    pub(super) is_failed: bool,
}

/// Results of two versions for a frame, compared.
pub struct Compared {
    pub(super) stable: Took,
    pub(super) candidate: Took,
    pub(super) places: Result<Places, TooLarge>,
    /// The FPort and the payload of the frame; without its bytes where the two agree.
    pub(super) sent: (u8, Vec<u8>),
}

/// The places where two results are not the same.
pub(super) struct Places {
    /// Where they differ, with what each says; null where it says nothing. Of very many places the first ones.
    pub(super) differing: BTreeMap<String, [Json; 2]>,
    /// The places that only the candidate has; of very many the first ones.
    pub(super) added: Vec<String>,
}

impl Observed {
    /// Observes the result of a call.
    #[must_use]
    pub fn of(call: Call<Reading>) -> Self {
        let said = |reading: Reading| Said::Reading {
            data: reading.data.as_str().into(),
            measurements: reading.measurements,
        };
        Self::of_said(call.map(said))
    }

    /// Observes what a derived decoder made of a reading.
    #[must_use]
    pub fn of_derivation(call: Call<Derivation>) -> Self {
        let said = |made: Derivation| Said::Reading {
            data: NO_DATA.into(),
            measurements: made.measurements,
        };
        Self::of_said(call.map(said))
    }

    fn of_said(call: Call<Said>) -> Self {
        let said = match call.result {
            Ok(said) => said,
            Err(CallError::Failed(failure)) => Said::Failure("failure", failure.kind.as_str()),
            Err(error) => Said::Failure("error", error.code()),
        };
        Self { said, fuel: call.fuel }
    }

    /// Returns the kind of the failure, where the frame could not be read: the decoder's own word for it, or else the
    /// code of the error.
    #[must_use]
    pub fn failure(&self) -> Option<&'static str> {
        match &self.said {
            Said::Reading { .. } => None,
            Said::Failure(_, kind) => Some(kind),
        }
    }

    /// The cost of the call.
    pub(super) fn took(&self) -> Took {
        Took { fuel: self.fuel, is_failed: self.failure().is_some() }
    }

    /// All values by their places.
    pub(super) fn values(&self) -> Result<Values, TooLarge> {
        let mut apart = Apart::default();
        apart.said(STABLE, &self.said)?;
        let [values, _] = apart.values;
        Ok(values)
    }
}

impl Compared {
    /// Compares what the stable version and the candidate made of a frame, which was sent on an FPort with a payload.
    #[must_use]
    pub fn of((f_port, payload): (u8, &[u8]), stable: &Observed, candidate: &Observed) -> Self {
        let places = Places::of(stable, candidate);
        let is_shown = places.as_ref().map_or(true, |places| !places.differing.is_empty());
        let payload = if is_shown { payload.to_vec() } else { Vec::new() };
        let (stable, candidate) = (stable.took(), candidate.took());
        Self { stable, candidate, places, sent: (f_port, payload) }
    }
}

impl Places {
    fn of(stable: &Observed, candidate: &Observed) -> Result<Self, TooLarge> {
        let has_failed = stable.failure().or(candidate.failure()).is_some();
        let mut apart = Apart::default();
        apart.both(&stable.said, &candidate.said)?;
        let [one, mut other] = apart.values;
        let mut differing: BTreeMap<String, [Json; 2]> = BTreeMap::new();
        for (place, value) in one {
            let said = other.remove(&place);
            if said.as_ref() != Some(&value) {
                differing.insert(place, [value, said.unwrap_or_default()]);
            }
        }
        let mut added = Vec::new();
        for (place, value) in other {
            // Where one of them failed, what the other says is no addition.
            if has_failed {
                differing.insert(place, [Json::Null, value]);
            } else {
                added.push(place);
            }
        }
        // What is counted of a page of frames is in memory at once.
        let (mut is_kept, mut is_kept_of_added) = (first_ones(), first_ones());
        let differing = differing.into_iter().take_while(|(place, said)| {
            is_kept(place.len() + said.iter().map(text_bytes).sum::<usize>())
        });
        let added = added.into_iter().take_while(|place| is_kept_of_added(place.len()));
        Ok(Self { differing: differing.collect(), added: added.collect() })
    }
}

/// Says of places of so many bytes, one after another, whether they are among the first ones that are kept. One always
/// is.
fn first_ones() -> impl FnMut(usize) -> bool {
    let (mut places, mut bytes) = (0, 0);
    move |more| {
        places += 1;
        bytes += more;
        places == 1 || (places <= PLACES && bytes <= PLACES_BYTES)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use champollion_sandbox::{Measurement, Value, vocabulary::quantity};
    use serde_json::{Map, json};

    use super::*;

    pub(in crate::channels) fn crashed() -> Observed {
        let result = Err(CallError::Trapped { reason: "a crash".into() });
        Observed::of(Call { result, fuel: 3, memory_bytes: 0, log: Vec::new() })
    }

    /// The observation of a reading, whose measurements have numbers for values.
    pub(in crate::channels) fn read(reading: &Json) -> Observed {
        let measurement = |told: &Json| Measurement {
            quantity: told["quantity"]
                .as_str()
                .and_then(quantity)
                .expect("it is in the vocabulary"),
            value: Value::Number(told["value"].as_f64().expect("it is a number")),
            channel: told["channel"].as_u64().unwrap_or_default() as u16,
            measured_at: told["measuredAt"].as_str().map(|moment| moment.parse().unwrap()),
            span: None,
        };
        let measurements = reading["measurements"].as_array().into_iter().flatten();
        let measurements = measurements.map(measurement).collect();
        let said = Said::Reading { data: reading["data"].to_string().into(), measurements };
        Observed { said, fuel: 10 }
    }

    /// Compares two observations of a payload of the bytes 01 and FF.
    pub(in crate::channels) fn compare(stable: &Observed, candidate: &Observed) -> Compared {
        Compared::of((2, &[1, 255]), stable, candidate)
    }

    fn places_of(stable: &Observed, candidate: &Observed) -> Places {
        compare(stable, candidate).places.expect("there is room for them")
    }

    /// The places where two readings differ, and those that the second one adds.
    fn places(stable: &Json, candidate: &Json) -> (Vec<String>, Vec<String>) {
        let Places { differing, added } = places_of(&read(stable), &read(candidate));
        (differing.into_keys().collect(), added)
    }

    fn of_data(stable: Json, candidate: Json) -> (Vec<String>, Vec<String>) {
        places(&json!({"data": stable}), &json!({"data": candidate}))
    }

    #[test]
    fn values_are_compared_wherever_they_stand() {
        let none: [&str; 0] = [];
        let (differing, added) = of_data(
            json!({"a": {"b": [1, {"c": 2}, 3], "d": 4}, "e": {}, "f": [5], "g": null}),
            json!({"a": {"b": [1, {"c": 9}], "d": 4, "x": [6, 7]}, "e": {"y": 8}, "f": {"z": 5}}),
        );
        assert_eq!(differing, ["data.a.b[1].c", "data.a.b[2]", "data.e", "data.f[0]", "data.g"]);
        assert_eq!(added, ["data.a.x[0]", "data.a.x[1]", "data.e.y", "data.f.z"]);
        let (differing, added) = of_data(json!({}), json!({"a": 1}));
        assert_eq!((differing, added), (Vec::new(), vec!["data.a".to_owned()]));
        // The same in other words.
        let mut spaced = read(&json!({"data": {"a": 1, "b": [true]}}));
        spaced.said =
            Said::Reading { data: "{ \"b\": [true], \"a\": 1 }".into(), measurements: Vec::new() };
        let compared = compare(&read(&json!({"data": {"a": 1, "b": [true]}})), &spaced);
        assert!(compared.sent.1.is_empty(), "nobody looks at what is agreed upon");
        let Places { differing, added } = compared.places.unwrap();
        assert!(differing.is_empty());
        assert_eq!(added, none);
    }

    #[test]
    fn there_is_an_end_to_the_places_of_a_frame() {
        let many: Map<String, Json> =
            (0..5_000).map(|number| (format!("k{number:04}"), json!(number))).collect();
        let (differing, added) = of_data(json!({}), Json::Object(many.clone()));
        assert_eq!((differing.len(), added.len()), (0, PLACES));
        let (differing, added) = of_data(Json::Object(many), json!({}));
        assert_eq!((differing.len(), added.len()), (PLACES, 0));
        assert_eq!(differing[PLACES - 1], "data.k0199");
        let long = "k".repeat(PLACES_BYTES);
        let (differing, _) = of_data(json!({ long: {"a": 1, "b": 2} }), json!({}));
        assert_eq!(differing.len(), 1, "the two differ whatever is kept");
    }

    #[test]
    fn measurements_are_known_by_what_they_are() {
        let volume = |channel: u16, moment: &str, value: f64| {
            let quantity = "water.volume";
            json!({"quantity": quantity, "channel": channel, "measuredAt": moment, "value": value})
        };
        let (one, other) = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
        let stable = json!([volume(0, one, 1.0), volume(0, other, 2.0), volume(1, one, 3.0)]);
        let turned = json!([volume(1, one, 3.0), volume(0, one, 1.0), volume(0, other, 2.0)]);
        let reading = |measurements: &Json| json!({"data": {}, "measurements": measurements});
        let (differing, added) = places(&reading(&stable), &reading(&turned));
        assert_eq!((differing.len(), added.len()), (0, 0));
        let changed = json!([volume(0, one, 1.0), volume(1, one, 4.0), volume(2, one, 3.0)]);
        let (differing, added) = places(&reading(&stable), &reading(&changed));
        assert_eq!(
            differing,
            [
                "measurements.water.volume, channel 1, measuredAt \"2026-01-01T00:00:00Z\"",
                "measurements.water.volume, measuredAt \"2026-02-01T00:00:00Z\"",
            ]
        );
        let is_new = "measurements.water.volume, channel 2, measuredAt \"2026-01-01T00:00:00Z\"";
        assert_eq!(added, [is_new]);
    }

    #[test]
    fn all_that_is_said_beside_a_failure_differs() {
        let reading = read(&json!({"data": {"t": 1}}));
        let failed = crashed();
        for (stable, candidate) in [(&reading, &failed), (&failed, &reading)] {
            let compared = compare(stable, candidate);
            assert_eq!(compared.sent, (2, vec![1, 255]));
            let Places { differing, added } = compared.places.unwrap();
            let places: Vec<&String> = differing.keys().collect();
            assert_eq!(places, ["data.t", "error"]);
            assert!(added.is_empty());
        }
        assert!(places_of(&failed, &failed).differing.is_empty());
    }

    /// A reading of 64 KB whose places take far more: the long name stands in each of them.
    pub(in crate::channels) fn huge(value: u8) -> Observed {
        let members: Map<String, Json> =
            (0..3_000).map(|number| (format!("k{number}"), json!(value))).collect();
        read(&json!({"data": { "n".repeat(32 << 10): members }}))
    }

    #[test]
    fn readings_whose_places_take_too_much_are_not_compared() {
        let small = read(&json!({"data": {}}));
        for (stable, candidate) in
            [(huge(0), huge(1)), (small.clone(), huge(1)), (huge(0), crashed())]
        {
            let compared = compare(&stable, &candidate);
            assert_eq!(compared.places.err(), Some(TooLarge));
            assert_eq!(compared.sent, (2, vec![1, 255]), "it can be looked at");
        }
        assert_eq!(huge(0).values(), Err(TooLarge));
        // What both say alike takes no room, and the largest readings of devices have enough.
        assert!(places_of(&huge(0), &huge(0)).differing.is_empty());
        let history = |value: f64| {
            let items: Vec<Json> = (0..2_000)
                .map(
                    |hour| json!({"moment": "2026-01-31T12:00:00Z", "hour": hour, "volume": value}),
                )
                .collect();
            read(&json!({"data": {"history": items}}))
        };
        let Places { differing, .. } = places_of(&history(1.5), &history(2.5));
        assert_eq!(differing.len(), PLACES);
    }

    #[test]
    fn there_is_an_end_to_what_is_said_at_places() {
        let texts = |letter: &str| {
            let text = letter.repeat(6 << 10);
            let members = (0..10).map(|number| (format!("k{number}"), json!(text)));
            read(&json!({"data": Json::Object(members.collect())}))
        };
        let differing = places_of(&texts("a"), &texts("b")).differing;
        assert_eq!(differing.len(), 5, "each says 12 KiB, and 64 are kept");
    }
}
