//! A stored value: the time, a kind, and what is of that kind.

use champollion_sdk::{
    Quantity,
    families::milesight::{Json, Map, Told},
    prelude::*,
};

use crate::regions::Regions;

const HEADER: [u8; 2] = [0x20, 0xCE];

/// Names of pairs of two bytes each, by their kinds from 0x08 on.
const FLOWS: [[&str; 2]; 8] = [
    ["a_to_a", "a_to_b"],
    ["a_to_c", "a_to_d"],
    ["b_to_a", "b_to_b"],
    ["b_to_c", "b_to_d"],
    ["c_to_a", "c_to_b"],
    ["c_to_c", "c_to_d"],
    ["d_to_a", "d_to_b"],
    ["d_to_c", "d_to_d"],
];

/// A stored value as it is read.
struct Stored<'reader, 'payload> {
    payload: &'reader mut Reader<'payload>,
    data: Map<String, Json>,
    measurements: Vec<Measurement>,
}

/// Reads the stored value behind its header, or returns that there is none.
pub(crate) fn read(
    header: [u8; 2],
    payload: &mut Reader<'_>,
    told: &mut Told,
) -> Result<bool, Failure> {
    if header != HEADER {
        return Ok(false);
    }
    let seconds = payload.u32_le()?;
    let kind = payload.u8()?;
    let data = Map::from_iter([("timestamp".to_owned(), Json::from(*seconds))]);
    let mut stored = Stored { payload, data, measurements: Vec::new() };
    stored.read(kind)?;
    let measured_at = u64::from(*seconds) * 1_000;
    stored.measurements.into_iter().for_each(|one| told.measure(one.at(measured_at)));
    told.say_also("history", stored.data);
    Ok(true)
}

impl Stored<'_, '_> {
    fn read(&mut self, kind: Spanned<u8>) -> Result<(), Failure> {
        match *kind {
            0x01 => {
                let regions = Regions::read(self.payload)?;
                self.say("people_count_all", *regions.people);
                self.say("region_count", regions.count);
                regions.each().for_each(|(name, taken)| self.say(name, taken));
                self.measurements.extend(regions.measurements());
            }
            0x02 => {
                self.count("people_in", Some(&quantity::PEOPLE_IN))?;
                self.count("people_out", Some(&quantity::PEOPLE_OUT))?;
            }
            0x03 => {
                let highest = *self.payload.u8()?;
                self.say("people_count_max", highest);
            }
            0x04..=0x07 => {
                let first = u16::from(*kind - 0x04) * 4 + 1;
                for region in first..first + 4 {
                    let people = self.payload.u8()?;
                    self.say(format!("region_{region}_count"), *people);
                    let counted = quantity::PEOPLE_COUNT.of(people.map(i64::from));
                    self.measurements.push(counted.on(region));
                }
            }
            0x08..=0x0F => {
                for name in FLOWS[usize::from(*kind - 0x08)] {
                    self.count(name, None)?;
                }
            }
            0x10 => {
                self.count("people_total_in", Some(&quantity::PEOPLE_IN_TOTAL))?;
                self.count("people_total_out", Some(&quantity::PEOPLE_OUT_TOTAL))?;
            }
            0x11 => {
                let region = *self.payload.u8()?;
                self.say("dwell_region", region);
                self.count("dwell_time_avg", None)?;
                self.count("dwell_time_max", None)?;
            }
            0x12 => {
                self.count("line_in", None)?;
                self.count("line_out", None)?;
            }
            other => {
                let message = format!("{other:#04X} is no kind of stored values that is known");
                return Err(Failure::unknown_message(message).at(kind.span));
            }
        }
        Ok(())
    }

    fn say(&mut self, name: impl Into<String>, value: impl Into<Json>) {
        self.data.insert(name.into(), value.into());
    }

    fn count(&mut self, name: &str, quantity: Option<&Quantity<i64>>) -> Result<(), Failure> {
        let count = self.payload.u16_le()?;
        self.say(name, *count);
        let measured = quantity.map(|quantity| quantity.of(count.map(i64::from)));
        self.measurements.extend(measured);
        Ok(())
    }
}
