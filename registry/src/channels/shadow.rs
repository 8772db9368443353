//! A candidate that decodes live frames beside the stable version: what comes of it is compared and
//! counted, and handed to nobody.

use std::collections::BTreeMap;

use parking_lot::{Mutex, MutexGuard};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    apart::TooLarge,
    observed::{Compared, Observed, PLACES, Places, Took},
};

/// Most frames that are shown.
const EXAMPLES: usize = 20;

/// Most places of one frame that are shown.
const PLACES_SHOWN: usize = 20;

/// A candidate that runs beside the stable version.
pub struct Shadow {
    version: Version,
    tally: Mutex<Tally>,
}

/// The tally of a shadow since the server was started or the shadow was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Frames that both have decoded.
    pub compared: u64,
    /// Those of which the candidate says all that the stable version says; it may say more.
    pub agreeing: u64,
    /// Frames that were not compared: there was too much else to do, or one of the two was not to be had.
    pub skipped: u64,
    /// Frames whose readings say too much to be compared place by place; they count as compared, and not as agreeing.
    #[serde(default)]
    pub too_large: u64,
    /// The performance of the stable version.
    pub stable: Performance,
    /// The performance of the candidate.
    pub candidate: Performance,
    /// Where the two differ, and on how many frames.
    pub differing: BTreeMap<String, u64>,
    /// The members that only the candidate gives, each with the number of frames.
    pub added: BTreeMap<String, u64>,
    /// Some of the frames on which they differ.
    pub examples: Vec<Example>,
}

/// The performance of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Performance {
    /// Fuel that was burnt on all frames.
    pub fuel: u64,
    /// Frames that it could not read.
    pub failures: u64,
}

/// A frame on which the two differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShadowExample)]
pub struct Example {
    /// The FPort of the frame.
    pub f_port: u8,
    /// The payload, in hexadecimal digits.
    pub payload: String,
    /// Where they differ, with what each says; null where it says nothing. Nothing stands here where the readings are
    /// too large to be compared.
    #[schema(value_type = HashMap<String, Vec<Value>>)]
    pub differing: BTreeMap<String, [Json; 2]>,
}

impl Shadow {
    pub(crate) fn new(version: Version) -> Self {
        Self { version, tally: Mutex::default() }
    }

    /// Returns the version that is the candidate.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Returns the tally so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.locked().clone()
    }

    /// Counts a frame that the candidate did not get.
    pub fn skip(&self) {
        self.locked().skipped += 1;
    }

    /// Counts a frame that the candidate alone has decoded, since no version of the decoder is stable: what it says
    /// contradicts nothing.
    pub fn observe(&self, candidate: &Observed) {
        let values = candidate.values();
        let mut tally = self.locked();
        tally.compared += 1;
        tally.agreeing += u64::from(candidate.failure().is_none());
        tally.candidate.count(candidate.took());
        match values {
            Ok(values) => values.keys().for_each(|place| count(&mut tally.added, place)),
            Err(TooLarge) => tally.too_large += 1,
        }
    }

    /// Counts what the two made of a frame.
    pub fn count(&self, compared: Compared) {
        self.locked().count(compared);
    }

    fn locked(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock()
    }
}

impl Tally {
    /// Counts what two versions made of a frame.
    pub fn count(&mut self, compared: Compared) {
        let Compared { stable, candidate, places, sent } = compared;
        self.compared += 1;
        self.stable.count(stable);
        self.candidate.count(candidate);
        match places {
            Ok(Places { differing, added }) => {
                added.iter().for_each(|place| count(&mut self.added, place));
                differing.keys().for_each(|place| count(&mut self.differing, place));
                if differing.is_empty() {
                    self.agreeing += 1;
                } else {
                    self.show(sent, differing);
                }
            }
            Err(TooLarge) => {
                self.too_large += 1;
                self.show(sent, BTreeMap::new());
            }
        }
    }

    /// Keeps a frame to be shown, where there are few yet.
    fn show(&mut self, (f_port, payload): (u8, Vec<u8>), differing: BTreeMap<String, [Json; 2]>) {
        if self.examples.len() < EXAMPLES {
            let payload = data_encoding::HEXUPPER.encode(&payload);
            let differing = differing.into_iter().take(PLACES_SHOWN).collect();
            self.examples.push(Example { f_port, payload, differing });
        }
    }
}

impl Performance {
    fn count(&mut self, took: Took) {
        self.fuel = self.fuel.saturating_add(took.fuel);
        self.failures += u64::from(took.is_failed);
    }
}

fn count(places: &mut BTreeMap<String, u64>, place: &str) {
    if let Some(known) = places.get_mut(place) {
        *known += 1;
    } else if places.len() < PLACES {
        places.insert(place.to_owned(), 1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::channels::observed::tests::{compare, crashed, huge, read};

    fn compared(stable: &Json, candidate: &Json) -> Tally {
        let shadow = Shadow::new(Version::new(1, 1, 0));
        shadow.count(compare(&read(stable), &read(candidate)));
        shadow.tally()
    }

    #[test]
    fn who_says_more_agrees() {
        let stable = json!({
            "data": {"t": 21.5, "h": [{"v": 1}]},
            "measurements": [{"quantity": "air.temperature", "value": 21.5}],
        });
        let candidate = json!({
            "data": {"t": 21.5, "h": [{"v": 1}], "b": 3.6},
            "measurements": [
                {"quantity": "battery.voltage", "value": 3.6},
                {"quantity": "air.temperature", "value": 21.5},
            ],
        });
        let tally = compared(&stable, &candidate);
        assert_eq!((tally.compared, tally.agreeing), (1, 1));
        let added: Vec<&str> = tally.added.keys().map(String::as_str).collect();
        assert_eq!(added, ["data.b", "measurements.battery.voltage"]);
        let tally = compared(&candidate, &stable);
        assert_eq!((tally.compared, tally.agreeing), (1, 0), "who says less does not");
    }

    #[test]
    fn where_they_differ_is_told_with_the_payload() {
        let tally =
            compared(&json!({"data": {"t": 21.5, "u": 1}}), &json!({"data": {"t": -4, "u": 1}}));
        assert_eq!((tally.compared, tally.agreeing), (1, 0));
        assert_eq!(tally.differing, BTreeMap::from([("data.t".to_owned(), 1)]));
        let example = &tally.examples[0];
        assert_eq!((example.f_port, example.payload.as_str()), (2, "01FF"));
        assert_eq!(example.differing["data.t"], [json!(21.5), json!(-4)]);
        assert_eq!((tally.stable.fuel, tally.candidate.fuel), (10, 10));
    }

    #[test]
    fn a_failure_differs_from_a_reading() {
        let shadow = Shadow::new(Version::new(1, 1, 0));
        let crashed = crashed();
        shadow.count(compare(&read(&json!({"data": {"t": 1}})), &crashed));
        shadow.count(compare(&crashed, &crashed));
        assert_eq!(crashed.failure(), Some("trapped"));
        shadow.skip();
        let tally = shadow.tally();
        assert_eq!((tally.compared, tally.agreeing, tally.skipped), (2, 1, 1));
        assert_eq!((tally.stable.failures, tally.candidate.failures), (1, 2));
        let places: Vec<&str> = tally.differing.keys().map(String::as_str).collect();
        assert_eq!(places, ["data.t", "error"]);
    }

    #[test]
    fn what_is_too_large_to_compare_is_counted_and_shown() {
        let shadow = Shadow::new(Version::new(1, 1, 0));
        shadow.count(compare(&huge(0), &huge(1)));
        shadow.count(compare(&huge(0), &huge(0)));
        shadow.observe(&huge(0));
        let tally = shadow.tally();
        assert_eq!((tally.compared, tally.agreeing, tally.too_large), (3, 2, 2));
        assert!(tally.differing.is_empty() && tally.added.is_empty());
        let [example] = &tally.examples[..] else { panic!("{:?}", tally.examples) };
        assert_eq!((example.payload.as_str(), example.differing.len()), ("01FF", 0));
        // Of a tally that was kept before there was such a count.
        let mut before = serde_json::to_value(&tally).unwrap();
        before.as_object_mut().unwrap().remove("tooLarge");
        assert_eq!(serde_json::from_value::<Tally>(before).unwrap().too_large, 0);
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let shadow = Shadow::new(Version::new(1, 1, 0));
        for number in 0..1_000 {
            let stable = read(&json!({"data": {format!("k{number}"): 1}}));
            shadow.count(compare(&stable, &read(&json!({"data": {}}))));
        }
        let tally = shadow.tally();
        assert_eq!((tally.differing.len(), tally.examples.len()), (PLACES, EXAMPLES));
    }
}
