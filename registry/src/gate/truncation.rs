//! Cuts the payloads of vectors short, at each length, and looks whether the decoder notices.
//!
//! A payload that ends too soon is one that a radio or a network server has cut, or that another device sends. A
//! decoder should say so, or give what is whole. One that reads on makes values of bytes that are not there, such as
//! a script that takes a missing byte for zero. It is known by this: a value that the cut payload has too is another
//! one than in the whole.

use champollion_sandbox::{Decoder, Reading};
use champollion_sdk::{
    values::{MadeUp, Values},
    vectors::{Hex, Input, UplinkInput},
};
use serde::Serialize;
use serde_json::Value as Json;

use super::{misread::Misread, oddity::Oddity};
use crate::package::{Answer, Package, run};

/// Fuel that all cut payloads together may burn: a fourth of what random payloads may.
const FUEL: u64 = 500_000_000;

/// Most characters of a text in an example.
const TEXT_CHARACTERS: usize = 200;

/// The results of payloads that were cut short.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CutPayloads)]
pub struct CutPayloads {
    /// The number of payloads that were tried: each vector cut at each length.
    pub tried: usize,
    /// Those of which the decoder made values that the whole payload does not have.
    pub misread: usize,
    /// The first of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Misread>,
    /// Whether they took so long that no more were tried.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
    /// The same of each vector whose payload is read, in the order of the vectors.
    pub vectors: Vec<CutVector>,
}

/// The results of the payload of one vector, cut short at each length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CutVector {
    /// The name of the vector.
    pub vector: String,
    /// The number of lengths that were tried.
    pub tried: usize,
    /// Those at which the decoder gave a reading, of what is whole or of more.
    pub readings: usize,
    /// Those of which the decoder made values that the whole payload does not have.
    pub misread: usize,
    /// The first of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Misread>,
}

impl CutPayloads {
    /// Cuts the payload of each vector that is read.
    pub(super) fn of(package: &Package, decoder: &Decoder) -> Self {
        let mut cut = Self::default();
        let mut tank = Tank { decoder, burnt: 0 };
        for vector in package.vectors() {
            let Input::Uplink(uplink) = &vector.input else { continue };
            let Some(Answer::Reading(reading)) = tank.run(&vector.input) else { continue };
            if !reading.warnings.is_empty() {
                // The decoder doubts the whole payload: it may hold a value twice, of which the cut one has the first.
                continue;
            }
            let of_vector = CutVector::of((&vector.name, uplink), &values(&reading), &mut tank);
            cut.add(of_vector);
            if tank.is_empty() {
                cut.cut_short = true;
                break;
            }
        }
        cut
    }

    fn add(&mut self, of_vector: CutVector) {
        self.tried += of_vector.tried;
        self.misread += of_vector.misread;
        if self.example.is_none() {
            self.example.clone_from(&of_vector.example);
        }
        self.vectors.push(of_vector);
    }

    /// Returns what is told of a decoder that reads on.
    pub(super) fn warning(&self) -> Option<Oddity> {
        let Self { tried, misread, .. } = *self;
        let example = self.example.clone()?;
        Some(Oddity::ReadsOn { tried, misread, example })
    }
}

impl CutVector {
    /// Cuts a payload at each length, as long as there is fuel. `whole` holds the values of all of it.
    fn of((name, uplink): (&str, &UplinkInput), whole: &Values, tank: &mut Tank<'_>) -> Self {
        let bytes = uplink.payload.0.len();
        let vector = shortened_text(name);
        let mut cut = Self { vector: vector.clone(), ..Self::default() };
        for kept_bytes in 0..bytes {
            if tank.is_empty() {
                break;
            }
            cut.tried += 1;
            let answer = tank.run(&Input::Uplink(shortened(uplink, kept_bytes)));
            let Some(Answer::Reading(reading)) = answer else { continue };
            cut.readings += 1;
            let Some(MadeUp { path, whole, made_up }) = whole.made_up(&values(&reading)) else {
                continue;
            };
            cut.misread += 1;
            cut.example.get_or_insert_with(|| Misread {
                vector: vector.clone(),
                kept_bytes,
                bytes,
                path: shortened_text(&path),
                whole: shortened_value(whole),
                made_up: shortened_value(made_up),
            });
        }
        cut
    }
}

/// A decoder, and the fuel that the calls of all cut payloads have burnt.
struct Tank<'of> {
    decoder: &'of Decoder,
    burnt: u64,
}

impl Tank<'_> {
    fn run(&mut self, input: &Input) -> Option<Answer> {
        let call = run(self.decoder, input);
        self.burnt = self.burnt.saturating_add(call.fuel);
        call.result.ok()
    }

    fn is_empty(&self) -> bool {
        self.burnt > FUEL
    }
}

/// The index of the registry keeps an example, so it is bounded.
fn shortened_text(text: &str) -> String {
    text.chars().take(TEXT_CHARACTERS).collect()
}

fn shortened_value(value: Json) -> Json {
    match value {
        Json::String(text) => Json::String(shortened_text(&text)),
        other => other,
    }
}

fn shortened(uplink: &UplinkInput, kept_bytes: usize) -> UplinkInput {
    let mut uplink = uplink.clone();
    uplink.payload = Hex(uplink.payload.0[..kept_bytes].to_vec());
    uplink
}

fn values(reading: &Reading) -> Values {
    let data: Json = serde_json::from_str(reading.data.as_str()).unwrap_or_default();
    let mut values = Values::of(&data);
    for measurement in &reading.measurements {
        let moment = measurement.measured_at.map(|at| at.to_string()).unwrap_or_default();
        let value = serde_json::json!(measurement.value);
        values.add_measurement(measurement.quantity.name, measurement.channel, &moment, value);
    }
    values
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_whole_is_the_sum_of_its_vectors() {
        let example = Misread {
            vector: "b".to_owned(),
            kept_bytes: 1,
            bytes: 2,
            path: "level".to_owned(),
            whole: json!(1),
            made_up: json!(2),
        };
        let one = CutVector { vector: "a".to_owned(), tried: 3, ..CutVector::default() };
        let other = CutVector {
            vector: "b".to_owned(),
            tried: 2,
            readings: 2,
            misread: 1,
            example: Some(example.clone()),
        };
        let mut cut = CutPayloads::default();
        for of_vector in [one, other] {
            cut.add(of_vector);
        }
        assert_eq!((cut.tried, cut.misread, cut.vectors.len()), (5, 1, 2));
        assert_eq!(cut.example, Some(example));
    }
}
