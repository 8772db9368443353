//! A telegram: values one after another, each behind a byte that says its type.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::values::Values;

/// The content of a telegram; it serializes as the `data` of a reading.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Telegram {
    /// The values measured when the telegram was sent.
    #[serde(flatten)]
    pub(crate) values: Values,
    /// The values measured before, as the telegram brings them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) history: Vec<Sample>,
    /// Warnings for the reader of the telegram.
    #[serde(skip)]
    pub(crate) warnings: Vec<String>,
}

/// Values measured some time before the telegram was sent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sample {
    /// Seconds between the measurement and the telegram.
    pub(crate) seconds_ago: u32,
    pub(crate) values: Values,
}

impl Telegram {
    /// Reads a telegram to its end.
    ///
    /// An unknown type ends the reading, for its length is unknown and so is where the next value
    /// starts. What came before it stands: newer firmware adds types, and a room's temperature must
    /// not get lost because a sensor learned something new. So there is a warning, and a failure
    /// only where nothing was read at all.
    ///
    /// A value that is cut off is a failure of the whole telegram. No radio link cuts a frame whose
    /// MIC is right, so a value before it must have been taken for another type than it is, and none
    /// of what was read can be trusted.
    pub(crate) fn read(mut payload: Reader<'_>) -> Result<Self, Failure> {
        let mut telegram = Self::default();
        if payload.is_empty() {
            return Err(Failure::new(FailureKind::TooShort, "the payload is empty"));
        }
        let mut replaced = false;
        while !payload.is_empty() {
            let position = payload.position();
            let header = payload.u8()?;
            let kind = *header.bits(0, 6);
            let mut value = Values::default();
            if !value.read(kind, &mut payload)? {
                let message = format!("type 0x{kind:02X} at offset {position} is unknown");
                if position == 0 {
                    return Err(Failure::unknown_message(message).at(header.span));
                }
                let unread = payload.remaining() + 1;
                telegram
                    .warnings
                    .push(format!("{message}, so the last {unread} bytes are not read"));
                break;
            }
            let seconds_ago = offset(*header.bits(6, 2), &mut payload)?;
            replaced |= telegram.at(seconds_ago).absorb(value);
        }
        if replaced {
            telegram.warnings.push(
                "a value comes more than once for the same moment, and the last one is taken"
                    .to_owned(),
            );
        }
        Ok(telegram)
    }

    /// The values of a moment.
    fn at(&mut self, seconds_ago: u32) -> &mut Values {
        if seconds_ago == 0 {
            return &mut self.values;
        }
        let known = self.history.iter().position(|sample| sample.seconds_ago == seconds_ago);
        let index = known.unwrap_or_else(|| {
            self.history.push(Sample { seconds_ago, values: Values::default() });
            self.history.len() - 1
        });
        &mut self.history[index].values
    }
}

/// Reads how many seconds ago a value was measured. The upper two bits of its type byte say in how many bytes
/// behind the value that stands: none, 1, 2 or 4.
fn offset(width_code: u8, payload: &mut Reader<'_>) -> Result<u32, Failure> {
    Ok(match width_code {
        0 => 0,
        1 => payload.u8()?.value.into(),
        2 => payload.u16_be()?.value.into(),
        _ => payload.u32_be()?.value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_moment_stand_together() {
        let bytes = [
            0x01, 0x00, 0xE2, // now
            0x41, 0x00, 0xE1, 0x3C, // a minute ago
            0x86, 0x01, 0xD8, 0x00, 0x3C, // the same minute in two bytes
            0xC1, 0x00, 0xE0, 0x00, 0x01, 0x51, 0x80, // a day ago
        ];
        let telegram = Telegram::read(Reader::new(&bytes)).unwrap();
        assert_eq!(*telegram.values.temperature.unwrap(), 22.6);
        let [minute, day] = &telegram.history[..] else { panic!("{telegram:?}") };
        assert_eq!(minute.seconds_ago, 60);
        assert_eq!(*minute.values.temperature.unwrap(), 22.5);
        assert_eq!(*minute.values.co2.unwrap(), 472);
        assert_eq!(day.seconds_ago, 86_400);
        assert!(telegram.warnings.is_empty());
    }

    #[test]
    fn a_value_that_comes_twice_is_said() {
        let telegram = Telegram::read(Reader::new(&[0x02, 40, 0x02, 41])).unwrap();
        assert_eq!(*telegram.values.humidity.unwrap(), 41);
        assert_eq!(telegram.warnings.len(), 1);
    }

    #[test]
    fn what_cannot_be_read_fails() {
        let kind = |bytes: &[u8]| Telegram::read(Reader::new(bytes)).unwrap_err().kind;
        assert_eq!(kind(&[]), FailureKind::TooShort);
        assert_eq!(kind(&[0x00]), FailureKind::UnknownMessage);
        assert_eq!(kind(&[0x02, 40, 0x01, 0x00]), FailureKind::TooShort);
        assert_eq!(kind(&[0x82, 40, 0x01]), FailureKind::TooShort, "the offset is cut off");
    }

    #[test]
    fn no_payload_makes_the_reader_panic() {
        for first in 0..=u8::MAX {
            for length in 0..80 {
                let bytes: Vec<u8> = (0..length)
                    .map(|index| first.wrapping_mul(index | 1).wrapping_add(index))
                    .collect();
                let _ = Telegram::read(Reader::new(&bytes));
            }
        }
    }
}
