//! Batches: samples of several series, of which the model tells what they are.

use champollion_sdk::{
    families::watteco::{
        Json, Map, Told,
        batches::{self, Series},
    },
    prelude::*,
};

use crate::models;

/// The endpoint of a frame that has none.
const DEVICE: u8 = 0;

/// Bits of a byte, fewer than which may be left behind the last sample.
const BYTE: usize = 8;

pub(crate) fn decode(uplink: &Uplink) -> Result<Reading, Failure> {
    let variables = uplink.settings();
    let model = models::model(variables.text("model")?)?;
    let series: Vec<Series> = model.channels.iter().map(|channel| channel.series).collect();
    let mut payload = uplink.reader();
    let batch = batches::read(&mut payload, model.tag_bits, &series)?;
    let mut told = Told::new("batch", DEVICE);
    told.say("batch_counter", batch.counter);
    let mut samples = Vec::new();
    for sample in &batch.samples {
        let channel = model.channels[sample.series];
        let value = rounded(sample.value, channel.series.resolution) / channel.parts;
        let measured_at =
            uplink.received_at.saturating_sub(sample.seconds_ago.saturating_mul(1_000));
        samples.push(Json::Object(Map::from_iter([
            ("variable".to_owned(), channel.name.into()),
            ("value".to_owned(), value.into()),
            ("secondsAgo".to_owned(), sample.seconds_ago.into()),
        ])));
        told.say(channel.name, channel.json(value));
        if let Some(measurement) = channel.measurement(value) {
            told.measure(measurement.at(measured_at));
        }
    }
    told.say("samples", samples);
    if batch.unread_bits >= BYTE {
        told.warn(format!("{} bits behind the last sample were not read", batch.unread_bits));
    }
    told.reading()
}

/// A value without the noise that adding up steps with a fraction leaves in its last digits.
fn rounded(value: f64, resolution: f64) -> f64 {
    const DIGITS: f64 = 1e6;
    if resolution.fract() == 0.0 { value } else { (value * DIGITS).round() / DIGITS }
}
