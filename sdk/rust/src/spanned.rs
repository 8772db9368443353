//! A value that remembers which payload bytes it was read from.

use std::ops::Deref;

use serde::{Serialize, Serializer};

use crate::Span;

/// A value and the payload bytes that it was read from.
///
/// It serializes as the value alone, so it can stand in the structs that become a reading's `data`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spanned<T> {
    /// The value that was read.
    pub value: T,
    /// Where it was read from; `None` for a value that stands in no byte of the payload.
    pub span: Option<Span>,
}

impl<T> Spanned<T> {
    /// A value of the same bytes, made from this one.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: convert(self.value), span: self.span }
    }

    /// A value of the same bytes, put beside another: the bytes of both, and of what is between.
    pub fn zip<U>(self, other: Spanned<U>) -> Spanned<(T, U)> {
        let span = match (self.span, other.span) {
            (Some(left), Some(right)) => {
                let offset = left.offset.min(right.offset);
                let end = (left.offset + left.length).max(right.offset + right.length);
                Some(Span { offset, length: end - offset })
            }
            (one, None) | (None, one) => one,
        };
        Spanned { value: (self.value, other.value), span }
    }
}

impl<T> Spanned<Option<T>> {
    /// The value with its bytes, where there is one: for a sentinel that was decoded at the edge.
    #[must_use]
    pub fn transpose(self) -> Option<Spanned<T>> {
        let span = self.span;
        self.value.map(|value| Spanned { value, span })
    }
}

impl<T> From<T> for Spanned<T> {
    fn from(value: T) -> Self {
        Self { value, span: None }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Serialize> Serialize for Spanned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// Bit fields of an unsigned value; bit 0 is the least significant one.
macro_rules! bit_fields {
    ($($unsigned:ty),*) => {$(
        impl Spanned<$unsigned> {
            /// Whether one bit is set. Bit 0 is the least significant one; a bit that the type
            /// does not have is never set.
            #[must_use]
            pub fn bit(self, index: u32) -> Spanned<bool> {
                self.map(|value| value.checked_shr(index).unwrap_or(0) & 1 == 1)
            }

            /// `width` bits as a number, from bit `lowest` upwards. Bits that the type does not
            /// have are zeros.
            #[must_use]
            pub fn bits(self, lowest: u32, width: u32) -> Spanned<$unsigned> {
                let mask = <$unsigned>::MAX.checked_shr(<$unsigned>::BITS.saturating_sub(width));
                self.map(|value| value.checked_shr(lowest).unwrap_or(0) & mask.unwrap_or(0))
            }
        }
    )*};
}

bit_fields!(u8, u16, u32, u64);

/// Whole numbers that count parts of a unit.
macro_rules! parts {
    ($($integer:ty: $as_float:expr),*) => {$(
        impl Spanned<$integer> {
            /// The number in a unit that has so many of the number's own: 345 tenths are 34.5. Dividing gives the
            /// nearest number to the decimal one; multiplying by 0.1 does not.
            #[must_use]
            pub fn divided_by(self, parts: f64) -> Spanned<f64> {
                self.map(|value| $as_float(value) / parts)
            }
        }
    )*};
}

parts!(
    u8: f64::from, i8: f64::from, u16: f64::from, i16: f64::from, u32: f64::from, i32: f64::from,
    u64: rounded_u64, i64: rounded
);

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers above 2^53 are rounded, as all floating point numbers are"
)]
fn rounded(value: i64) -> f64 {
    value as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers above 2^53 are rounded, as all floating point numbers are"
)]
fn rounded_u64(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_field_is_cut_out_of_its_value() {
        let word = Spanned { value: 0b1011_0100_u8, span: Some(Span { offset: 3, length: 1 }) };
        assert_eq!(*word.bits(2, 4), 0b1101);
        assert_eq!(*word.bits(0, 8), 0b1011_0100);
        assert_eq!(*word.bits(4, 8), 0b1011);
        assert_eq!(*word.bits(0, 0), 0);
        assert!(*word.bit(2));
        assert!(!*word.bit(0));
        assert!(!*word.bit(8));
        assert_eq!(word.bit(2).span, word.span);
    }

    #[test]
    fn two_values_put_together_cover_the_bytes_of_both() {
        let high = Spanned { value: 1_u8, span: Some(Span { offset: 6, length: 2 }) };
        let low = Spanned { value: 2_u8, span: Some(Span { offset: 1, length: 1 }) };
        assert_eq!(high.zip(low).span, Some(Span { offset: 1, length: 7 }));
        assert_eq!(high.zip(Spanned::from(0)).span, high.span);
    }
}
