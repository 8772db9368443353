//! The format that all devices of Milesight share: values behind a channel and a type, least significant byte first,
//! attributes that a device tells of itself when it joins, and settings, which it repeats when it has taken them.
//!
//! A decoder reads the values of its model, and gives a table of its settings; the rest is done here.
//!
//! ```
//! use champollion_sdk::{prelude::*, families::milesight};
//!
//! fn decode(uplink: &Uplink) -> Result<Reading, Failure> {
//!     milesight::decode_uplink(uplink, &[], |header, value, told| {
//!         match header {
//!             [0x03, 0x67] => {
//!                 let temperature = value.i16_le()?.divided_by(10.0);
//!                 told.say("temperature", *temperature);
//!                 told.measure(quantity::AIR_TEMPERATURE.of(temperature));
//!             }
//!             _ => return Ok(false),
//!         }
//!         Ok(true)
//!     })
//! }
//!
//! let payload = vec![0xFF, 0x0B, 0xFF, 0x03, 0x67, 0x10, 0x01];
//! let (f_port, variables, state) = (milesight::PORT, Vec::new(), Vec::new());
//! let uplink = Uplink { f_port, f_cnt: 0, payload, received_at: 0, variables, state };
//! assert_eq!(decode(&uplink)?.data(), r#"{"device_status":"on","temperature":27.2}"#);
//! # Ok::<(), Failure>(())
//! ```

mod attributes;
mod form;
pub mod rows;
mod settings;
pub mod stored;
mod told;

use crate::{
    Command, Downlink, Failure, Reader, Reading, SentDownlink, Spanned, Uplink, json::quoted,
};

pub use crate::{
    json::{Json, Map},
    words::{Words, number_of, word},
};
pub use attributes::CLASSES;
pub use form::{Field, Form, Number, Part};
pub use settings::{Select, Setting};
pub use told::Told;

/// The port that devices have when they leave the factory, for both directions. Their owners may give them another one,
/// so uplinks are read whatever their port is, and commands go to the one that the variable `f-port` names.
pub const PORT: u8 = 85;

/// Words of a switch.
pub const ON_OFF: Words = &[(0, "off"), (1, "on")];

/// Words of a function that is in use or not.
pub const ENABLE: Words = &[(0, "disable"), (1, "enable")];

/// A setting's channel in commands, and in answers of some devices.
const SET: u8 = 0xFF;

/// A setting's channel in answers.
const ANSWER: u8 = 0xFE;

/// The channel of more settings, in commands and in answers of some devices.
const EXTENDED: u8 = 0xF9;

/// The channel of more settings in answers that tell whether the device has taken the setting.
const EXTENDED_ANSWER: u8 = 0xF8;

/// The most bytes of a frame.
const LONGEST: usize = 242;

/// The most bytes that get through at the lowest data rate of EU868, by the Regional Parameters.
const SURELY_FITS: usize = 51;

/// Reads a frame to its end. `telemetry` is asked first: it reads the value behind a channel and a type, or returns
/// that they are none of its own. A header that nobody knows is an unknown message, since its size is not known either.
pub fn decode_uplink<'payload>(
    uplink: &'payload Uplink,
    settings: &[Setting],
    mut telemetry: impl FnMut([u8; 2], &mut Reader<'payload>, &mut Told) -> Result<bool, Failure>,
) -> Result<Reading, Failure> {
    let mut payload = uplink.reader();
    let mut told = Told::default();
    // An empty payload is no frame.
    while payload.position() == 0 || !payload.is_empty() {
        let header = payload.array::<2>()?;
        let is_known = telemetry(*header, &mut payload, &mut told)?
            || attributes::read(*header, &mut payload, &mut told)?
            || settings::read_answer(*header, &mut payload, settings, told.settings())?;
        if !is_known {
            return Err(unknown(header));
        }
    }
    told.reading()
}

#[cold]
#[inline(never)]
fn unknown(header: Spanned<[u8; 2]>) -> Failure {
    let [channel, kind] = *header;
    let message = format!("channel {channel:#04X} with type {kind:#04X} is not known");
    Failure::unknown_message(message).at(header.span)
}

/// Writes a command with any number of settings, in the order of the table. `own` is asked first: it takes members that
/// are no settings, and writes them.
pub fn encode_downlink(
    command: &Command,
    settings: &[Setting],
    own: impl FnOnce(&mut Map<String, Json>, &mut Vec<u8>) -> Result<(), Failure>,
) -> Result<Downlink, Failure> {
    let mut values = command.members()?;
    let mut bytes = Vec::new();
    own(&mut values, &mut bytes)?;
    written(command, settings, values, bytes)
}

/// The part of [`encode_downlink`] that is the same for all models.
#[inline(never)]
fn written(
    command: &Command,
    settings: &[Setting],
    mut values: Map<String, Json>,
    mut bytes: Vec<u8>,
) -> Result<Downlink, Failure> {
    for setting in settings {
        setting.write_if_given(&mut values, &mut bytes)?;
    }
    if let Some(unknown) = values.keys().next() {
        let known = settings.iter().filter(|setting| !setting.answer_only);
        let known: Vec<_> = known.map(|setting| setting.name).collect();
        return Err(Failure::invalid_command(format!(
            "{} cannot be set; the settings are {}",
            quoted(unknown),
            known.join(", ")
        )));
    }
    let (f_port, size) = (command.settings().port_or(PORT)?, bytes.len());
    match size {
        0 => Err(Failure::invalid_command("the command holds nothing to be set")),
        1..=SURELY_FITS => Ok(Downlink::new(f_port, bytes)),
        _ if size <= LONGEST => Ok(Downlink::new(f_port, bytes).warn(format!(
            "{size} bytes do not get through at the lowest data rates, which take {SURELY_FITS}"
        ))),
        _ => Err(Failure::invalid_command(format!(
            "the settings take {size} bytes, and a frame holds {LONGEST}"
        ))),
    }
}

/// Reads a command back from what was sent. `own` is asked first, at the first byte of each part: it reads a part that
/// is no setting, or returns that it is none of its own and has read nothing.
pub fn decode_downlink<'payload>(
    downlink: &'payload SentDownlink,
    settings: &[Setting],
    mut own: impl FnMut(&mut Reader<'payload>, &mut Map<String, Json>) -> Result<bool, Failure>,
) -> Result<Reading, Failure> {
    let mut payload = downlink.reader();
    let mut values = Map::new();
    // An empty payload is no command.
    while payload.position() == 0 || !payload.is_empty() {
        if own(&mut payload, &mut values)? {
            continue;
        }
        let header = payload.array::<2>()?;
        if !settings::read_command(*header, &mut payload, settings, &mut values)? {
            let [channel, kind] = *header;
            let message = format!("{channel:02X}{kind:02X} begins no command that is known");
            return Err(Failure::unknown_message(message).at(header.span));
        }
    }
    Reading::new(&values)
}

/// Takes no member of a command and reads no part of a downlink: for models that take nothing but settings.
pub mod settings_alone {
    use super::{Failure, Json, Map, Reader};

    /// Takes no member of a command.
    pub fn write(_: &mut Map<String, Json>, _: &mut Vec<u8>) -> Result<(), Failure> {
        Ok(())
    }

    /// Reads no part of a downlink.
    pub fn read(_: &mut Reader<'_>, _: &mut Map<String, Json>) -> Result<bool, Failure> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests;
