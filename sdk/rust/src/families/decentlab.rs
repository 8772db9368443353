//! Decentlab: a version, the number of the device, flags that say which of its sensors follow, and the values of those
//! sensors in words of 16 bits. Commands are three words: a number, a parameter and a checksum.
//!
//! ```
//! use champollion_sdk::{Reader, families::decentlab};
//!
//! // A sensor of two words that is not told, and a battery of one.
//! let mut payload = Reader::new(&[0x02, 0x01, 0x2F, 0x00, 0x02, 0x0B, 0xB1]);
//! let (header, [distance, battery]) = decentlab::sensors(&mut payload, [2, 1])?;
//! assert_eq!((*header.device_id, distance.is_none()), (303, true));
//! assert_eq!(*battery.unwrap().u16_be()?.divided_by(1_000.0), 2.993);
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use std::array;

use serde::{Deserialize, Serialize};

use crate::{
    Command, Downlink, Failure, FailureKind, Reader, Reading, SentDownlink, Spanned, Uplink,
    json::quoted,
};

/// The FPort of both directions, unless it is changed on the device.
pub const PORT: u8 = 1;

/// The version of the format that is known.
const VERSION: u8 = 2;

/// The number that stands for zero where a value may be negative.
const ZERO: i32 = 32_768;

/// The bytes before the values of a telegram.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Header {
    /// The version of the format.
    pub protocol_version: Spanned<u8>,
    /// The number of the device, which is printed on it.
    pub device_id: Spanned<u16>,
}

/// Reads a telegram to its end: of each sensor its words, where they are told.
pub fn sensors<'payload, const SENSORS: usize>(
    payload: &mut Reader<'payload>,
    words: [usize; SENSORS],
) -> Result<(Header, [Option<Reader<'payload>>; SENSORS]), Failure> {
    let protocol_version = payload.u8()?;
    if *protocol_version != VERSION {
        let message = format!("version {} of the format is not known", *protocol_version);
        return Err(Failure::unknown_message(message).at(protocol_version.span));
    }
    let device_id = payload.u16_be()?;
    let flags = payload.u16_be()?;
    if u32::from(*flags).checked_shr(u32::try_from(SENSORS).unwrap_or(u32::MAX)).unwrap_or(0) != 0 {
        let message = format!("the flags {:#06X} tell of more than {SENSORS} sensors", *flags);
        return Err(Failure::unknown_message(message).at(flags.span));
    }
    let mut found = array::from_fn(|_| None);
    for ((index, sensor), words) in (0..).zip(&mut found).zip(words) {
        if *flags.bit(index) {
            *sensor = Some(payload.block(2 * words)?);
        }
    }
    payload.end()?;
    Ok((Header { protocol_version, device_id }, found))
}

impl Reader<'_> {
    /// A word that may be negative, since 32,768 stands for zero.
    pub fn decentlab_signed(&mut self) -> Result<Spanned<i32>, Failure> {
        Ok(self.u16_be()?.map(|word| i32::from(word) - ZERO))
    }
}

/// Refuses telegrams of other ports.
pub fn check_port(uplink: &Uplink) -> Result<(), Failure> {
    if uplink.f_port == PORT { Ok(()) } else { Err(Failure::unknown_port(uplink.f_port)) }
}

/// A command in the words of the maker's own codec.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    command: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parameter: Option<u16>,
}

/// A command that a device takes, and what its parameter may be.
struct Known {
    number: u16,
    name: &'static str,
    parameter: Parameter,
}

/// The parameter of a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parameter {
    None,
    Between(u16, u16),
    /// Of a command that is read back and not written: it could make the device unreachable.
    ReadOnly,
    ReadOnlyNone,
}

/// Commands that come in pairs: the second number saves the settings too.
const PAIRS: &[(u16, &str, Parameter)] = &[
    (0x0001, "set period", Parameter::Between(1, u16::MAX)),
    (0x0003, "set dr", Parameter::ReadOnly),
    (0x0005, "set adr on", Parameter::None),
    (0x0007, "set adr off", Parameter::None),
    (0x0009, "set dr_min", Parameter::ReadOnly),
    (0x000B, "set dr_max", Parameter::ReadOnly),
    (0x000D, "set pwridx_min", Parameter::ReadOnly),
    (0x000F, "set pwridx_max", Parameter::ReadOnly),
    (0x0011, "set send_period", Parameter::Between(0, u16::MAX)),
    (0x0013, "set join_period", Parameter::Between(0, 1_000)),
    (0x0015, "set pwridx", Parameter::ReadOnly),
    (0x0017, "set linkcheck_period", Parameter::Between(0, u16::MAX)),
    (0x0019, "set linkcheck_tolerance", Parameter::Between(0, u16::MAX)),
    (0x001B, "set linkcheck_limit", Parameter::Between(0, u16::MAX)),
    (0x001D, "set port", Parameter::ReadOnly),
];

/// Commands of which there are several: the first number, that of those which save the settings too, and how many.
const ROWS: &[(u16, u16, u16, &str)] =
    &[(0x0020, 0x0030, 16, "set param"), (0x0050, 0x0060, 10, "set sensor_period")];

/// Commands without a sibling.
const SINGLES: &[(u16, &str, Parameter)] = &[
    (0xFEFE, "reset", Parameter::None),
    (0xFEF0, "factory reset", Parameter::ReadOnlyNone),
    (0xFEF1, "sleep", Parameter::ReadOnlyNone),
];

const SAVED: &str = " + save";

/// Writes a command as the device expects it.
pub fn encode(command: &Command) -> Result<Downlink, Failure> {
    let order: Order = command.parse()?;
    let (bare, saved) = match order.command.strip_suffix(SAVED) {
        Some(bare) => (bare, true),
        None => (order.command.as_str(), false),
    };
    let known = by_name(bare, saved).ok_or_else(|| {
        let names: Vec<&str> = PAIRS.iter().chain(SINGLES).map(|(_, name, _)| *name).collect();
        Failure::invalid_command(format!(
            "{} is no command that is known; known are {}, set param 0 to 15 and set sensor_period 0 to 9, most of \
             them with\"{SAVED}\" behind",
            quoted(&order.command),
            names.join(", ")
        ))
    })?;
    let parameter = match (known.parameter, order.parameter) {
        (Parameter::None, None) => 0,
        (Parameter::Between(lowest, highest), Some(given))
            if (lowest..=highest).contains(&given) =>
        {
            given
        }
        (Parameter::Between(lowest, highest), _) => {
            let name = quoted(known.name);
            return Err(Failure::invalid_command(format!(
                "{name} needs a parameter from {lowest} to {highest}"
            )));
        }
        (Parameter::None, Some(_)) => {
            let name = quoted(known.name);
            return Err(Failure::invalid_command(format!("{name} has no parameter")));
        }
        (Parameter::ReadOnly | Parameter::ReadOnlyNone, _) => {
            return Err(Failure::invalid_command(format!(
                "{} is not written, since it could make the device unreachable",
                quoted(known.name)
            )));
        }
    };
    let mut payload = Vec::from(known.number.to_be_bytes());
    payload.extend(parameter.to_be_bytes());
    payload.extend(checksum(&payload).to_be_bytes());
    Ok(Downlink::new(PORT, payload))
}

/// Reads a command back from what was sent.
pub fn decode(downlink: &SentDownlink) -> Result<Reading, Failure> {
    if downlink.f_port != PORT {
        return Err(Failure::unknown_port(downlink.f_port));
    }
    let mut payload = downlink.reader();
    let number = payload.u16_be()?;
    let parameter = payload.u16_be()?;
    let sum = payload.u16_be()?;
    payload.end()?;
    let expected = checksum(&downlink.payload[..4]);
    if *sum != expected {
        let message = format!("the checksum is {:#06X}, and {expected:#06X} is right", *sum);
        return Err(Failure::new(FailureKind::InvalidValue, message).at(sum.span));
    }
    let (command, kind) = by_number(*number).ok_or_else(|| {
        let message = format!("{:#06X} is no command that is known", *number);
        Failure::unknown_message(message).at(number.span)
    })?;
    let has_parameter = !matches!(kind, Parameter::None | Parameter::ReadOnlyNone);
    Reading::new(&Order { command, parameter: has_parameter.then_some(*parameter) })
}

fn by_name(bare: &str, saved: bool) -> Option<Known> {
    let pair = PAIRS.iter().find(|(_, name, _)| *name == bare);
    if let Some((number, name, parameter)) = pair {
        return Some(Known { number: number + u16::from(saved), name, parameter: *parameter });
    }
    if let Some((number, name, parameter)) = SINGLES.iter().find(|(_, name, _)| *name == bare) {
        return (!saved).then_some(Known { number: *number, name, parameter: *parameter });
    }
    ROWS.iter().find_map(|(first, first_saved, count, name)| {
        let index: u16 = bare.strip_prefix(name)?.strip_prefix(' ')?.parse().ok()?;
        let first = if saved { first_saved } else { first };
        let parameter = Parameter::Between(0, u16::MAX);
        (index < *count).then_some(Known { number: first + index, name, parameter })
    })
}

fn by_number(number: u16) -> Option<(String, Parameter)> {
    for (first, name, parameter) in PAIRS {
        if number == *first {
            return Some(((*name).to_owned(), *parameter));
        }
        if number == first + 1 {
            return Some((format!("{name}{SAVED}"), *parameter));
        }
    }
    if let Some((_, name, parameter)) = SINGLES.iter().find(|(single, ..)| *single == number) {
        return Some(((*name).to_owned(), *parameter));
    }
    ROWS.iter().find_map(|(first, first_saved, count, name)| {
        let index_of = |first: u16| number.checked_sub(first).filter(|index| index < count);
        let text = match (index_of(*first), index_of(*first_saved)) {
            (Some(index), _) => format!("{name} {index}"),
            (None, Some(index)) => format!("{name} {index}{SAVED}"),
            (None, None) => return None,
        };
        Some((text, Parameter::Between(0, u16::MAX)))
    })
}

/// The checksum of Modbus.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xA001 } else { sum >> 1 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(data: &str) -> Result<Downlink, Failure> {
        encode(&Command { data: data.to_owned(), issued_at: 0, variables: Vec::new() })
    }

    fn read_back(payload: &[u8]) -> Result<String, Failure> {
        let downlink = SentDownlink {
            f_port: PORT,
            payload: payload.to_vec(),
            sent_at: 0,
            variables: Vec::new(),
        };
        decode(&downlink).map(|reading| reading.data().to_owned())
    }

    #[test]
    fn commands_are_those_of_the_makers_codec() {
        for (data, bytes) in [
            (r#"{"command":"set period + save","parameter":3600}"#, [0, 2, 14, 16, 72, 164]),
            (r#"{"command":"set adr off"}"#, [0, 7, 0, 0, 229, 177]),
        ] {
            assert_eq!(encoded(data).unwrap().payload, bytes);
            assert_eq!(read_back(&bytes).unwrap(), data);
        }
    }

    #[test]
    fn each_number_is_read_back_and_most_are_written() {
        let mut known = 0;
        for number in 0..=u16::MAX {
            let Some((command, parameter)) = by_number(number) else { continue };
            known += 1;
            let data = match parameter {
                Parameter::None => format!(r#"{{"command":{command:?}}}"#),
                _ => format!(r#"{{"command":{command:?},"parameter":1}}"#),
            };
            match parameter {
                Parameter::None | Parameter::Between(..) => {
                    let payload = encoded(&data).unwrap().payload;
                    assert_eq!(payload[..2], number.to_be_bytes());
                    assert_eq!(read_back(&payload).unwrap(), data);
                }
                _ => assert!(encoded(&data).unwrap_err().message.contains("unreachable")),
            }
        }
        assert_eq!(known, 2 * 15 + 2 * 16 + 2 * 10 + 3);
    }

    #[test]
    fn what_is_no_command_is_said() {
        for (data, message) in [
            (r#"{"command":"set periods","parameter":1}"#, "is no command that is known"),
            (r#"{"command":"set period"}"#, "needs a parameter from 1 to 65535"),
            (r#"{"command":"set period","parameter":0}"#, "needs a parameter"),
            (r#"{"command":"reset","parameter":1}"#, "has no parameter"),
            (r#"{"command":"reset + save"}"#, "is no command"),
            (r#"{"command":"set param 16","parameter":1}"#, "is no command"),
        ] {
            let failure = encoded(data).unwrap_err();
            assert!(failure.message.contains(message), "{}", failure.message);
        }
        assert!(read_back(&[0, 7, 0, 0, 229, 178]).unwrap_err().message.contains("checksum"));
        assert_eq!(read_back(&[0, 7, 0, 0]).unwrap_err().kind, FailureKind::TooShort);
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(payload: Vec<u8>, words: [u8; 3]) {
            let _ = sensors(&mut Reader::new(&payload), words.map(usize::from));
            let _ = read_back(&payload);
        }
    }
}
