//! The descriptor, which tells the fields of a report.

use champollion_sdk::{Span, prelude::*};

/// Bytes of a descriptor whose head says 0.
const HISTORICAL: u8 = 8;

/// The fields of a report, in their order.
#[derive(Debug)]
pub(crate) struct Descriptor {
    pub(crate) fields: Vec<u8>,
    /// Whether the meter is silent, so that the fields are old.
    pub(crate) is_obsolete: bool,
    pub(crate) span: Option<Span>,
}

/// Reads a descriptor: a head that has its size, and the numbers of the fields or a bit for each, the bits of the last
/// byte being the lowest.
pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Descriptor, Failure> {
    let head = payload.u8()?;
    let size = match *head.bits(0, 5) {
        0 => HISTORICAL,
        size => size,
    };
    let rest = payload.bytes(usize::from(size) - 1)?;
    let fields = if *head.bit(5) {
        rest.to_vec()
    } else {
        let bits = rest.iter().rev().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
        (0..).zip(bits).filter(|(_, bit)| *bit == 1).map(|(field, _)| field).collect()
    };
    let span = head.zip(rest).span;
    Ok(Descriptor { fields, is_obsolete: *head.bit(7), span })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8]) -> Vec<u8> {
        read(&mut Reader::new(bytes)).unwrap().fields
    }

    #[test]
    fn the_descriptors_of_the_examples_are_read() {
        assert_eq!(fields(&[0x24, 0x02, 0x05, 0x14]), [2, 5, 20]);
        assert_eq!(fields(&[0, 0, 0, 0, 0, 0, 0, 0x40]), [6]);
        assert_eq!(fields(&[0x04, 0x10, 0x00, 0x34]), [2, 4, 5, 20]);
        let descriptor = read(&mut Reader::new(&[0x82, 0x01])).unwrap();
        assert!(descriptor.is_obsolete);
        assert_eq!(read(&mut Reader::new(&[0x24, 1])).unwrap_err().kind, FailureKind::TooShort);
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(payload: Vec<u8>) {
            let _ = read(&mut Reader::new(&payload));
        }
    }
}
