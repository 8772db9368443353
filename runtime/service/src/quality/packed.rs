//! Tallies packed into values of a table: some 25 bytes for a device and day, so that years cost megabytes.
//!
//! A value is one part of a day of a group: a version, the number of the last journal entry in it, the first moment, the
//! names of gateways, and the tallies in the order of their DevEUIs, each as the difference from the one before.

use std::{collections::HashMap, sync::Arc};

use champollion_frames::DevEui;

use super::tally::{BINS, Tally};

/// The version of the layout.
const VERSION: u8 = 1;

/// Most bytes of the tallies of a part. With its longest names it stays below what a value may have.
const PART_BYTES: usize = 40_000;

/// Most bytes of a name of a gateway that are kept: an EUI has 16, and names that people give are not longer than that.
const NAME_BYTES: usize = 64;

/// Most bytes of the names of a part.
const NAMES_BYTES: usize = 16_000;

const HAS_GATEWAY: u8 = 1;
const HAS_RSSI: u8 = 2;
const HAS_SNR: u8 = 4;
const BY_SEVERAL: u8 = 8;

/// A part of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// The number of the last journal entry whose tallies are in it.
    pub(super) through: u64,
    /// The tallies, in the order of their DevEUIs.
    pub(super) tallies: Vec<(DevEui, Tally)>,
}

/// Packs the tallies of a day into parts.
pub(super) fn pack(through: u64, mut tallies: Vec<(DevEui, &Tally)>) -> Vec<Vec<u8>> {
    tallies.sort_unstable_by_key(|(dev_eui, _)| *dev_eui);
    let begin = tallies.iter().map(|(_, tally)| tally.last_at).min().unwrap_or_default();
    let mut parts = Vec::new();
    let mut packing = Packing::new(begin);
    for (dev_eui, tally) in tallies {
        packing.push(dev_eui, tally);
        if packing.is_full() {
            parts.push(std::mem::replace(&mut packing, Packing::new(begin)).end(through));
        }
    }
    if packing.count > 0 {
        parts.push(packing.end(through));
    }
    parts
}

/// A part that is being packed.
struct Packing<'of> {
    begin: u32,
    before: u64,
    count: u64,
    rows: Vec<u8>,
    names: Vec<&'of str>,
    places: HashMap<&'of str, u64>,
    names_bytes: usize,
}

impl<'of> Packing<'of> {
    fn new(begin: u32) -> Self {
        let (rows, names, places) = (Vec::new(), Vec::new(), HashMap::new());
        Self { begin, before: 0, count: 0, rows, names, places, names_bytes: 0 }
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= PART_BYTES || self.names_bytes >= NAMES_BYTES
    }

    fn push(&mut self, dev_eui: DevEui, tally: &'of Tally) {
        let number = u64::from_be_bytes(dev_eui.to_be_bytes());
        let gateway = tally.gateway.as_deref().map(|name| self.place(name));
        let rows = &mut self.rows;
        write(rows, number - self.before);
        for number in [tally.frames, tally.lost, tally.receptions, tally.last_at - self.begin] {
            write(rows, number.into());
        }
        let flag = |is: bool, flag: u8| if is { flag } else { 0 };
        rows.push(
            flag(gateway.is_some(), HAS_GATEWAY)
                | flag(tally.rssi_dbm.is_some(), HAS_RSSI)
                | flag(tally.snr_quarters.is_some(), HAS_SNR)
                | flag(tally.by_several, BY_SEVERAL)
                | tally.spreading_factor.unwrap_or_default() << 4,
        );
        gateway.into_iter().for_each(|place| write(rows, place));
        [tally.rssi_dbm, tally.snr_quarters]
            .into_iter()
            .flatten()
            .for_each(|level| write_signed(rows, level));
        write_bins(rows, &tally.spreading_factors);
        write_bins(rows, &tally.snrs);
        self.before = number;
        self.count += 1;
    }

    fn place(&mut self, name: &'of str) -> u64 {
        let name = cut(name);
        let next = self.names.len() as u64;
        *self.places.entry(name).or_insert_with(|| {
            self.names_bytes += name.len() + 1;
            self.names.push(name);
            next
        })
    }

    fn end(self, through: u64) -> Vec<u8> {
        let mut part = vec![VERSION];
        write(&mut part, through);
        write(&mut part, self.begin.into());
        write(&mut part, self.names.len() as u64);
        for name in self.names {
            write(&mut part, name.len() as u64);
            part.extend_from_slice(name.as_bytes());
        }
        write(&mut part, self.count);
        part.extend(self.rows);
        part
    }
}

/// Reads a part; the error says what is wrong with it.
pub(super) fn unpack(bytes: &[u8]) -> Result<Part, String> {
    let mut bytes = Reading(bytes);
    if bytes.byte()? != VERSION {
        return Err("the tallies are of another version".to_owned());
    }
    let (through, begin) = (bytes.number()?, bytes.small()?);
    let names: Vec<Arc<str>> =
        (0..bytes.number()?).map(|_| bytes.name()).collect::<Result<_, String>>()?;
    let (count, mut before, mut tallies) = (bytes.number()?, 0_u64, Vec::new());
    for _ in 0..count {
        before = before.wrapping_add(bytes.number()?);
        tallies.push((DevEui::from_be_bytes(before.to_be_bytes()), bytes.tally(begin, &names)?));
    }
    if bytes.0.is_empty() {
        Ok(Part { through, tallies })
    } else {
        Err("there is more behind the tallies".to_owned())
    }
}

/// Bytes that are read from the front.
struct Reading<'of>(&'of [u8]);

impl<'of> Reading<'of> {
    fn byte(&mut self) -> Result<u8, String> {
        self.take(1).map(|byte| byte[0])
    }

    fn take(&mut self, count: usize) -> Result<&'of [u8], String> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("the tallies are cut short")?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64, String> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("a number has too many digits".to_owned())
    }

    fn small(&mut self) -> Result<u32, String> {
        u32::try_from(self.number()?).map_err(|_| "a number is too large".to_owned())
    }

    fn signed(&mut self) -> Result<i16, String> {
        let folded = self.small()?;
        let half = i16::try_from(folded >> 1).map_err(|_| "a level is too large".to_owned())?;
        Ok(if folded & 1 == 0 { half } else { -half - 1 })
    }

    fn name(&mut self) -> Result<Arc<str>, String> {
        let length = self.number()? as usize;
        let name = std::str::from_utf8(self.take(length)?).map_err(|error| error.to_string())?;
        Ok(name.into())
    }

    fn bins(&mut self) -> Result<[u32; BINS], String> {
        let (mask, mut bins) = (self.byte()?, [0; BINS]);
        for (bin, count) in bins.iter_mut().enumerate() {
            if mask & (1 << bin) != 0 {
                *count = self.small()?;
            }
        }
        Ok(bins)
    }

    fn tally(&mut self, begin: u32, names: &[Arc<str>]) -> Result<Tally, String> {
        let [frames, lost, receptions, after] =
            [self.small()?, self.small()?, self.small()?, self.small()?];
        let flags = self.byte()?;
        let has = |flag: u8| flags & flag != 0;
        let gateway = if has(HAS_GATEWAY) { Some(self.number()? as usize) } else { None };
        let gateway = gateway.map(|place| names.get(place).cloned().ok_or("a gateway has no name"));
        Ok(Tally {
            frames,
            lost,
            receptions,
            last_at: begin.saturating_add(after),
            gateway: gateway.transpose()?,
            by_several: has(BY_SEVERAL),
            rssi_dbm: if has(HAS_RSSI) { Some(self.signed()?) } else { None },
            snr_quarters: if has(HAS_SNR) { Some(self.signed()?) } else { None },
            spreading_factor: Some(flags >> 4).filter(|factor| *factor > 0),
            spreading_factors: self.bins()?,
            snrs: self.bins()?,
        })
    }
}

/// Writes a number in groups of seven bits, the lowest first.
fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7F {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Writes a level so that small ones of both signs are short.
fn write_signed(bytes: &mut Vec<u8>, level: i16) {
    let level = i64::from(level);
    let folded = if level < 0 { -2 * level - 1 } else { 2 * level };
    write(bytes, folded.unsigned_abs());
}

/// Writes which bins have frames, and how many these have.
fn write_bins(bytes: &mut Vec<u8>, bins: &[u32; BINS]) {
    let filled = bins.iter().enumerate().filter(|(_, count)| **count > 0);
    bytes.push(filled.clone().map(|(bin, _)| 1 << bin).sum());
    filled.for_each(|(_, count)| write(bytes, u64::from(*count)));
}

/// The beginning of a name that is too long.
fn cut(name: &str) -> &str {
    let mut end = name.len().min(NAME_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(number: u32) -> Tally {
        let mut spreading_factors = [0; BINS];
        spreading_factors[number as usize % BINS] = 24;
        Tally {
            frames: 24,
            lost: number % 3,
            receptions: 40,
            last_at: 1_790_000_000 + number % 86_400,
            gateway: Some(format!("0016C001FF1{:05X}", number % 200).into()),
            by_several: number.is_multiple_of(2),
            rssi_dbm: Some(-120 + i16::try_from(number % 70).unwrap()),
            snr_quarters: (!number.is_multiple_of(5))
                .then_some(-40 + i16::try_from(number % 90).unwrap()),
            spreading_factor: Some(7 + (number % 6) as u8),
            spreading_factors,
            snrs: [0, 3, 0, 0, 21, 0, 0, 0],
        }
    }

    fn fleet(count: u32) -> Vec<(DevEui, Tally)> {
        let dev_eui = |number: u32| {
            DevEui::from_be_bytes((0x70B3_D549_9A00_0000 + 3 * u64::from(number)).to_be_bytes())
        };
        (0..count).map(|number| (dev_eui(number), tally(number))).collect()
    }

    fn packed(fleet: &[(DevEui, Tally)]) -> Vec<Vec<u8>> {
        pack(7, fleet.iter().rev().map(|(dev_eui, tally)| (*dev_eui, tally)).collect())
    }

    #[test]
    fn what_is_packed_is_unpacked_in_the_order_of_devices() {
        let fleet = fleet(10_000);
        let parts = packed(&fleet);
        let read: Vec<Part> = parts.iter().map(|part| unpack(part).unwrap()).collect();
        assert!(read.iter().all(|part| part.through == 7));
        let all: Vec<(DevEui, Tally)> = read.into_iter().flat_map(|part| part.tallies).collect();
        assert_eq!(all, fleet);
        let bytes: usize = parts.iter().map(Vec::len).sum();
        assert!(bytes < 30 * fleet.len(), "{bytes} bytes for {} devices", fleet.len());
        assert!(parts.iter().all(|part| part.len() <= champollion_store::MAX_VALUE_BYTES));
        assert!(pack(7, Vec::new()).is_empty());
    }

    #[test]
    fn long_names_do_not_make_a_part_too_large() {
        let mut fleet = fleet(2_000);
        for (number, (_, tally)) in fleet.iter_mut().enumerate() {
            tally.gateway = Some(format!("{number}{}", "é".repeat(300)).into());
        }
        let parts = packed(&fleet);
        assert!(parts.iter().all(|part| part.len() <= champollion_store::MAX_VALUE_BYTES));
        assert_eq!(
            parts.iter().map(|part| unpack(part).unwrap().tallies.len()).sum::<usize>(),
            2_000
        );
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let part = packed(&fleet(20)).remove(0);
        for end in 0..part.len() {
            assert!(unpack(&part[..end]).is_err(), "{end}");
        }
        for place in 0..part.len() {
            let mut damaged = part.clone();
            damaged[place] ^= 0xFF;
            drop(unpack(&damaged));
        }
        assert!(unpack(&[part, vec![0]].concat()).is_err());
    }
}
