//! Results of two versions for the same frame, and where they differ. Most say the same, so what they say is taken apart
//! only where it is not.

use std::collections::BTreeMap;

use champollion_sandbox::{Call, CallError, Measurement, Reading, Value};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

/// Most places that are counted one by one. Keys of `data` may be data themselves.
pub(super) const PLACES: usize = 200;

/// Most bytes of the places of a frame that are kept: one that stands in an object of a long name repeats it.
const PLACES_BYTES: usize = 64 << 10;

/// The result that a version made of a frame.
#[derive(Clone)]
pub struct Observed {
    said: Said,
    fuel: u64,
}

/// Values by their places in a reading.
type Values = BTreeMap<String, Json>;

/// The words of a version about a frame.
#[derive(Clone)]
enum Said {
    Reading {
        data: Box<str>,
        measurements: Vec<Measurement>,
    },
    /// The place that stands for the failure, and its kind.
    Failure(&'static str, &'static str),
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
    /// Where they differ, with what each says; null where it says nothing. Of very many places the first ones.
    pub(super) differing: BTreeMap<String, [Json; 2]>,
    /// The places that only the candidate has; of very many the first ones.
    pub(super) added: Vec<String>,
    /// The FPort and the payload of the frame; without its bytes where the two agree.
    pub(super) sent: (u8, Vec<u8>),
}

impl Observed {
    /// Observes the result of a call.
    #[must_use]
    pub fn of(call: Call<Reading>) -> Self {
        let said = match call.result {
            Ok(Reading { data, measurements, .. }) => {
                Said::Reading { data: data.as_str().into(), measurements }
            }
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
    pub(super) fn values(&self) -> Values {
        let mut values = Values::new();
        match &self.said {
            Said::Reading { data, measurements } => {
                for (key, member) in &members(data) {
                    flatten(member, &format!("data.{key}"), &mut values);
                }
                let by_place = by_what_they_are(measurements);
                values.extend(by_place.into_iter().map(|(key, value)| (key.place(), json!(value))));
            }
            Said::Failure(place, kind) => {
                values.insert((*place).to_owned(), json!(kind));
            }
        }
        values
    }
}

impl Compared {
    /// Compares what the stable version and the candidate made of a frame, which was sent on an FPort with a payload.
    #[must_use]
    pub fn of((f_port, payload): (u8, &[u8]), stable: &Observed, candidate: &Observed) -> Self {
        let has_failed = stable.failure().or(candidate.failure()).is_some();
        let [one, mut other] = apart(&stable.said, &candidate.said)
            .unwrap_or_else(|| [stable.values(), candidate.values()]);
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
        let differing: BTreeMap<_, _> =
            differing.into_iter().take_while(|(place, _)| is_kept(place.as_str())).collect();
        let added =
            added.into_iter().take_while(|place| is_kept_of_added(place.as_str())).collect();
        let payload = if differing.is_empty() { Vec::new() } else { payload.to_vec() };
        let (stable, candidate) = (stable.took(), candidate.took());
        Self { stable, candidate, differing, added, sent: (f_port, payload) }
    }
}

/// Says of places, one after another, whether they are among the first ones that are kept. One always is.
fn first_ones() -> impl FnMut(&str) -> bool {
    let (mut places, mut bytes) = (0, 0);
    move |place: &str| {
        places += 1;
        bytes += place.len();
        places == 1 || (places <= PLACES && bytes <= PLACES_BYTES)
    }
}

/// The values of both without those that they have in common; nothing where they have none in common.
fn apart(stable: &Said, candidate: &Said) -> Option<[Values; 2]> {
    let mut both = [Values::new(), Values::new()];
    match (stable, candidate) {
        (
            Said::Reading { data, measurements },
            Said::Reading { data: other_data, measurements: other_measurements },
        ) => {
            if data != other_data {
                members_apart([&members(data), &members(other_data)], "data", &mut both);
            }
            let are_alike = measurements.len() == other_measurements.len()
                && measurements.iter().zip(other_measurements).all(|(one, other)| {
                    (Key::of(one), &one.value) == (Key::of(other), &other.value)
                });
            if !are_alike {
                measurements_apart([measurements, other_measurements], &mut both);
            }
            Some(both)
        }
        (Said::Failure(place, kind), Said::Failure(other_place, other_kind)) => {
            ((place, kind) == (other_place, other_kind)).then_some(both)
        }
        _ => None,
    }
}

fn members(data: &str) -> Map<String, Json> {
    // The sandbox has checked that it is an object.
    serde_json::from_str(data).unwrap_or_default()
}

/// Adds the members of both without those that they have in common.
fn members_apart([one, other]: [&Map<String, Json>; 2], place: &str, both: &mut [Values; 2]) {
    for (key, value) in one {
        pair_apart([Some(value), other.get(key)], || format!("{place}.{key}"), both);
    }
    for (key, value) in other.iter().filter(|(key, _)| !one.contains_key(*key)) {
        pair_apart([None, Some(value)], || format!("{place}.{key}"), both);
    }
}

/// Adds the items of both without those that they have in common.
fn items_apart([one, other]: [&[Json]; 2], place: &str, both: &mut [Values; 2]) {
    for index in 0..one.len().max(other.len()) {
        let items = [one.get(index), other.get(index)];
        pair_apart(items, || format!("{place}[{index}]"), both);
    }
}

/// Adds two values at a place where they are not the same.
fn pair_apart(values: [Option<&Json>; 2], place: impl FnOnce() -> String, both: &mut [Values; 2]) {
    match values {
        [one, other] if one == other => {}
        [Some(Json::Object(one)), Some(Json::Object(other))]
            if !one.is_empty() && !other.is_empty() =>
        {
            members_apart([one, other], &place(), both);
        }
        [Some(Json::Array(one)), Some(Json::Array(other))]
            if !one.is_empty() && !other.is_empty() =>
        {
            items_apart([one, other], &place(), both);
        }
        values => {
            let place = place();
            for (value, values) in values.into_iter().zip(both) {
                if let Some(value) = value {
                    flatten(value, &place, values);
                }
            }
        }
    }
}

/// Adds a value by the places of all that is in it.
fn flatten(value: &Json, place: &str, values: &mut Values) {
    match value {
        Json::Object(members) if !members.is_empty() => {
            for (key, member) in members {
                flatten(member, &format!("{place}.{key}"), values);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                flatten(item, &format!("{place}[{index}]"), values);
            }
        }
        other => drop(values.insert(place.to_owned(), other.clone())),
    }
}

/// Adds the measurements of both without those that they have in common.
fn measurements_apart([one, other]: [&[Measurement]; 2], [ones, others]: &mut [Values; 2]) {
    let (one, other) = (by_what_they_are(one), by_what_they_are(other));
    let add = |values: &mut Values, of: &BTreeMap<Key, &Value>, beside: &BTreeMap<Key, &Value>| {
        for (key, value) in of.iter().filter(|(key, value)| beside.get(*key) != Some(*value)) {
            values.insert(key.place(), json!(value));
        }
    };
    add(ones, &one, &other);
    add(others, &other, &one);
}

/// The identity of a measurement in its reading: not its order, or one more would change all that follow.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    quantity: &'static str,
    channel: u16,
    measured_at: Option<Timestamp>,
}

impl Key {
    fn of(measurement: &Measurement) -> Self {
        let Measurement { quantity, channel, measured_at, .. } = measurement;
        Self { quantity: quantity.name, channel: *channel, measured_at: *measured_at }
    }

    fn place(&self) -> String {
        let mut place = format!("measurements.{}", self.quantity);
        if self.channel != 0 {
            place = format!("{place}, channel {}", self.channel);
        }
        match self.measured_at {
            Some(moment) => format!("{place}, measuredAt {}", json!(moment)),
            None => place,
        }
    }
}

fn by_what_they_are(measurements: &[Measurement]) -> BTreeMap<Key, &Value> {
    measurements.iter().map(|measurement| (Key::of(measurement), &measurement.value)).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use champollion_sandbox::vocabulary::quantity;

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

    /// The places where two readings differ, and those that the second one adds.
    fn places(stable: &Json, candidate: &Json) -> (Vec<String>, Vec<String>) {
        let Compared { differing, added, .. } = compare(&read(stable), &read(candidate));
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
        assert!(compared.differing.is_empty());
        assert_eq!(compared.added, none);
        assert!(compared.sent.1.is_empty(), "nobody looks at what is agreed upon");
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
            let places: Vec<&String> = compared.differing.keys().collect();
            assert_eq!(places, ["data.t", "error"]);
            assert!(compared.added.is_empty());
            assert_eq!(compared.sent, (2, vec![1, 255]));
        }
        assert!(compare(&failed, &failed).differing.is_empty());
    }
}
