//! The input of a decoder's call, and its result.

use crate::CallError;

/// A call that has ended: what it gave and what it took.
#[derive(Clone, Debug)]
pub struct Call<T> {
    /// The reading or the downlink that the decoder returned, checked.
    pub result: Result<T, CallError>,
    /// Fuel that was burnt, the same for the same input on every machine.
    pub fuel: u64,
    /// The most linear memory that it had, in bytes; a script has all that it may have from the start.
    pub memory_bytes: usize,
    /// The log of a script, a line each, within bounds; a component cannot log.
    pub log: Vec<String>,
}

impl<T> Call<T> {
    /// A call that ended before the decoder ran.
    pub(crate) fn failed(error: CallError) -> Self {
        Self { result: Err(error), fuel: 0, memory_bytes: 0, log: Vec::new() }
    }

    /// The same call with its result made into another type.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Call<U> {
        let Self { result, fuel, memory_bytes, log } = self;
        Call { result: result.map(make), fuel, memory_bytes, log }
    }
}

/// The input of a decoder beside the frame: the variables that the operator has set on the device, and the
/// state that the decoder itself returned with the previous frame.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The variables that the operator has set, in the order of the names.
    pub variables: Vec<Variable>,
    /// The state that the decoder last returned for the device; empty at first.
    pub state: Vec<u8>,
}

/// One setting of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// As the decoder's manifest names it.
    pub name: String,
    /// The value of the variable.
    pub value: crate::Value,
}

/// A payload that nobody vouches for: a test vector, or one that a person wants to try. What it
/// decodes to is shown and never becomes a record.
#[derive(Clone, Debug, Default)]
pub struct Specimen {
    /// FPort, 1 to 255.
    pub f_port: u8,
    /// The FCnt of the uplink.
    pub f_cnt: u32,
    /// The FRMPayload in clear.
    pub payload: Vec<u8>,
    /// Milliseconds since the epoch.
    pub received_at: u64,
}

/// A command to be encoded.
#[derive(Clone, Debug)]
pub struct Command {
    /// A JSON object as text, in the maker's own words.
    pub data: String,
    /// Milliseconds since the epoch.
    pub issued_at: u64,
}

/// A downlink to be read back.
#[derive(Clone, Debug)]
pub struct SentDownlink {
    /// FPort, 1 to 255.
    pub f_port: u8,
    /// The FRMPayload in clear.
    pub payload: Vec<u8>,
    /// Milliseconds since the epoch.
    pub sent_at: u64,
}
