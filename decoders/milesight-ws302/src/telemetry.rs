//! Values of the WS302: the battery, and levels whose names say how they are weighted.

use champollion_sdk::{
    families::milesight::{
        Told,
        rows::{self, Row},
    },
    prelude::*,
};

const LEVELS: [u8; 2] = [0x05, 0x5B];

const ROWS: &[Row] = &[rows::BATTERY];

/// Reads the value behind its header, or returns that it is none of the model's.
pub(crate) fn read(
    header: [u8; 2],
    payload: &mut Reader<'_>,
    told: &mut Told,
) -> Result<bool, Failure> {
    if header != LEVELS {
        return rows::read(&[ROWS], header, payload, told);
    }
    let weights = payload.u8()?;
    let frequency = match *weights.bits(0, 2) {
        0 => 'Z',
        1 => 'A',
        2 => 'C',
        other => return Err(reserved("frequency", other, weights)),
    };
    let time = match *weights.bits(2, 2) {
        0 => 'I',
        1 => 'F',
        2 => 'S',
        other => return Err(reserved("time", other, weights)),
    };
    let mut level = || Ok::<_, Failure>(payload.u16_le()?.divided_by(10.0));
    let (now, average, highest) = (level()?, level()?, level()?);
    told.say(format!("L{frequency}{time}"), *now);
    told.say(format!("L{frequency}eq"), *average);
    told.say(format!("L{frequency}{time}max"), *highest);
    told.measure(quantity::SOUND_LEVEL_MOMENTARY.of(now));
    told.measure(quantity::SOUND_LEVEL.of(average));
    told.measure(quantity::SOUND_LEVEL_PEAK.of(highest));
    Ok(true)
}

fn reserved(of: &str, number: u8, weights: Spanned<u8>) -> Failure {
    Failure::invalid_value(format!("{number} is no {of} weighting")).at(weights.span)
}
