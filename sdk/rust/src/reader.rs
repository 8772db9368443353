//! Reads a payload byte by byte; where it ends too soon the answer is a failure, never a panic.

use crate::{
    BitOrder, BitReader, Failure, FailureKind, SentDownlink, Span, Spanned, Uplink, hexadecimal,
};

/// A position in a payload, moving forward.
#[derive(Clone, Debug)]
pub struct Reader<'payload> {
    /// The bytes that are left: one comparison with their number is all that a read needs.
    rest: &'payload [u8],
    position: usize,
}

impl<'payload> Reader<'payload> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(payload: &'payload [u8]) -> Self {
        Self { rest: payload, position: 0 }
    }

    /// Index of the byte that is read next.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Returns the number of bytes that are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether no byte is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte, which stays where it is.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next `length` bytes.
    pub fn bytes(&mut self, length: usize) -> Result<Spanned<&'payload [u8]>, Failure> {
        match self.rest.split_at_checked(length) {
            Some((value, rest)) => Ok(self.passed(value, length, rest)),
            None => Err(self.too_short(length)),
        }
    }

    /// The next `length` bytes as a payload of their own, to be read to their end: a block that says
    /// how long it is. Positions and spans go on counting from the whole payload's first byte.
    pub fn block(&mut self, length: usize) -> Result<Self, Failure> {
        let position = self.position;
        Ok(Self { rest: self.bytes(length)?.value, position })
    }

    /// All bytes that are left.
    pub fn rest(&mut self) -> Spanned<&'payload [u8]> {
        self.passed(self.rest, self.rest.len(), &[])
    }

    /// Moves on by `length` bytes that mean nothing.
    pub fn skip(&mut self, length: usize) -> Result<(), Failure> {
        self.bytes(length).map(drop)
    }

    /// Asks that the payload ends here.
    pub fn end(&self) -> Result<(), Failure> {
        if self.is_empty() {
            return Ok(());
        }
        let message = format!(
            "the payload has {} bytes, of which the last {} are not expected",
            self.length(),
            self.remaining()
        );
        Err(Failure::new(FailureKind::TooLong, message)
            .at(span_of(self.position, self.remaining())))
    }

    /// The next `length` bytes, to be read bit by bit.
    pub fn bits(&mut self, length: usize, order: BitOrder) -> Result<BitReader<'payload>, Failure> {
        let offset = self.position;
        let bytes = self.bytes(length)?;
        Ok(BitReader::new(bytes.value, offset, order))
    }

    /// An IEEE 754 single, least significant byte first. NaN and infinities are invalid values.
    pub fn f32_le(&mut self) -> Result<Spanned<f32>, Failure> {
        finite(self.u32_le()?.map(f32::from_bits))
    }

    /// An IEEE 754 single, most significant byte first. NaN and infinities are invalid values.
    pub fn f32_be(&mut self) -> Result<Spanned<f32>, Failure> {
        finite(self.u32_be()?.map(f32::from_bits))
    }

    /// A number of `width` bytes, 0 to 8, least significant first. More are an invalid value.
    pub fn unsigned_le(&mut self, width: usize) -> Result<Spanned<u64>, Failure> {
        let bytes = self.narrow(width)?;
        Ok(bytes.map(|bytes| bytes.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte))))
    }

    /// A number of `width` bytes, 0 to 8, most significant first. More are an invalid value.
    pub fn unsigned_be(&mut self, width: usize) -> Result<Spanned<u64>, Failure> {
        let bytes = self.narrow(width)?;
        Ok(bytes.map(|bytes| bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte))))
    }

    fn narrow(&mut self, width: usize) -> Result<Spanned<&'payload [u8]>, Failure> {
        if width > size_of::<u64>() {
            return Err(Failure::invalid_value(format!("a number of {width} bytes is too wide")));
        }
        self.bytes(width)
    }

    /// A number in two's complement of `width` bytes, 0 to 8, least significant first. More are an invalid value.
    pub fn signed_le(&mut self, width: usize) -> Result<Spanned<i64>, Failure> {
        Ok(self.unsigned_le(width)?.map(|number| with_sign(number, width)))
    }

    /// A number in two's complement of `width` bytes, 0 to 8, most significant first. More are an invalid value.
    pub fn signed_be(&mut self, width: usize) -> Result<Spanned<i64>, Failure> {
        Ok(self.unsigned_be(width)?.map(|number| with_sign(number, width)))
    }

    /// A number of two decimal digits in each of `width` bytes, 0 to 8, least significant byte first, as meters of
    /// EN 13757 write them. A digit above 9 is an invalid value.
    pub fn bcd_le(&mut self, width: usize) -> Result<Spanned<u64>, Failure> {
        let bytes = self.narrow(width)?;
        decimal(bytes, bytes.value.iter().rev())
    }

    /// A number of two decimal digits in each of `width` bytes, 0 to 8, most significant byte first. A digit above 9
    /// is an invalid value.
    pub fn bcd_be(&mut self, width: usize) -> Result<Spanned<u64>, Failure> {
        let bytes = self.narrow(width)?;
        decimal(bytes, bytes.value.iter())
    }

    /// An IEEE 754 double, least significant byte first. NaN and infinities are invalid values.
    pub fn f64_le(&mut self) -> Result<Spanned<f64>, Failure> {
        finite(self.u64_le()?.map(f64::from_bits))
    }

    /// An IEEE 754 double, most significant byte first. NaN and infinities are invalid values.
    pub fn f64_be(&mut self) -> Result<Spanned<f64>, Failure> {
        finite(self.u64_be()?.map(f64::from_bits))
    }

    /// Three bytes, least significant first.
    pub fn u24_le(&mut self) -> Result<Spanned<u32>, Failure> {
        Ok(self.array()?.map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0])))
    }

    /// Three bytes, most significant first.
    pub fn u24_be(&mut self) -> Result<Spanned<u32>, Failure> {
        Ok(self.array()?.map(|[high, middle, low]| u32::from_be_bytes([0, high, middle, low])))
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<Spanned<[u8; N]>, Failure> {
        match self.rest.split_first_chunk() {
            Some((value, rest)) => Ok(self.passed(*value, N, rest)),
            None => Err(self.too_short(N)),
        }
    }

    /// Moves on behind a value of `length` bytes, to the rest.
    fn passed<T>(&mut self, value: T, length: usize, rest: &'payload [u8]) -> Spanned<T> {
        let span = span_of(self.position, length);
        self.position += length;
        self.rest = rest;
        Spanned { value, span }
    }

    /// The number of bytes that there are, those that were read before included.
    fn length(&self) -> usize {
        self.position + self.rest.len()
    }

    #[cold]
    #[inline(never)]
    fn too_short(&self, needed: usize) -> Failure {
        let message = format!(
            "the payload ends after {} bytes, and {needed} were to be read from offset {}",
            self.length(),
            self.position
        );
        Failure::new(FailureKind::TooShort, message).at(span_of(self.position, self.remaining()))
    }
}

macro_rules! integers {
    ($($name:ident: $integer:ty, $from:ident, $order:literal;)*) => {
        impl Reader<'_> {$(
            #[doc = concat!("The next `", stringify!($integer), "`, ", $order, ".")]
            pub fn $name(&mut self) -> Result<Spanned<$integer>, Failure> {
                Ok(self.array()?.map(<$integer>::$from))
            }
        )*}
    };
}

integers! {
    u8: u8, from_le_bytes, "one byte";
    i8: i8, from_le_bytes, "one byte";
    u16_le: u16, from_le_bytes, "least significant byte first";
    u16_be: u16, from_be_bytes, "most significant byte first";
    i16_le: i16, from_le_bytes, "least significant byte first";
    i16_be: i16, from_be_bytes, "most significant byte first";
    u32_le: u32, from_le_bytes, "least significant byte first";
    u32_be: u32, from_be_bytes, "most significant byte first";
    i32_le: i32, from_le_bytes, "least significant byte first";
    i32_be: i32, from_be_bytes, "most significant byte first";
    u64_le: u64, from_le_bytes, "least significant byte first";
    u64_be: u64, from_be_bytes, "most significant byte first";
    i64_le: i64, from_le_bytes, "least significant byte first";
    i64_be: i64, from_be_bytes, "most significant byte first";
}

impl Uplink {
    /// Reads the payload from its first byte.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(&self.payload)
    }
}

impl SentDownlink {
    /// Reads the payload from its first byte.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(&self.payload)
    }
}

/// A span, unless it is empty or lies where no LoRaWAN payload reaches.
pub(crate) fn span_of(offset: usize, length: usize) -> Option<Span> {
    let offset = u16::try_from(offset).ok()?;
    let length = u16::try_from(length).ok().filter(|length| *length > 0)?;
    Some(Span { offset, length })
}

fn finite<F: Copy + Into<f64>>(read: Spanned<F>) -> Result<Spanned<F>, Failure> {
    let value: f64 = read.value.into();
    if value.is_finite() {
        return Ok(read);
    }
    // By hand: the formatter of core for floats would be 20 KB of every decoder that reads one.
    let name = match value {
        value if value.is_nan() => "NaN",
        value if value > 0.0 => "inf",
        _ => "-inf",
    };
    Err(Failure::invalid_value(format!("{name} is no finite number")).at(read.span))
}

/// Takes the highest bit of so many bytes for the sign.
fn with_sign(number: u64, width: usize) -> i64 {
    // Shifting up to the top and back copies the sign bit into all bits above.
    let unused = 64 - 8 * width.clamp(1, size_of::<u64>());
    (number.cast_signed() << unused) >> unused
}

/// Reads decimal digits, two in each byte, those of the first byte being the highest.
fn decimal<'bytes>(
    read: Spanned<&[u8]>,
    mut highest_first: impl Iterator<Item = &'bytes u8>,
) -> Result<Spanned<u64>, Failure> {
    let number = highest_first.try_fold(0_u64, |number, byte| {
        let (tens, ones) = (byte >> 4, byte & 0x0F);
        (tens < 10 && ones < 10).then(|| number * 100 + u64::from(tens) * 10 + u64::from(ones))
    });
    match number {
        Some(value) => Ok(Spanned { value, span: read.span }),
        None => {
            let message = format!("{} has digits that are not decimal", hexadecimal(read.value));
            Err(Failure::invalid_value(message).at(read.span))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_in_both_orders_with_their_spans() {
        let mut reader = Reader::new(&[0x01, 0x02, 0x03, 0xFF, 0xFE, 0x80]);
        let first = reader.u16_be().unwrap();
        assert_eq!((first.value, first.span), (0x0102, Some(Span { offset: 0, length: 2 })));
        assert_eq!(reader.u8().unwrap().value, 3);
        let third = reader.i16_le().unwrap();
        assert_eq!((third.value, third.span), (-257, Some(Span { offset: 3, length: 2 })));
        assert_eq!(reader.i8().unwrap().value, -128);
        assert!(reader.end().is_ok());
    }

    #[test]
    fn a_payload_that_ends_too_soon_says_where() {
        let mut reader = Reader::new(&[1, 2, 3]);
        reader.skip(1).unwrap();
        let failure = reader.u32_le().unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooShort);
        assert_eq!(
            failure.message,
            "the payload ends after 3 bytes, and 4 were to be read from offset 1"
        );
        assert_eq!(failure.span, Some(Span { offset: 1, length: 2 }));
        assert_eq!(reader.u16_be().unwrap().value, 0x0203, "a failed read moves nothing");
    }

    #[test]
    fn a_length_beyond_all_memory_is_too_short() {
        let mut reader = Reader::new(&[1]);
        reader.skip(1).unwrap();
        assert_eq!(reader.bytes(usize::MAX).unwrap_err().kind, FailureKind::TooShort);
    }

    #[test]
    fn what_is_left_over_is_said() {
        let reader = Reader::new(&[1, 2]);
        let failure = reader.end().unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooLong);
        assert_eq!(failure.span, Some(Span { offset: 0, length: 2 }));
    }

    #[test]
    fn three_bytes_make_a_number() {
        let mut reader = Reader::new(&[1, 2, 3, 1, 2, 3]);
        assert_eq!(reader.u24_le().unwrap().value, 0x0003_0201);
        assert_eq!(reader.u24_be().unwrap().value, 0x0001_0203);
    }

    #[test]
    fn a_number_has_as_many_bytes_as_the_payload_says() {
        let mut reader = Reader::new(&[1, 2, 3, 1, 2, 3]);
        assert_eq!(reader.unsigned_le(3).unwrap().value, 0x0003_0201);
        assert_eq!(reader.clone().unsigned_be(0).unwrap().value, 0);
        assert_eq!(reader.unsigned_be(9).unwrap_err().kind, FailureKind::InvalidValue);
        assert_eq!(reader.unsigned_be(3).unwrap().value, 0x0001_0203);
    }

    #[test]
    fn a_block_ends_where_it_says_and_keeps_its_place() {
        let mut reader = Reader::new(&[2, 7, 8, 9]);
        let length = reader.u8().unwrap();
        let mut block = reader.block(usize::from(*length)).unwrap();
        assert_eq!(block.u8().unwrap().span, Some(Span { offset: 1, length: 1 }));
        assert_eq!(block.remaining(), 1);
        assert_eq!(block.u16_be().unwrap_err().kind, FailureKind::TooShort);
        assert_eq!(reader.u8().unwrap().value, 9);
        assert_eq!(reader.block(1).unwrap_err().kind, FailureKind::TooShort);
    }

    #[test]
    fn a_float_that_is_no_number_is_an_invalid_value() {
        let nan = f32::NAN.to_le_bytes();
        let failure = Reader::new(&nan).f32_le().unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidValue);
        assert_eq!(failure.message, "NaN is no finite number");
        for (infinite, name) in [(f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
            let failure = Reader::new(&infinite.to_le_bytes()).f64_le().unwrap_err();
            assert_eq!(failure.message, format!("{name} is no finite number"));
        }
        assert_eq!(Reader::new(&1.5_f32.to_be_bytes()).f32_be().unwrap().value, 1.5);
    }

    #[test]
    fn signed_numbers_of_any_width_are_read() {
        let bytes = [0xFF, 0xFE, 0x7F];
        assert_eq!(Reader::new(&bytes).signed_be(2).unwrap().value, -2);
        assert_eq!(Reader::new(&bytes).signed_le(2).unwrap().value, -257);
        assert_eq!(Reader::new(&bytes).signed_le(3).unwrap().value, 0x7F_FEFF);
        assert_eq!(Reader::new(&bytes).signed_le(0).unwrap().value, 0);
        assert_eq!(
            Reader::new(&[0x80; 8]).signed_be(8).unwrap().value,
            0x8080_8080_8080_8080_u64.cast_signed()
        );
    }

    #[test]
    fn decimal_digits_are_read_in_both_orders() {
        let bytes = [0x12, 0x34, 0x56];
        assert_eq!(Reader::new(&bytes).bcd_be(3).unwrap().value, 123_456);
        assert_eq!(Reader::new(&bytes).bcd_le(3).unwrap().value, 563_412);
        let failure = Reader::new(&[0x1A]).bcd_le(1).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidValue);
        assert_eq!(failure.span, Some(Span { offset: 0, length: 1 }));
        assert_eq!(Reader::new(&[0x99; 8]).bcd_le(8).unwrap().value, 9_999_999_999_999_999);
    }

    #[test]
    fn scaled_numbers_are_the_nearest_to_what_is_written() {
        assert_eq!(*Reader::new(&[0x01, 0x59]).u16_be().unwrap().divided_by(10.0), 34.5);
        assert_eq!(*Reader::new(&[0xFF, 0xCE]).i16_be().unwrap().divided_by(10.0), -5.0);
    }

    proptest::proptest! {
        /// Whatever is read of whatever comes: a value or a failure.
        #[test]
        fn no_input_panics(payload: Vec<u8>, width in 0_usize..12, steps: Vec<u8>) {
            let mut reader = Reader::new(&payload);
            for step in steps {
                let _ = match step % 8 {
                    0 => reader.unsigned_le(width).map(drop),
                    1 => reader.signed_le(width).map(drop),
                    2 => reader.signed_be(width).map(drop),
                    3 => reader.bcd_le(width).map(drop),
                    4 => reader.bcd_be(width).map(drop),
                    5 => reader.f64_le().map(drop),
                    6 => reader.f32_be().map(drop),
                    _ => reader.block(width).map(drop),
                };
            }
        }
    }
}
