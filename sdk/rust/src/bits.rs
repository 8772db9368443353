//! Reads fields that do not end at byte boundaries.

use crate::{Failure, FailureKind, Spanned, reader::span_of};

/// The order of bits: the bit of a byte, and the part of a field, that comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BitOrder {
    /// The most significant bit of the first byte comes first and is the highest of its field, as
    /// in network protocols.
    MsbFirst,
    /// The least significant bit of the first byte comes first and is the lowest of its field, as
    /// in C bit fields on small processors.
    LsbFirst,
}

/// A position in a run of bytes that moves bit by bit.
#[derive(Clone, Debug)]
pub struct BitReader<'payload> {
    bytes: &'payload [u8],
    /// Where the run starts in the payload: spans count from the payload's first byte.
    offset: usize,
    order: BitOrder,
    position: usize,
}

impl<'payload> BitReader<'payload> {
    pub(crate) fn new(bytes: &'payload [u8], offset: usize, order: BitOrder) -> Self {
        Self { bytes, offset, order, position: 0 }
    }

    /// Returns the number of bits that are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.bytes.len() * 8 - self.position
    }

    /// The next `width` bits as an unsigned number. More than 64 are an invalid value.
    pub fn unsigned(&mut self, width: usize) -> Result<Spanned<u64>, Failure> {
        if width > 64 {
            return Err(Failure::invalid_value(format!("a field of {width} bits is too wide")));
        }
        if width > self.remaining() {
            let message = format!(
                "the field ends {} bits on, and {width} were to be read from bit {}",
                self.remaining(),
                self.position
            );
            return Err(Failure::new(FailureKind::TooShort, message));
        }
        let (first, end) = (self.position / 8, (self.position + width).div_ceil(8));
        // 64 bits that start within a byte reach into nine bytes: the next wider integer holds them.
        let bytes = &self.bytes[first..end];
        let window = match self.order {
            BitOrder::MsbFirst => {
                let all = bytes.iter().fold(0_u128, |all, byte| all << 8 | u128::from(*byte));
                all >> (end * 8 - self.position - width)
            }
            BitOrder::LsbFirst => {
                let all = bytes.iter().rev().fold(0_u128, |all, byte| all << 8 | u128::from(*byte));
                all >> (self.position % 8)
            }
        };
        #[expect(clippy::cast_possible_truncation, reason = "the mask leaves 64 bits at most")]
        let value = (window & ((1 << width) - 1)) as u64;
        self.position += width;
        Ok(Spanned { value, span: span_of(self.offset + first, end - first) })
    }

    /// The next `width` bits as a number in two's complement.
    pub fn signed(&mut self, width: usize) -> Result<Spanned<i64>, Failure> {
        let unsigned = self.unsigned(width)?;
        // Shifting up to the top and back copies the sign bit into all bits above the field.
        let unused = 64 - width.clamp(1, 64);
        Ok(unsigned.map(|value| (value.cast_signed() << unused) >> unused))
    }

    /// Reads the next bit.
    pub fn bit(&mut self) -> Result<Spanned<bool>, Failure> {
        Ok(self.unsigned(1)?.map(|bit| bit == 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reader, Span};

    fn reader(bytes: &[u8], order: BitOrder) -> BitReader<'_> {
        BitReader::new(bytes, 10, order)
    }

    #[test]
    fn fields_are_read_from_the_most_significant_bit() {
        let mut bits = reader(&[0b1010_1100, 0b1000_0001], BitOrder::MsbFirst);
        assert_eq!(bits.unsigned(3).unwrap().value, 0b101);
        let across = bits.unsigned(7).unwrap();
        assert_eq!(across.value, 0b011_0010);
        assert_eq!(across.span, Some(Span { offset: 10, length: 2 }));
        assert_eq!(bits.unsigned(6).unwrap().span, Some(Span { offset: 11, length: 1 }));
    }

    #[test]
    fn fields_are_read_from_the_least_significant_bit() {
        let mut bits = reader(&[0b1010_1100, 0b1000_0001], BitOrder::LsbFirst);
        assert_eq!(bits.unsigned(3).unwrap().value, 0b100);
        assert_eq!(bits.unsigned(7).unwrap().value, 0b011_0101);
        assert_eq!(bits.signed(6).unwrap().value, -32);
    }

    #[test]
    fn a_field_beyond_the_end_is_too_short_and_moves_nothing() {
        let mut bits = reader(&[0xFF], BitOrder::MsbFirst);
        assert_eq!(bits.unsigned(9).unwrap_err().kind, FailureKind::TooShort);
        assert_eq!(bits.unsigned(8).unwrap().value, 255);
        assert_eq!(bits.unsigned(65).unwrap_err().kind, FailureKind::InvalidValue);
    }

    #[test]
    fn fields_that_reach_into_nine_bytes_are_read() {
        let bytes = [0x0F, 1, 2, 3, 4, 5, 6, 7, 0xF0];
        let mut msb = reader(&bytes, BitOrder::MsbFirst);
        msb.unsigned(4).unwrap();
        assert_eq!(msb.unsigned(64).unwrap().value, 0xF010_2030_4050_607F);
        let mut lsb = reader(&bytes, BitOrder::LsbFirst);
        lsb.unsigned(4).unwrap();
        assert_eq!(lsb.unsigned(64).unwrap().value, 0x0070_6050_4030_2010);
    }

    #[test]
    fn all_widths_are_read() {
        let bytes = [0xFF; 8];
        let mut payload = Reader::new(&bytes);
        let mut bits = payload.bits(8, BitOrder::MsbFirst).unwrap();
        assert_eq!(bits.clone().unsigned(64).unwrap().value, u64::MAX);
        assert_eq!(bits.clone().signed(64).unwrap().value, -1);
        assert_eq!(bits.signed(0).unwrap().value, 0);
        assert!(payload.is_empty());
    }
}
