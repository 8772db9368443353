//! B METERS: the header that commands to its meters and their answers have in common, and the clock in them.
//!
//! ```
//! use champollion_sdk::{Reader, families::b_meters::{self, Exchange, Function}};
//!
//! #[derive(Clone, Copy, Debug, PartialEq)]
//! struct Reset;
//!
//! impl Function for Reset {
//!     const ALL: &'static [(Self, u8, &'static str)] = &[(Self, 0x0A, "reset")];
//! }
//!
//! let command = b_meters::command(Reset, 0x05, &[])?;
//! assert_eq!(command, [0x0A, 0, 0, 0, 1, 0x05]);
//! let exchange = Exchange::<Reset>::read(&mut Reader::new(&command))?;
//! assert_eq!((exchange.function, exchange.is_answer, exchange.body.is_empty()), (Reset, false, true));
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use std::ops::RangeInclusive;

use serde::Serialize;

use crate::{Failure, Reader, Spanned, clocks};

/// The functions of a device.
pub trait Function: Copy + PartialEq + 'static {
    /// All of them, each with the number that the manual gives it and the name of its command.
    const ALL: &'static [(Self, u8, &'static str)];

    /// The byte that may stand behind a length of 0: the device type, where examples of the manual do not count it.
    const BEHIND: Option<u8> = None;

    /// The function of a number.
    #[must_use]
    fn of(code: u8) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == code).map(|(function, ..)| *function)
    }

    /// The name of the command.
    #[must_use]
    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(function, ..)| *function == self).map_or("", |(_, _, name)| name)
    }

    /// The number of the manual.
    #[must_use]
    fn code(self) -> u8 {
        Self::ALL.iter().find(|(function, ..)| *function == self).map_or(0, |(_, code, _)| *code)
    }
}

/// A command or its answer.
#[derive(Clone, Debug)]
pub struct Exchange<'payload, F> {
    /// The function that is commanded or answered.
    pub function: F,
    /// Whether the device answers.
    pub is_answer: bool,
    /// The number of the error, 0 where there is none.
    pub error: Spanned<u8>,
    /// The bytes behind the device type, which all but the shortest bodies begin with.
    pub body: Reader<'payload>,
}

impl<'payload, F: Function> Exchange<'payload, F> {
    /// Reads a payload to its end.
    ///
    /// # Errors
    ///
    /// Fails where the function or the direction is not known, and where the length is not that of the payload.
    pub fn read(payload: &mut Reader<'payload>) -> Result<Self, Failure> {
        let code = payload.u8()?;
        let function = F::of(*code).ok_or_else(|| {
            Failure::unknown_message(format!("no message begins with {:02X}", *code)).at(code.span)
        })?;
        let direction = payload.u8()?;
        let is_answer = match *direction {
            0 => false,
            1 => true,
            other => {
                let message = format!("{other:02X} is neither a command, 00, nor an answer, 01");
                return Err(Failure::unknown_message(message).at(direction.span));
            }
        };
        let error = payload.u8()?;
        // The chain, which the manuals do not describe, is 0 in all of their examples.
        payload.skip(1)?;
        let length = *payload.u8()?;
        let mut body = payload.block(usize::from(length))?;
        if length == 0 && payload.remaining() == 1 && payload.peek() == F::BEHIND {
            payload.skip(1)?;
        }
        payload.end()?;
        // Of answers the examples have another device type than the tables, so it is not compared.
        body.skip(usize::from(!body.is_empty()))?;
        Ok(Self { function, is_answer, error, body })
    }

    /// The exchange as an answer.
    ///
    /// # Errors
    ///
    /// Fails where it is a command.
    pub fn answer(self) -> Result<Self, Failure> {
        match self.is_answer {
            true => Ok(self),
            false => {
                let message = format!("this is the command {}", self.function.name());
                Err(Failure::unknown_message(message))
            }
        }
    }

    /// The exchange as a command.
    ///
    /// # Errors
    ///
    /// Fails where it is an answer.
    pub fn command(self) -> Result<Self, Failure> {
        match self.is_answer {
            false => Ok(self),
            true => {
                let message = format!("this is an answer to {}", self.function.name());
                Err(Failure::unknown_message(message))
            }
        }
    }

    /// The word for the error.
    ///
    /// # Errors
    ///
    /// Fails where the list of the device does not have it.
    pub fn error_word(&self, errors: &[(u8, &'static str)]) -> Result<&'static str, Failure> {
        let found = errors.iter().find(|(number, _)| *number == *self.error);
        found.map(|(_, word)| *word).ok_or_else(|| {
            let message = format!("the error {} is none that the manual has", *self.error);
            Failure::invalid_value(message).at(self.error.span)
        })
    }
}

/// An answer to a command as it is told: what it answers, its error, and what was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Answer<T> {
    message: &'static str,
    answers: &'static str,
    /// The error, or `none`.
    error: &'static str,
    /// The body, where there is no error and the command asks for something.
    #[serde(flatten)]
    pub told: Option<T>,
}

impl<T> Answer<T> {
    /// Reads an answer by the words for the errors of a device, and its body, if it has no error, by `told`.
    ///
    /// # Errors
    ///
    /// Fails where it is a command, where the error is not known, and where the body has more than `told` reads.
    pub fn read<F: Function>(
        exchange: Exchange<'_, F>,
        errors: &[(u8, &'static str)],
        told: impl FnOnce(F, &mut Reader<'_>) -> Result<Option<T>, Failure>,
    ) -> Result<Self, Failure> {
        let exchange = exchange.answer()?;
        let answers = exchange.function.name();
        let error = exchange.error_word(errors)?;
        let mut body = exchange.body;
        let told = match *exchange.error {
            0 => told(exchange.function, &mut body)?,
            _ => None,
        };
        body.end()?;
        Ok(Self { message: "answer", answers, error, told })
    }
}

/// A command with its header and the device type before its body.
///
/// # Errors
///
/// Fails where the body is longer than a length of one byte can say.
pub fn command<F: Function>(function: F, device_type: u8, body: &[u8]) -> Result<Vec<u8>, Failure> {
    let length = u8::try_from(body.len() + 1)
        .map_err(|_| Failure::invalid_command("a command has 254 bytes at most"))?;
    Ok([&[function.code(), 0, 0, 0, length, device_type][..], body].concat())
}

/// A command without a body, of which the length is 0; `behind` is what follows the length all the same.
#[must_use]
pub fn bare_command<F: Function>(function: F, behind: &[u8]) -> Vec<u8> {
    [&[function.code(), 0, 0, 0, 0][..], behind].concat()
}

/// The years that the clock can be set to.
const YEARS: RangeInclusive<u32> = 2_018..=2_100;

/// The clock: day, weekday, month, year since 2000, hour, minute and second, each a plain number.
///
/// # Errors
///
/// Fails where there is no such moment.
pub fn read_clock(body: &mut Reader<'_>) -> Result<u64, Failure> {
    let bytes = body.array::<7>()?;
    let [day, _, month, year, hour, minute, second] = bytes.value.map(u32::from);
    clocks::moment((2_000 + year, month, day), (hour, minute, second))
        .ok_or_else(|| Failure::invalid_value("this is no date and time").at(bytes.span))
}

/// The bytes of the clock at a moment, in UTC.
///
/// # Errors
///
/// Fails where the clock cannot be set to the year.
pub fn clock_bytes(moment: u64) -> Result<[u8; 7], Failure> {
    let ((year, month, day), (hour, minute, second)) = clocks::date_and_time(moment)
        .filter(|((year, ..), _)| YEARS.contains(year))
        .ok_or_else(|| Failure::invalid_command("the clock can be set from 2018 to 2100"))?;
    // 1970-01-01 was a Thursday; Sunday is 0.
    let weekday = (moment / 86_400_000 + 4) % 7;
    let weekday = u32::try_from(weekday).unwrap_or(0);
    // All of them are below 256.
    Ok([day, weekday, month, year - 2_000, hour, minute, second].map(|part| part.to_le_bytes()[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Known {
        Firmware,
        Reset,
    }

    impl Function for Known {
        const ALL: &'static [(Self, u8, &'static str)] =
            &[(Self::Firmware, 0x07, "getFirmware"), (Self::Reset, 0x0A, "reset")];

        const BEHIND: Option<u8> = Some(0x05);
    }

    fn read(payload: &[u8]) -> Result<Exchange<'_, Known>, Failure> {
        Exchange::read(&mut Reader::new(payload))
    }

    #[test]
    fn commands_are_read_back_with_what_their_length_does_not_count() {
        let bare = bare_command(Known::Firmware, &[0x05]);
        assert_eq!(bare, [0x07, 0, 0, 0, 0, 0x05]);
        assert_eq!(read(&bare).unwrap().command().unwrap().function, Known::Firmware);
        assert!(read(&bare[..5]).is_ok() && read(&bare[..4]).is_err());
        assert!(
            read(&[0x07, 0, 0, 0, 0, 0x04]).is_err() && read(&[0x07, 0, 0, 0, 0, 5, 5]).is_err()
        );
        let whole = command(Known::Reset, 0x05, &[1, 2]).unwrap();
        let body = read(&whole).unwrap().body.rest();
        assert_eq!(body.value, [1, 2]);
    }

    #[test]
    fn a_command_is_no_answer_and_an_answer_no_command() {
        let answer = read(&[0x07, 1, 4, 0, 0]).unwrap();
        assert_eq!(answer.error_word(&[(0, "none"), (4, "length")]).unwrap(), "length");
        assert!(answer.error_word(&[(0, "none")]).is_err());
        assert!(answer.clone().answer().is_ok() && answer.command().is_err());
        assert!(read(&[0x0A, 0, 0, 0, 1, 5]).unwrap().answer().is_err());
    }

    #[test]
    fn a_clock_is_read_as_it_was_set() {
        // 2024-05-01T10:20:30Z, a Wednesday.
        let moment = 1_714_558_830_000;
        let bytes = clock_bytes(moment).unwrap();
        assert_eq!(bytes, [1, 3, 5, 24, 10, 20, 30]);
        assert_eq!(read_clock(&mut Reader::new(&bytes)).unwrap(), moment);
        assert!(clock_bytes(0).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_payload_panics(payload: Vec<u8>) {
            let _ = read(&payload);
        }
    }
}
