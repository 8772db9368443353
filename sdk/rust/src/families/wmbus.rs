//! Frames of wireless M-Bus (EN 13757-4, OMS) as bridges and modules of meters carry them over LoRaWAN: the length, the
//! address of the sender, the layers of OMS in between, the head of EN 13757-7, and records of EN 13757-3.
//!
//! LoRaWAN has checksums of its own, so the blocks come without those of wireless M-Bus, and it encrypts, so records
//! that the meter has encrypted besides are refused by name: no decoder is given a meter's key.
//!
//! ```
//! use champollion_sdk::{Reader, families::{mbus::{Meaning, Value}, wmbus}};
//!
//! // A water meter of Sensus with an index of 123.529 m³.
//! let mut payload = Reader::new(&[
//!     0x18, 0x44, 0xAE, 0x4C, 0x44, 0x55, 0x22, 0x33, 0x68, 0x07, 0x7A, 0x55, 0x00, 0x00, 0x00, 0x04, 0x13,
//!     0x89, 0xE2, 0x01, 0x00, 0x02, 0x3B, 0x00, 0x00,
//! ]);
//! let frame = wmbus::frame(&mut payload)?;
//! assert_eq!((frame.meter().manufacturer.as_str(), frame.meter().number.as_str()), ("SEN", "33225544"));
//! let index = &frame.telegram.records[0];
//! assert_eq!((index.meaning, &*index.value), (Meaning::Volume, &Value::Number(123.529)));
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use super::{
    mbus::{self, Telegram},
    transport::{self, Head, Identity},
};
use crate::{Failure, Reader, Spanned};

/// Control information of layers that stand before the head, by which their size is known.
const LINK_SHORT: u8 = 0x8C;
const LINK_WITH_SESSION: u8 = 0x8D;
const LINK_WITH_ADDRESS: u8 = 0x8E;
const LINK_WITH_BOTH: u8 = 0x8F;
const AUTHENTICATION: u8 = 0x90;

/// The bytes of a field of communication control and one of access, which all link layers begin with.
const COMMUNICATION: usize = 2;

/// The bytes of the address of another device.
const ADDRESS: usize = 8;

/// The bytes of the checksum behind a session.
const CHECKSUM: usize = 2;

/// A frame that was read to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The control field: 0x44 is "send, no reply", with which meters send their readings.
    pub control: Spanned<u8>,
    /// The sender: the meter, or the module that is put on it.
    pub sender: Identity,
    /// The head before the records.
    pub head: Head,
    /// The records of the telegram.
    pub telegram: Telegram,
}

impl Frame {
    /// The meter that the records are of: the one that the head names, or else the sender.
    #[must_use]
    pub fn meter(&self) -> &Identity {
        self.head.identity.as_ref().unwrap_or(&self.sender)
    }
}

/// Reads a frame, which is the whole payload.
pub fn frame(payload: &mut Reader<'_>) -> Result<Frame, Failure> {
    let length = payload.u8()?;
    let mut frame = payload.block(usize::from(*length))?;
    payload.end()?;
    let control = frame.u8()?;
    let sender = Identity::of_link(&mut frame)?;
    while is_before_head(&mut frame)? {}
    let head = transport::head(&mut frame)?;
    let telegram = mbus::telegram(&mut frame)?;
    Ok(Frame { control, sender, head, telegram })
}

/// Reads a layer that stands before the head; returns whether there was one.
fn is_before_head(frame: &mut Reader<'_>) -> Result<bool, Failure> {
    match frame.peek() {
        Some(LINK_SHORT) => frame.skip(1 + COMMUNICATION)?,
        Some(LINK_WITH_ADDRESS) => frame.skip(1 + COMMUNICATION + ADDRESS)?,
        Some(LINK_WITH_SESSION) => {
            frame.skip(1 + COMMUNICATION)?;
            session(frame)?;
        }
        Some(LINK_WITH_BOTH) => {
            frame.skip(1 + COMMUNICATION + ADDRESS)?;
            session(frame)?;
        }
        Some(AUTHENTICATION) => {
            frame.skip(1)?;
            let length = frame.u8()?;
            frame.skip(usize::from(*length))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Reads the number of a session, whose highest three bits say how what follows is encrypted, and the checksum behind.
fn session(frame: &mut Reader<'_>) -> Result<(), Failure> {
    let number = frame.u32_le()?;
    match *number.bits(29, 3) {
        0 => frame.skip(CHECKSUM),
        mode => {
            let message = format!(
                "the link layer is encrypted with mode {mode}, for which a key is needed: have the meter send in \
                 clear, since LoRaWAN encrypts anyway"
            );
            Err(Failure::unknown_message(message).at(number.span))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        FailureKind, Span,
        families::mbus::{Meaning, Value},
    };

    /// The link layer of a meter of Kamstrup, and an index of 1.234 m³ behind a head without anything.
    const LINK: [u8; 9] = [0x44, 0x2D, 0x2C, 0x78, 0x56, 0x34, 0x12, 0x1B, 0x16];
    const RECORDS: [u8; 7] = [0x78, 0x04, 0x13, 0xD2, 0x04, 0x00, 0x00];

    fn with(between: &[u8]) -> Vec<u8> {
        let frame = [&LINK[..], between, &RECORDS].concat();
        [vec![u8::try_from(frame.len()).unwrap()], frame].concat()
    }

    fn read(payload: &[u8]) -> Result<Frame, Failure> {
        frame(&mut Reader::new(payload))
    }

    #[test]
    fn layers_before_the_head_are_passed_by() {
        let session = [0x8D, 0x20, 0x31, 0x01, 0x00, 0x00, 0x00, 0xAA, 0xBB];
        let both = [0x8F, 0x20, 0x31, 1, 2, 3, 4, 5, 6, 7, 8, 0x01, 0x00, 0x00, 0x00, 0xAA, 0xBB];
        for between in [
            &[][..],
            &[0x8C, 0x20, 0x31],
            &[0x8E, 0x20, 0x31, 1, 2, 3, 4, 5, 6, 7, 8],
            &session,
            &both,
            &[0x8C, 0x20, 0x31, 0x90, 0x03, 0xAA, 0xBB, 0xCC],
        ] {
            let payload = with(between);
            let frame =
                read(&payload).unwrap_or_else(|failure| panic!("{between:02X?}: {failure:?}"));
            assert_eq!((*frame.control, frame.meter().number.as_str()), (0x44, "12345678"));
            assert_eq!((frame.meter().manufacturer.as_str(), frame.meter().medium), ("KAM", 0x16));
            let index = &frame.telegram.records[0];
            assert_eq!((index.meaning, &*index.value), (Meaning::Volume, &Value::Number(1.234)));
            let offset = u16::try_from(payload.len() - 4).unwrap();
            assert_eq!(
                index.value.span,
                Some(Span { offset, length: 4 }),
                "its place in the payload"
            );
        }
    }

    #[test]
    fn the_meter_of_a_long_head_is_not_the_sender() {
        let head = [0x72, 0x58, 0x57, 0x88, 0x53, 0x37, 0x2C, 0x3C, 0x16, 0xD6, 0x10, 0x00, 0x00];
        let frame = [&LINK[..], &head].concat();
        let payload = [vec![u8::try_from(frame.len()).unwrap()], frame].concat();
        let frame = read(&payload).unwrap();
        assert_eq!(
            (frame.meter().number.as_str(), frame.sender.number.as_str()),
            ("53885758", "12345678")
        );
    }

    #[test]
    fn what_is_encrypted_cut_or_too_long_is_a_failure() {
        let kind = |payload: &[u8]| read(payload).map(drop).map_err(|failure| failure.kind);
        let encrypted = with(&[0x8D, 0x20, 0x31, 0x01, 0x00, 0x00, 0x20, 0xAA, 0xBB]);
        assert_eq!(kind(&encrypted), Err(FailureKind::UnknownMessage));
        let whole = with(&[]);
        assert_eq!(kind(&whole), Ok(()));
        for length in 0..whole.len() {
            assert_eq!(kind(&whole[..length]), Err(FailureKind::TooShort), "cut at {length}");
        }
        assert_eq!(kind(&[&whole[..], &[0]].concat()), Err(FailureKind::TooLong));
        assert_eq!(kind(&[1, 0x44]), Err(FailureKind::TooShort), "a frame without a sender");
    }

    proptest::proptest! {
        #[test]
        fn no_frame_panics(layers: Vec<u8>) {
            let _ = read(&layers);
            if layers.len() < 200 {
                let _ = read(&with(&layers));
            }
        }
    }
}
