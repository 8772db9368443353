//! Holds a decoder to what it owes on bad input: payloads that are cut short, too long, made at random, or of other
//! devices.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::quiet_panic;
use crate::{
    Decoder,
    chance::{Numbers, PAYLOAD_BYTES},
    values::Values,
    vectors::{self, DownlinkInput, Hex, Input, UplinkInput, Vector},
};

/// Payloads of which half are made at random, and half of the vectors.
const RANDOM_PAYLOADS: usize = 4_000;

/// Where the random numbers begin.
const SEED: u64 = 0x6261_6420_696e_7075;

/// Most faults that are told.
const TOLD: usize = 20;

/// Bytes behind a payload that is too long: those of padding, of an erased memory, and others.
const TAILS: [&[u8]; 6] = [&[0x00], &[0xFF], &[0x55], &[0x00; 4], &[0xFF; 4], &[0xA5, 0x5A, 0x13]];

/// The bad input of a decoder, made of its vectors, and what it may do with it.
///
/// ```no_run
/// # use champollion_sdk::{prelude::*, testing::BadInput};
/// # struct Sensor;
/// # impl Decoder for Sensor {
/// #     fn decode_uplink(_: &Uplink) -> Result<Reading, Failure> { Reading::new(&()) }
/// # }
/// # const VECTORS: &str = "[]";
/// BadInput::of(VECTORS)
///     .told_by_length(&["a message that is as long as the beginning of another one"])
///     .check::<Sensor>();
/// ```
#[derive(Debug)]
#[must_use = "nothing is tried before it is checked"]
pub struct BadInput<'of> {
    vectors: Vec<Vector>,
    told_by_length: BTreeSet<&'of str>,
    read_over: BTreeSet<&'of str>,
    padding: &'of [&'of [u8]],
    siblings: Vec<(&'of str, Vec<Vector>, usize)>,
}

impl<'of> BadInput<'of> {
    /// Takes the text of a `vectors.json`.
    ///
    /// # Panics
    /// Where the file is no list of vectors.
    pub fn of(json: &str) -> Self {
        Self {
            vectors: parsed(json),
            told_by_length: BTreeSet::new(),
            read_over: BTreeSet::new(),
            padding: &[],
            siblings: Vec::new(),
        }
    }

    /// Names the vectors whose beginnings are messages of their own, since the format tells some messages apart by
    /// their length alone.
    pub fn told_by_length(mut self, names: &[&'of str]) -> Self {
        self.told_by_length.extend(names);
        self
    }

    /// Names the vectors behind which the format lets bytes stand that mean nothing.
    pub fn read_over(mut self, names: &[&'of str]) -> Self {
        self.read_over.extend(names);
        self
    }

    /// Names bytes that mean nothing by the format and may stand behind every message.
    pub fn padding(mut self, tails: &'of [&'of [u8]]) -> Self {
        self.padding = tails;
        self
    }

    /// Adds the vectors of another device, of whose frames so many are read: those that nothing tells apart from
    /// frames of this one.
    ///
    /// # Panics
    /// Where the file is no list of vectors.
    pub fn sibling(mut self, name: &'of str, json: &str, read: usize) -> Self {
        self.siblings.push((name, parsed(json), read));
        self
    }

    /// Adds the vectors of the other members of a family. Those of which frames are read are named with how many; of all
    /// others none may be.
    ///
    /// # Panics
    /// Where a file is no list of vectors, or a name is none of the family.
    pub fn family(
        mut self,
        own: &str,
        members: &[(&'of str, &str)],
        read: &[(&str, usize)],
    ) -> Self {
        let is_member = |name: &str| members.iter().any(|(member, _)| *member == name);
        for name in read.iter().map(|(name, _)| *name).chain([own]) {
            assert!(is_member(name), "{name} is none of the family");
        }
        for (name, json) in members.iter().filter(|(name, _)| *name != own) {
            let found = read.iter().find(|(sibling, _)| sibling == name);
            self = self.sibling(name, json, found.map_or(0, |(_, count)| *count));
        }
        self
    }

    /// Tries all of it on a decoder.
    ///
    /// # Panics
    /// Where the decoder panics, makes values of bytes that are not there, reads over bytes that mean nothing, reads
    /// frames of another device, or points at bytes that no payload has; the message lists the payloads.
    pub fn check<D: Decoder>(self) {
        let mut trial = Trial {
            try_out: quiet_panic::run::<D>,
            padding: self.padding,
            faults: Vec::new(),
            panics: BTreeMap::new(),
        };
        let (mut told_by_length, mut read_over) = (self.told_by_length, self.read_over);
        for vector in &self.vectors {
            match &vector.input {
                Input::Uplink(uplink) => {
                    let whole = trial.outcome(&vector.input);
                    if whole.get("reading").is_none() {
                        continue;
                    }
                    let cut = trial.cut(uplink, &Values::of_outcome(&whole));
                    trial.explained(cut, vector, &mut told_by_length, "told_by_length");
                    let longer = trial.made_longer(uplink, &whole);
                    trial.explained(longer, vector, &mut read_over, "read_over");
                }
                Input::Downlink(downlink) => trial.cut_downlink(downlink),
                _ => {}
            }
        }
        for name in told_by_length.iter().chain(&read_over) {
            trial
                .faults
                .push(format!("no vector {name:?} needs the exception that is made for it"));
        }
        trial.random(&self.vectors);
        for (name, vectors, expected) in &self.siblings {
            trial.of_sibling(name, vectors, *expected);
        }
        let faults = trial.told();
        let (count, told) = (faults.len(), &faults[..faults.len().min(TOLD)]);
        assert!(count == 0, "bad input, faults: {count}\n{}", told.join("\n"));
    }
}

/// A decoder under trial, and its faults.
struct Trial<'of> {
    try_out: fn(&Input) -> Result<Json, String>,
    padding: &'of [&'of [u8]],
    faults: Vec<String>,
    /// By place and words: the first payload that makes the decoder panic there, and how many do.
    panics: BTreeMap<String, (Hex, usize)>,
}

impl Trial<'_> {
    /// All faults, those that end the decoder first. A panic is one, however many payloads lead to it.
    fn told(self) -> Vec<String> {
        let panics = self.panics.into_iter().map(|(panic, (payload, count))| match count {
            1 => format!("the payload {payload} makes it panic {panic}"),
            _ => format!("{count} payloads make it panic {panic}; the first is {payload}"),
        });
        panics.chain(self.faults).collect()
    }

    /// The first fault of a payload that is cut at each length.
    fn cut(&mut self, uplink: &UplinkInput, whole: &Values) -> Option<String> {
        let bytes = uplink.payload.0.len();
        let mut first = None;
        for kept in 0..bytes {
            let cut = with_payload(uplink, uplink.payload.0[..kept].to_vec());
            let outcome = self.outcome(&Input::Uplink(cut));
            if outcome.get("reading").is_none() || first.is_some() {
                continue;
            }
            let values = Values::of_outcome(&outcome);
            let fault = match (whole.made_up(&values), whole.place_of_its_own(&values)) {
                (Some(made_up), _) => made_up.to_string(),
                (None, Some(place)) => format!("reads {place}, which the whole does not have"),
                (None, None) => continue,
            };
            first = Some(format!("cut after {kept} of {bytes} bytes, {fault}"));
        }
        first
    }

    /// The first fault of a payload behind which more bytes stand: none of them was noticed.
    fn made_longer(&mut self, uplink: &UplinkInput, whole: &Json) -> Option<String> {
        let warnings = whole["reading"]["warnings"].as_array().map_or(0, Vec::len);
        let whole = Values::of_outcome(whole);
        let mut first = None;
        for tail in TAILS {
            let bytes = [&uplink.payload.0, tail].concat();
            if bytes.len() > PAYLOAD_BYTES || self.padding.contains(&tail) {
                continue;
            }
            let outcome = self.outcome(&Input::Uplink(with_payload(uplink, bytes)));
            let Some(reading) = outcome.get("reading") else { continue };
            let more_warnings = reading["warnings"].as_array().map_or(0, Vec::len) > warnings;
            if first.is_none() && !more_warnings && Values::of_outcome(&outcome) == whole {
                first = Some(format!("reads over {} behind its end", Hex(tail.to_vec())));
            }
        }
        first
    }

    /// Adds a fault that no exception explains.
    fn explained(
        &mut self,
        fault: Option<String>,
        vector: &Vector,
        exceptions: &mut BTreeSet<&str>,
        kind: &str,
    ) {
        let Some(fault) = fault else { return };
        if !exceptions.remove(vector.name.as_str()) {
            self.faults.push(format!("the vector {:?} {fault} ({kind})", vector.name));
        }
    }

    fn cut_downlink(&mut self, downlink: &DownlinkInput) {
        for kept in 0..downlink.payload.0.len() {
            let payload = Hex(downlink.payload.0[..kept].to_vec());
            self.outcome(&Input::Downlink(DownlinkInput { payload, ..downlink.clone() }));
        }
    }

    /// Tries payloads that nobody wrote, up and down, on the ports of the vectors and on others.
    fn random(&mut self, vectors: &[Vector]) {
        let mut numbers = Numbers::new(SEED);
        let uplinks: Vec<&UplinkInput> = vectors.iter().filter_map(uplink_of).collect();
        let downlinks: Vec<&DownlinkInput> = vectors
            .iter()
            .filter_map(|vector| match &vector.input {
                Input::Downlink(downlink) => Some(downlink),
                _ => None,
            })
            .collect();
        for round in 0..RANDOM_PAYLOADS {
            if let Some(uplink) = one_of(&uplinks, &mut numbers) {
                let input = with_payload(uplink, altered(&uplink.payload, round, &mut numbers));
                self.outcome(&Input::Uplink(input));
            }
            if let Some(downlink) = one_of(&downlinks, &mut numbers) {
                let payload = Hex(altered(&downlink.payload, round, &mut numbers));
                self.outcome(&Input::Downlink(DownlinkInput { payload, ..(*downlink).clone() }));
            }
        }
        if let Some(uplink) = uplinks.first() {
            for f_port in 1..=u8::MAX {
                for payload in [Vec::new(), numbers.payload(), vec![0xFF; PAYLOAD_BYTES]] {
                    let input = UplinkInput { f_port, ..with_payload(uplink, payload) };
                    self.outcome(&Input::Uplink(input));
                }
            }
        }
    }

    /// Tries the frames of another device, with the variables that its own decoder needs.
    fn of_sibling(&mut self, name: &str, vectors: &[Vector], expected: usize) {
        let read: Vec<&str> = vectors
            .iter()
            .filter(|vector| {
                uplink_of(vector).is_some() && self.outcome(&vector.input).get("reading").is_some()
            })
            .map(|vector| vector.name.as_str())
            .collect();
        if read.len() != expected {
            let fault =
                format!("{} frames of {name} are read and not {expected}: {read:?}", read.len());
            self.faults.push(fault);
        }
    }

    /// Runs an input, and looks whether what comes out is sound whatever went in.
    fn outcome(&mut self, input: &Input) -> Json {
        let payload = match input {
            Input::Uplink(uplink) => &uplink.payload,
            Input::Downlink(downlink) => &downlink.payload,
            Input::Command(_) | Input::Reading(_) => return Json::Null,
        };
        match (self.try_out)(input) {
            Ok(outcome) => {
                if let Some(fault) = unsound(&outcome, payload.0.len()) {
                    self.faults.push(format!("the payload {payload} {fault}"));
                }
                outcome
            }
            Err(panic) => {
                self.panics.entry(panic).or_insert_with(|| (payload.clone(), 0)).1 += 1;
                Json::Null
            }
        }
    }
}

impl Values {
    /// The values of an outcome.
    fn of_outcome(outcome: &Json) -> Self {
        let mut values = Self::of(&outcome["reading"]["data"]);
        for measurement in outcome["reading"]["measurements"].as_array().into_iter().flatten() {
            let quantity = measurement["quantity"].as_str().unwrap_or_default();
            let channel = measurement["channel"].as_u64().and_then(|one| u16::try_from(one).ok());
            let moment = measurement["measuredAt"].as_str().unwrap_or_default();
            let value = measurement["value"].clone();
            values.add_measurement(quantity, channel.unwrap_or(0), moment, value);
        }
        values
    }
}

fn parsed(json: &str) -> Vec<Vector> {
    vectors::parse(json).unwrap_or_else(|error| panic!("vectors.json: {error}"))
}

fn uplink_of(vector: &Vector) -> Option<&UplinkInput> {
    match &vector.input {
        Input::Uplink(uplink) => Some(uplink),
        _ => None,
    }
}

fn with_payload(uplink: &UplinkInput, payload: Vec<u8>) -> UplinkInput {
    UplinkInput { payload: Hex(payload), ..uplink.clone() }
}

fn one_of<'list, T>(list: &'list [T], numbers: &mut Numbers) -> Option<&'list T> {
    (!list.is_empty()).then(|| &list[numbers.below(list.len() as u64)])
}

fn altered(payload: &Hex, round: usize, numbers: &mut Numbers) -> Vec<u8> {
    if round.is_multiple_of(2) { numbers.payload() } else { numbers.changed(&payload.0) }
}

/// Says in what an outcome is none that a decoder may give of a payload with so many bytes.
fn unsound(outcome: &Json, bytes: usize) -> Option<String> {
    let beyond = |span: &Json| {
        let end = span["offset"].as_u64().zip(span["length"].as_u64()).map(|(at, of)| at + of);
        end.is_some_and(|end| end > bytes as u64)
    };
    if let Some(failure) = outcome.get("failure") {
        let kind = failure["kind"].as_str().unwrap_or_default();
        if kind == "invalid-command" {
            return Some(format!("fails with {kind}, though it is no command"));
        }
        if failure["message"].as_str().is_none_or(str::is_empty) {
            return Some("fails without a message".to_owned());
        }
        return beyond(&failure["span"]).then(|| format!("fails beyond its end: {failure}"));
    }
    let mut measurements = outcome["reading"]["measurements"].as_array().into_iter().flatten();
    let cannot_be = measurements.find(|one| {
        one["value"].is_null() || one["measuredAt"] == "out of range" || beyond(&one["span"])
    });
    cannot_be.map(|one| format!("has a measurement that cannot be: {one}"))
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::{Span, prelude::*};

    const VECTORS: &str = r#"[{
        "name": "level and battery",
        "uplink": { "fPort": 2, "payload": "04D25F" },
        "expect": { "reading": {
            "data": { "level": 1234, "battery": 95 },
            "measurements": [{ "quantity": "battery.level", "value": 95 }]
        } }
    }]"#;

    #[derive(serde::Serialize)]
    struct Telegram {
        level: u32,
        battery: Spanned<u8>,
    }

    /// A decoder that is as careless as its number says.
    struct Careless<const HOW: u8>;

    const NOT: u8 = 0;
    const MAKES_UP: u8 = 1;
    const READS_OVER: u8 = 2;
    const PANICS: u8 = 3;
    const POINTS_BEYOND: u8 = 4;

    impl<const HOW: u8> Decoder for Careless<HOW> {
        fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
            let mut bytes = uplink.payload.clone();
            match HOW {
                MAKES_UP if bytes.len() < 3 => bytes.resize(3, 0),
                PANICS if bytes.len() > 100 => panic!("too much"),
                POINTS_BEYOND if bytes.len() > 3 => {
                    let span = Span { offset: 100, length: 100 };
                    return Err(Failure::invalid_value("far away").at(Some(span)));
                }
                _ => {}
            }
            let mut payload = Reader::new(&bytes);
            let (level, battery) = (payload.u16_be()?, payload.u8()?);
            if HOW != READS_OVER {
                payload.end()?;
            }
            Ok(Reading::new(&Telegram { level: u32::from(*level), battery })?
                .with(quantity::BATTERY_LEVEL.of(battery.map(f64::from))))
        }
    }

    fn faults<const HOW: u8>(bad_input: BadInput<'_>) -> String {
        let checked = catch_unwind(AssertUnwindSafe(|| bad_input.check::<Careless<HOW>>()));
        checked.map_or_else(
            |panic| panic.downcast_ref::<String>().cloned().unwrap_or_default(),
            |()| String::new(),
        )
    }

    #[test]
    fn a_careful_decoder_has_no_fault() {
        assert_eq!(faults::<NOT>(BadInput::of(VECTORS)), "");
    }

    #[test]
    fn a_careless_decoder_is_told_its_payloads() {
        for (told, words) in [
            (
                faults::<MAKES_UP>(BadInput::of(VECTORS)),
                "cut after 0 of 3 bytes, reads battery as 0",
            ),
            (faults::<READS_OVER>(BadInput::of(VECTORS)), "reads over 00 behind its end"),
            (
                faults::<PANICS>(BadInput::of(VECTORS)),
                "payloads make it panic at sdk/rust/src/testing",
            ),
            (faults::<PANICS>(BadInput::of(VECTORS)), ": too much; the first is"),
            (faults::<POINTS_BEYOND>(BadInput::of(VECTORS)), "fails beyond its end"),
        ] {
            assert!(told.contains(words), "{words}: {told}");
        }
    }

    #[test]
    fn a_panic_is_one_fault_however_many_payloads_lead_to_it() {
        let told = faults::<PANICS>(BadInput::of(VECTORS));
        assert!(told.starts_with("bad input, faults: 1\n"), "{told}");
        assert_eq!(told.matches("too much").count(), 1, "{told}");
    }

    #[test]
    fn an_exception_counts_where_it_is_needed() {
        let name = "level and battery";
        assert_eq!(faults::<READS_OVER>(BadInput::of(VECTORS).read_over(&[name])), "");
        let told = faults::<MAKES_UP>(BadInput::of(VECTORS).told_by_length(&[name]));
        assert!(!told.contains("cut after"), "{told}");
        assert!(
            told.contains("a measurement that cannot be"),
            "its bytes are still not there: {told}"
        );
        let told = faults::<NOT>(BadInput::of(VECTORS).told_by_length(&[name]));
        assert!(told.contains("needs the exception"), "{told}");
    }

    #[test]
    fn frames_of_siblings_are_counted() {
        assert_eq!(faults::<NOT>(BadInput::of(VECTORS).sibling("acme/other", VECTORS, 1)), "");
        let told = faults::<NOT>(BadInput::of(VECTORS).sibling("acme/other", VECTORS, 0));
        assert!(told.contains("1 frames of acme/other are read and not 0"), "{told}");
    }

    #[test]
    fn a_family_is_tried_without_the_decoder_itself() {
        let family = [("acme/level", VECTORS), ("acme/other", VECTORS)];
        let tried = |read: &[(&str, usize)]| {
            faults::<NOT>(BadInput::of(VECTORS).family("acme/level", &family, read))
        };
        assert_eq!(tried(&[("acme/other", 1)]), "");
        let told = tried(&[]);
        assert!(told.contains("1 frames of acme/other are read and not 0"), "{told}");
        assert!(!told.contains("acme/level are read"), "{told}");
        let stranger = catch_unwind(|| {
            BadInput::of(VECTORS).family("acme/level", &family, &[("acme/stranger", 1)])
        });
        assert!(stranger.is_err(), "a name that is none of the family is a slip of the pen");
    }
}
