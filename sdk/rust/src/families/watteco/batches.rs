//! Batches: samples of several attributes in one frame, each told as its difference to the one before, in a code of
//! fewer bits for the commoner ones.
//!
//! A batch says neither what its series are nor how fine they are: both are settings of a device. Bits of a byte are
//! read from the lowest on; a number of more than eight bits comes with its highest byte first, which alone may have
//! fewer bits.

use crate::{BitOrder, BitReader, Failure, FailureKind, Reader, shortest_decimal};

/// The type of the samples of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// One bit of a state.
    Bit,
    /// A number without a sign, of so many bits.
    Unsigned(usize),
    /// A number in two's complement, of so many bits.
    Signed(usize),
    /// A floating point number.
    Float,
}

/// A series as a device is set up to send it.
#[derive(Clone, Copy, Debug)]
pub struct Series {
    /// The number that stands for the series in a batch.
    pub tag: u64,
    /// The type of its samples.
    pub sample: Sample,
    /// The step of differences, in parts of the samples' own unit.
    pub resolution: f64,
}

/// A batch that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Counts batches, from 0 to 7 and again.
    pub counter: u64,
    /// Samples, those of a series one after another in the order of time.
    pub samples: Vec<Told>,
    /// Bits behind the last sample; the last byte is filled up with up to seven.
    pub unread_bits: usize,
}

/// A sample of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// Index of the series in the list that was given.
    pub series: usize,
    /// The value as it was sent, before it is divided into its unit.
    pub value: f64,
    /// Seconds from the moment of the sample to the moment at which the batch was sent.
    pub seconds_ago: u64,
}

/// The largest exponent of a difference; the one above stands for a value that is sent whole.
const LARGEST: usize = 14;

/// The three codes that a batch chooses from, each with the exponent 0 to 15 of differences: bits and their value, of
/// which the highest comes first.
const CODES: [[(usize, u64); 16]; 3] = [
    [
        (2, 0x000),
        (2, 0x001),
        (2, 0x003),
        (3, 0x005),
        (4, 0x009),
        (5, 0x011),
        (6, 0x021),
        (7, 0x041),
        (8, 0x081),
        (10, 0x200),
        (11, 0x402),
        (11, 0x403),
        (11, 0x404),
        (11, 0x405),
        (11, 0x406),
        (11, 0x407),
    ],
    [
        (7, 0x06F),
        (5, 0x01A),
        (4, 0x00C),
        (3, 0x003),
        (3, 0x007),
        (2, 0x002),
        (2, 0x000),
        (3, 0x002),
        (6, 0x036),
        (9, 0x1BB),
        (9, 0x1B9),
        (10, 0x375),
        (10, 0x374),
        (10, 0x370),
        (11, 0x6E3),
        (11, 0x6E2),
    ],
    [
        (4, 0x009),
        (3, 0x005),
        (2, 0x000),
        (2, 0x001),
        (2, 0x003),
        (5, 0x011),
        (6, 0x021),
        (7, 0x041),
        (8, 0x081),
        (10, 0x200),
        (11, 0x402),
        (11, 0x403),
        (11, 0x404),
        (11, 0x405),
        (11, 0x406),
        (11, 0x407),
    ],
];

/// The most bits of an exponent in any code.
const LONGEST_CODE: usize = 11;

/// The code in which distances of moments are told.
const CODE_OF_MOMENTS: usize = 1;

/// Reads a batch to its end. `tag_bits` is the size of tags, a setting of the device as the series are.
pub fn read(
    payload: &mut Reader<'_>,
    tag_bits: usize,
    series: &[Series],
) -> Result<Batch, Failure> {
    let length = payload.remaining();
    let mut batch = Batches { bits: Bits(payload.bits(length, BitOrder::LsbFirst)?), series };
    batch.read(tag_bits)
}

/// A series while its samples are read.
struct Open {
    index: usize,
    tag: u64,
    /// The way in which differences are told: both ways, upwards, or downwards.
    direction: u64,
    code: usize,
    samples: Vec<(f64, u64)>,
}

struct Batches<'payload, 'series> {
    bits: Bits<'payload>,
    series: &'series [Series],
}

impl Batches<'_, '_> {
    fn read(&mut self, tag_bits: usize) -> Result<Batch, Failure> {
        let flags = self.bits.number(8)?;
        let counter = self.bits.number(3)?;
        self.bits.number(1)?;
        let (has_common_moments, has_samples) = (flags & 0b10 != 0, flags & 0b100 == 0);
        let mut open = Vec::new();
        let mut moment = 0;
        for _ in 0..flags >> 4 {
            let tag = self.bits.number(tag_bits)?;
            let index = self.find(tag)?;
            moment = self.moment_after(moment)?;
            let first = self.whole(index)?;
            let direction = if has_samples { self.bits.number(2)? } else { 0 };
            let code = if has_samples { self.code()? } else { 0 };
            open.push(Open { index, tag, direction, code, samples: vec![(first, moment)] });
        }
        if has_samples && has_common_moments {
            moment = self.common_moments(tag_bits, &mut open)?;
        } else if has_samples {
            moment = self.separate_moments(tag_bits, &mut open, moment)?;
        }
        let sent = self.moment_after(moment)?;
        let samples = open.iter().flat_map(|open| {
            open.samples.iter().map(|(value, moment)| Told {
                series: open.index,
                value: *value,
                seconds_ago: sent.saturating_sub(*moment),
            })
        });
        let samples = samples.collect();
        Ok(Batch { counter, samples, unread_bits: self.bits.0.remaining() })
    }

    fn common_moments(&mut self, tag_bits: usize, open: &mut [Open]) -> Result<u64, Failure> {
        let count = self.bits.number(8)?;
        let code = self.code()?;
        let first = open.first().and_then(|open| open.samples.first()).map_or(0, |first| first.1);
        let mut moments = Vec::new();
        for _ in 0..count {
            let exponent = self.bits.exponent(code)?;
            let moment = match (exponent, moments.last()) {
                (..=LARGEST, None) => first,
                (0, Some(before)) => *before,
                (1..=LARGEST, Some(before)) => later(*before, self.bits.offset(exponent)?)?,
                _ => self.bits.number(32)?,
            };
            moments.push(moment);
        }
        for _ in 0..open.len() {
            let series = self.named(tag_bits, open)?;
            let mut is_first_repetition = true;
            for moment in &moments {
                let is_there = self.bits.number(1)? == 1;
                if !is_there {
                    continue;
                }
                let exponent = self.bits.exponent(series.code)?;
                // The first value stands there already; that it comes again says nothing.
                if exponent == 0 && is_first_repetition {
                    is_first_repetition = false;
                    continue;
                }
                let value = self.value(series, exponent)?;
                series.samples.push((value, *moment));
            }
        }
        Ok(moments.last().copied().unwrap_or(0))
    }

    fn separate_moments(
        &mut self,
        tag_bits: usize,
        open: &mut [Open],
        latest: u64,
    ) -> Result<u64, Failure> {
        let mut latest = latest;
        for _ in 0..open.len() {
            let series = self.named(tag_bits, open)?;
            let count = self.bits.number(8)?;
            if count == 0 {
                continue;
            }
            let code = self.code()?;
            for _ in 0..count {
                let before = series.samples.last().map_or(0, |last| last.1);
                let exponent = self.bits.exponent(code)?;
                let moment = self.moment_of(before, exponent)?;
                latest = latest.max(moment);
                let exponent = self.bits.exponent(series.code)?;
                let value = self.value(series, exponent)?;
                series.samples.push((value, moment));
            }
        }
        Ok(latest)
    }

    /// A value by the exponent of its difference to the one before.
    fn value(&mut self, series: &Open, exponent: usize) -> Result<f64, Failure> {
        let before = series.samples.last().map_or(0.0, |last| last.0);
        let resolution = self.series[series.index].resolution;
        match exponent {
            0 => Ok(before),
            1..=LARGEST => {
                let told = self.bits.number(exponent)?;
                let size = 1_u64 << exponent;
                let steps = match series.direction {
                    0 if told >= size / 2 => signed(told),
                    0 => signed(told) + 1 - signed(size),
                    1 => signed(told) + signed(size) - 1,
                    _ => 1 - signed(size) - signed(told),
                };
                Ok(before + float(steps) * resolution)
            }
            _ => self.whole(series.index),
        }
    }

    fn whole(&mut self, index: usize) -> Result<f64, Failure> {
        match self.series[index].sample {
            Sample::Bit => self.bits.number(1).map(signed).map(float),
            Sample::Unsigned(width) => self.bits.number(width).map(signed).map(float),
            Sample::Signed(width) => {
                let number = self.bits.number(width)?;
                let unused = 64 - width.clamp(1, 64);
                Ok(float(number.cast_signed() << unused >> unused))
            }
            Sample::Float => {
                let [.., a, b, c, d] = self.bits.number(32)?.to_be_bytes();
                let number = f32::from_be_bytes([a, b, c, d]);
                if number.is_finite() {
                    return Ok(shortest_decimal(number));
                }
                Err(Failure::invalid_value(format!("the sample {number} is no finite number")))
            }
        }
    }

    /// A moment by its distance to the one before; a moment of 0 has none before it.
    fn moment_after(&mut self, before: u64) -> Result<u64, Failure> {
        if before == 0 {
            return self.bits.number(32);
        }
        let exponent = self.bits.exponent(CODE_OF_MOMENTS)?;
        self.moment_of(before, exponent)
    }

    fn moment_of(&mut self, before: u64, exponent: usize) -> Result<u64, Failure> {
        match exponent {
            0 => Ok(before),
            1..=LARGEST => later(before, self.bits.offset(exponent)?),
            _ => self.bits.number(32),
        }
    }

    fn code(&mut self) -> Result<usize, Failure> {
        let code = usize::try_from(self.bits.number(2)?).unwrap_or(usize::MAX);
        if code < CODES.len() {
            return Ok(code);
        }
        Err(Failure::invalid_value(format!("{code} is no code of differences")))
    }

    fn find(&self, tag: u64) -> Result<usize, Failure> {
        self.series.iter().position(|series| series.tag == tag).ok_or_else(|| {
            Failure::unknown_message(format!("the batch has a series {tag} that is not known"))
        })
    }

    fn named<'open>(
        &mut self,
        tag_bits: usize,
        open: &'open mut [Open],
    ) -> Result<&'open mut Open, Failure> {
        let tag = self.bits.number(tag_bits)?;
        open.iter_mut().rev().find(|open| open.tag == tag).ok_or_else(|| {
            Failure::invalid_value(format!("the series {tag} goes on and has not begun"))
        })
    }
}

/// Bits, from the lowest of the first byte on.
struct Bits<'payload>(BitReader<'payload>);

impl Bits<'_> {
    /// A number of so many bits, its highest byte first.
    fn number(&mut self, width: usize) -> Result<u64, Failure> {
        let mut number = 0;
        let mut left = width;
        while left > 0 {
            let bits = if left.is_multiple_of(8) { 8 } else { left % 8 };
            number = number << bits | *self.0.unsigned(bits)?;
            left -= bits;
        }
        Ok(number)
    }

    /// The distance that is added for this exponent.
    fn offset(&mut self, exponent: usize) -> Result<u64, Failure> {
        Ok(self.number(exponent)? + (1 << exponent) - 1)
    }

    /// An exponent in one of the codes, bit by bit.
    fn exponent(&mut self, code: usize) -> Result<usize, Failure> {
        let mut read = 0;
        for length in 1..=LONGEST_CODE {
            read = read << 1 | *self.0.unsigned(1)?;
            let found = CODES[code].iter().position(|known| *known == (length, read));
            if let Some(exponent) = found {
                return Ok(exponent);
            }
        }
        let message = format!("the bits {read:#b} are in no code of differences");
        Err(Failure::new(FailureKind::InvalidValue, message))
    }
}

fn later(before: u64, distance: u64) -> Result<u64, Failure> {
    before
        .checked_add(distance)
        .ok_or_else(|| Failure::invalid_value("the moments of the batch leave all time"))
}

fn signed(number: u64) -> i64 {
    number.cast_signed()
}

#[expect(clippy::cast_precision_loss, reason = "samples have 32 bits at most")]
fn float(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(digits: &str) -> Vec<u8> {
        let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
        digits.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
    }

    #[test]
    fn what_is_cut_or_unknown_is_a_failure() {
        let series = [Series { tag: 0, sample: Sample::Signed(16), resolution: 10.0 }];
        for digits in ["", "10", "1000", "F600FFFFFFFF", "7200FF"] {
            assert!(read(&mut Reader::new(&hex(digits)), 2, &series).is_err(), "{digits}");
        }
    }

    #[test]
    fn all_codes_are_read_back() {
        for (code, known) in CODES.iter().enumerate() {
            for (exponent, (length, value)) in known.iter().enumerate() {
                let mut bytes = [0_u8; 2];
                for bit in 0..*length {
                    let is_set = value >> (length - 1 - bit) & 1;
                    bytes[bit / 8] |= u8::try_from(is_set << (bit % 8)).unwrap();
                }
                let mut payload = Reader::new(&bytes);
                let mut bits = Bits(payload.bits(2, BitOrder::LsbFirst).unwrap());
                assert_eq!(bits.exponent(code), Ok(exponent));
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(payload: Vec<u8>, tag_bits in 0_usize..70) {
            let series = [
                Series { tag: 0, sample: Sample::Signed(16), resolution: 10.0 },
                Series { tag: 1, sample: Sample::Float, resolution: 0.1 },
                Series { tag: 2, sample: Sample::Unsigned(32), resolution: 1.0 },
                Series { tag: 3, sample: Sample::Bit, resolution: 1.0 },
            ];
            let _ = read(&mut Reader::new(&payload), tag_bits, &series);
        }
    }
}
