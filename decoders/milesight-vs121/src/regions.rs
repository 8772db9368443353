//! People in all regions together, and the regions in which there are some.

use champollion_sdk::{families::milesight::Told, prelude::*};

const HEADER: [u8; 2] = [0x04, 0xC9];

/// The most regions that a device has, which is the number of bits that tell of them.
const MOST_REGIONS: u8 = 16;

/// The regions as a payload tells them.
pub(crate) struct Regions {
    pub(crate) people: Spanned<u8>,
    pub(crate) count: u8,
    taken: Spanned<u16>,
}

impl Regions {
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let people = payload.u8()?;
        let count = payload.u8()?;
        if *count > MOST_REGIONS {
            let message = format!("{} regions are more than {MOST_REGIONS}", *count);
            return Err(Failure::invalid_value(message).at(count.span));
        }
        Ok(Self { people, count: *count, taken: payload.u16_be()? })
    }

    /// The names of the regions with 1 where there is somebody.
    pub(crate) fn each(&self) -> impl Iterator<Item = (String, u16)> {
        (0..self.count)
            .map(|index| (format!("region_{}", index + 1), *self.taken.bits(index.into(), 1)))
    }

    pub(crate) fn measurements(&self) -> impl Iterator<Item = Measurement> {
        let all = quantity::PEOPLE_COUNT.of(self.people.map(i64::from));
        let taken = (0..self.count).map(|index| {
            quantity::OCCUPANCY_PRESENT.of(self.taken.bit(index.into())).on(u16::from(index) + 1)
        });
        [all].into_iter().chain(taken)
    }
}

/// Reads the regions behind their header, or returns that there are none.
pub(crate) fn read(
    header: [u8; 2],
    payload: &mut Reader<'_>,
    told: &mut Told,
) -> Result<bool, Failure> {
    if header != HEADER {
        return Ok(false);
    }
    let regions = Regions::read(payload)?;
    told.say("people_count_all", *regions.people);
    told.say("region_count", regions.count);
    regions.each().for_each(|(name, taken)| told.say(name, taken));
    regions.measurements().for_each(|one| told.measure(one));
    Ok(true)
}
