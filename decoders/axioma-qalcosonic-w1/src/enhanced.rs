//! The enhanced telegram: the index at each hour of a day.

use champollion_sdk::prelude::*;

use crate::{
    history::{self, Schedule},
    litres::Litres,
    meter_time::{self, DAY, HOUR, MeterTime},
    status::{self, Status},
    values::{self, Telegram},
};

const INCREMENTS: usize = 23;
const INCREMENT_BITS: u32 = 14;
const MULTIPLIER_BITS: usize = 6;
/// The increments and the multiplier.
const INCREMENT_BYTES: usize = (INCREMENTS * INCREMENT_BITS as usize + MULTIPLIER_BITS) / 8;

/// Reads 24 hourly indexes of one day, the first of them whole.
///
/// The telegram does not say which day that is. diwise's decoder notes that the first index is that
/// of 01:00, so the last is that of 24:00 and the day must be over: it is the day before the current
/// date. Two telegrams of one meter, sent at 12:38 and at 20:38, bear this out since they carry the
/// same indexes. An earlier edition of diwise's decoder took the current day, part of which would lie
/// in the future. Days are those of the meter's clock, which is UTC in the telegrams whose time of
/// reception is known.
pub(crate) fn decode(uplink: &Uplink) -> Result<Reading, Failure> {
    let mut payload = uplink.reader();
    let frame_version = payload.u8()?;
    if *frame_version != 1 {
        let message = format!(
            "a telegram of {} bytes begins with the frame version 1, and this one with {}",
            uplink.payload.len(),
            *frame_version
        );
        return Err(Failure::unknown_message(message).at(frame_version.span));
    }
    let clock = *payload.u32_le()?;
    let status = payload.u8()?.map(Status);
    let first_volume = payload.u32_le()?.map(Litres::from_index);
    let mut bits = payload.bits(INCREMENT_BYTES, BitOrder::LsbFirst)?;
    let mut increments = Vec::with_capacity(INCREMENTS);
    for _ in 0..INCREMENTS {
        let increment = bits.unsigned(INCREMENT_BITS as usize)?;
        increments.push(increment.map(|litres| {
            u16::try_from(litres)
                .ok()
                .and_then(|litres| Litres::from_increment(litres, INCREMENT_BITS))
        }));
    }
    let multiplier = bits.unsigned(MULTIPLIER_BITS)?;
    values::end_or_padding(&mut payload)?;
    if *multiplier != 0 {
        // All telegrams that were found have 0 here, so it is not known what others do.
        let message = format!("the increments have the unknown multiplier {}", *multiplier);
        return Err(Failure::unknown_message(message).at(multiplier.span));
    }

    let now = MeterTime::from_clock(clock);
    let reading = Reading::new(&Telegram {
        telegram: "enhanced",
        frame_version: Some(*frame_version),
        current_date_time: now,
        status_code: status.code(),
        alarms: status.alarms(),
        current_volume: None,
        water_temperature: None,
        log_date_time: None,
        log_volume: first_volume.value.map(Litres::cubic_metres),
        delta_volumes: &increments,
    })?;

    let mut measurements = Vec::with_capacity(34);
    measurements.extend(status::measurements(status, now));
    if let (Some(volume), Some(now)) = (values::valid(first_volume), now) {
        let schedule = Schedule { start: now.floor(DAY).minus(DAY).plus(HOUR), interval: HOUR };
        measurements.extend(history::measurements(volume, &increments, schedule));
    }

    let mut warnings = Vec::new();
    warnings.extend(meter_time::doubt(clock, uplink.received_at));
    warnings.extend(status.doubt());
    if now.is_none() {
        warnings.push("without a clock the history stands in data alone".to_owned());
    }
    if first_volume.is_none() {
        warnings.push("the meter has no valid log volume".to_owned());
    }
    warnings.extend(history::doubt(&increments));
    Ok(warnings.into_iter().fold(reading.with_all(measurements), Reading::warn))
}
