//! The head of a telegram of EN 13757-7, which meters of M-Bus and OMS put before their records: a byte that says what
//! follows, and with it who sends, in which state, and whether the records are encrypted.
//!
//! ```
//! use champollion_sdk::{Reader, families::transport};
//!
//! let mut payload = Reader::new(&[0x7A, 0x08, 0x04, 0x00, 0x00, 0x04, 0x13, 0x39, 0x30, 0x00, 0x00]);
//! let head = transport::head(&mut payload)?;
//! assert!(head.status.is_some_and(|status| *status.is_low_on_power()));
//! assert_eq!(payload.position(), 5, "the records begin");
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{Failure, Measurement, Reader, Spanned, hex_capitals, quantity};

/// The bytes of control information that this reader knows.
const WITHOUT_HEAD: u8 = 0x78;
const SHORT_HEAD: u8 = 0x7A;
const LONG_HEAD: u8 = 0x72;

/// The head of a telegram.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Head {
    /// The meter that the records are of, where a long head says it.
    pub identity: Option<Identity>,
    /// The number of the telegram.
    pub access_number: Option<u8>,
    /// The state of the meter, which a short and a long head tell.
    pub status: Option<Status>,
}

/// The name of a meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The eight digits of its number.
    pub number: String,
    /// The three letters of its maker, as the FLAG association gives them out.
    pub manufacturer: String,
    /// The version that the maker gives it.
    pub version: u8,
    /// The medium that it measures: 6 is warm water, 7 is water, 0x16 is cold water.
    pub medium: u8,
}

/// The state of a meter, a byte of bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Status(pub Spanned<u8>);

impl Status {
    /// The byte as it was sent.
    #[must_use]
    pub fn code(self) -> u8 {
        self.0.value
    }

    /// Whether the battery is low.
    #[must_use]
    pub fn is_low_on_power(self) -> Spanned<bool> {
        self.0.bit(2)
    }

    /// Whether there is an error that will not pass by itself.
    #[must_use]
    pub fn has_permanent_error(self) -> Spanned<bool> {
        self.0.bit(3)
    }

    /// Whether there is an error that may pass by itself.
    #[must_use]
    pub fn has_temporary_error(self) -> Spanned<bool> {
        self.0.bit(4)
    }

    /// The three bits as alarms.
    #[must_use]
    pub fn measurements(self) -> [Measurement; 3] {
        [
            quantity::ALARM_BATTERY.of(self.is_low_on_power()),
            quantity::ALARM_FAULT.of(self.has_permanent_error()),
            quantity::ALARM_FAULT_TEMPORARY.of(self.has_temporary_error()),
        ]
    }
}

/// The code beside the three bits that every maker means alike.
impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut status = serializer.serialize_struct("Status", 4)?;
        status.serialize_field("code", &self.code())?;
        status.serialize_field("lowPower", &self.is_low_on_power())?;
        status.serialize_field("permanentError", &self.has_permanent_error())?;
        status.serialize_field("temporaryError", &self.has_temporary_error())?;
        status.end()
    }
}

/// Reads the head, up to the first record. Records that are encrypted are an unknown message.
pub fn head(payload: &mut Reader<'_>) -> Result<Head, Failure> {
    let control = payload.u8()?;
    let identity = match *control {
        WITHOUT_HEAD => return Ok(Head::default()),
        SHORT_HEAD => None,
        LONG_HEAD => Some(identity(payload)?),
        other => {
            let message = format!("control information {other:#04X} begins no telegram of records");
            return Err(Failure::unknown_message(message).at(control.span));
        }
    };
    let access_number = *payload.u8()?;
    let status = Status(payload.u8()?);
    let configuration = payload.u16_le()?;
    match *configuration.bits(8, 5) {
        0 => Ok(Head { identity, access_number: Some(access_number), status: Some(status) }),
        mode => {
            let message = format!(
                "the records are encrypted with mode {mode}, for which a key is needed: have the meter send in \
                 clear, since LoRaWAN encrypts anyway"
            );
            Err(Failure::unknown_message(message).at(configuration.span))
        }
    }
}

fn identity(payload: &mut Reader<'_>) -> Result<Identity, Failure> {
    let number = payload.array::<4>()?.value;
    let manufacturer = *payload.u16_le()?;
    Identity::of(number, manufacturer, payload)
}

impl Identity {
    /// Reads the address in the link layer of wireless M-Bus, which has the maker before the number.
    pub fn of_link(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let manufacturer = *payload.u16_le()?;
        let number = payload.array::<4>()?.value;
        Self::of(number, manufacturer, payload)
    }

    fn of(mut number: [u8; 4], maker: u16, payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let [version, medium] = payload.array()?.value;
        number.reverse();
        Ok(Self { number: hex_capitals(&number), manufacturer: letters(maker), version, medium })
    }
}

/// The letters of a maker: five bits for each, A being 1.
#[must_use]
pub fn letters(code: u16) -> String {
    let letter = |shift: u16| char::from(b'@' + (code >> shift & 0x1F).to_le_bytes()[0]);
    [letter(10), letter(5), letter(0)].iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    #[test]
    fn a_long_head_names_the_meter() {
        let bytes =
            [0x72, 0x58, 0x57, 0x88, 0x53, 0x37, 0x2C, 0x3C, 0x16, 0xD6, 0x10, 0x08, 0x00, 0x2F];
        let mut payload = Reader::new(&bytes);
        let head = head(&mut payload).unwrap();
        let identity = head.identity.unwrap();
        assert_eq!((identity.number.as_str(), identity.manufacturer.as_str()), ("53885758", "KAW"));
        assert_eq!((identity.version, identity.medium), (0x3C, 0x16));
        let status = head.status.unwrap();
        assert_eq!((head.access_number, status.code()), (Some(0xD6), 0x10));
        assert!(*status.has_temporary_error() && !*status.has_permanent_error());
        assert_eq!(payload.remaining(), 1);
        assert_eq!(letters(0x32A7), "LUG");
        assert_eq!(letters(0xFFFF), "___");
    }

    #[test]
    fn what_is_encrypted_cut_or_unknown_is_a_failure() {
        let kind = |bytes: &[u8]| head(&mut Reader::new(bytes)).map(drop).map_err(|one| one.kind);
        assert_eq!(kind(&[0x78]), Ok(()));
        assert_eq!(kind(&[]), Err(FailureKind::TooShort));
        assert_eq!(kind(&[0x79]), Err(FailureKind::UnknownMessage));
        assert_eq!(kind(&[0x7A, 0, 0, 0, 0x05]), Err(FailureKind::UnknownMessage));
        assert_eq!(kind(&[0x7A, 0, 0, 0]), Err(FailureKind::TooShort));
        assert_eq!(kind(&[0x72, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0]), Err(FailureKind::TooShort));
    }

    proptest::proptest! {
        #[test]
        fn no_head_panics(payload: Vec<u8>) {
            let _ = head(&mut Reader::new(&payload));
        }
    }
}
