//! Values behind a header that says what they are and how long: TLV, as Milesight (a channel and a type), Elsys (a
//! type) and many others send them.
//!
//! ```
//! use champollion_sdk::{Reader, families::channels::{self, Size}};
//!
//! // Milesight: channel and type, and the least significant byte first.
//! let mut payload = Reader::new(&[0x01, 0x75, 0x64, 0x03, 0x67, 0x10, 0x01]);
//! let items = channels::items::<2>(&mut payload, |header| match header {
//!     [0x01, 0x75] => Some(Size::Bytes(1)),
//!     [0x03, 0x67] => Some(Size::Bytes(2)),
//!     _ => None,
//! })?;
//! let temperature = items[1].value.clone().i16_le()?.divided_by(10.0);
//! assert_eq!(*temperature, 27.2);
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use crate::{Failure, Reader, hexadecimal};

/// The size of a value, which its header tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A number of bytes that is known beforehand.
    Bytes(usize),
    /// As many bytes as the byte behind the header says.
    Counted,
    /// All bytes that are left.
    Rest,
}

/// A value with its header.
#[derive(Clone, Debug)]
pub struct Item<'payload, const HEADER: usize> {
    /// The bytes that say what it is.
    pub header: [u8; HEADER],
    /// The value, to be read to its end. Spans count from the payload's first byte.
    pub value: Reader<'payload>,
}

/// Reads all values to the end of the payload. A header that `size` does not know is an unknown message: where the
/// next value begins is not known either.
pub fn items<'payload, const HEADER: usize>(
    payload: &mut Reader<'payload>,
    size: impl Fn([u8; HEADER]) -> Option<Size>,
) -> Result<Vec<Item<'payload, HEADER>>, Failure> {
    let mut items = Vec::new();
    // Without a header all values would be empty, and there would be no end of them.
    while HEADER > 0 && !payload.is_empty() {
        let header = payload.array::<HEADER>()?;
        let length = match size(*header) {
            Some(Size::Bytes(length)) => length,
            Some(Size::Counted) => usize::from(*payload.u8()?),
            Some(Size::Rest) => payload.remaining(),
            None => {
                let message = format!("{} begins no value that is known", hexadecimal(&*header));
                return Err(Failure::unknown_message(message).at(header.span));
            }
        };
        items.push(Item { header: *header, value: payload.block(length)? });
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FailureKind, Span};

    fn elsys(header: [u8; 1]) -> Option<Size> {
        match header {
            [0x01] => Some(Size::Bytes(2)),
            [0x02] => Some(Size::Bytes(1)),
            [0x3D] => Some(Size::Counted),
            [0x3E] => Some(Size::Rest),
            _ => None,
        }
    }

    #[test]
    fn values_are_cut_out_with_their_places() {
        let bytes = [0x01, 0x00, 0xFC, 0x3D, 0x02, 0xAA, 0xBB, 0x3E, 0x01, 0x02];
        let found = items(&mut Reader::new(&bytes), elsys).unwrap();
        let headers: Vec<u8> = found.iter().map(|item| item.header[0]).collect();
        assert_eq!(headers, [0x01, 0x3D, 0x3E]);
        let first = found[0].value.clone().i16_be().unwrap();
        assert_eq!((*first, first.span), (252, Some(Span { offset: 1, length: 2 })));
        assert_eq!(found[1].value.clone().rest().value, [0xAA, 0xBB]);
        assert_eq!(found[2].value.remaining(), 2);
    }

    #[test]
    fn what_is_cut_or_unknown_is_a_failure() {
        let read = |bytes: &[u8]| items(&mut Reader::new(bytes), elsys).map(drop).unwrap_err();
        assert_eq!(read(&[0x01, 0x00]).kind, FailureKind::TooShort);
        assert_eq!(read(&[0x3D, 0x05, 0x00]).kind, FailureKind::TooShort);
        assert_eq!(read(&[0x3D]).kind, FailureKind::TooShort);
        let unknown = read(&[0x02, 0x10, 0x77]);
        assert_eq!(
            (unknown.kind, unknown.span),
            (FailureKind::UnknownMessage, Some(Span { offset: 2, length: 1 }))
        );
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(payload: Vec<u8>, sizes: [u8; 4]) {
            let _ = items::<1>(&mut Reader::new(&payload), elsys);
            let _ = items::<2>(&mut Reader::new(&payload), |[first, second]| match first % 4 {
                0 => Some(Size::Bytes(usize::from(sizes[usize::from(second % 4)]))),
                1 => Some(Size::Counted),
                2 => Some(Size::Rest),
                _ => None,
            });
            let _ = items::<0>(&mut Reader::new(&payload), |_| Some(Size::Bytes(0)));
        }
    }
}
