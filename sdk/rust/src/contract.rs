//! The types of the contract `wit/v1`, as Rust has them.

/// One LoRaWAN data uplink, its MIC verified and its FRMPayload decrypted.
#[derive(Clone, Debug, PartialEq)]
pub struct Uplink {
    /// FPort, 1 to 255. Frames of port 0 carry MAC commands and never reach a decoder.
    pub f_port: u8,
    /// Uplink frame counter, all 32 bits of it.
    pub f_cnt: u32,
    /// FRMPayload in clear, 0 to 242 bytes.
    pub payload: Vec<u8>,
    /// The moment at which the network received the frame. The only "now" that a decoder knows.
    pub received_at: u64,
    /// The settings that the operator gave this device, each name once, in the order of the names.
    pub variables: Vec<Variable>,
    /// The state that this decoder returned for this device's latest frame; empty at first.
    pub state: Vec<u8>,
}

/// A setting of one device, given by its operator: litres per pulse, height of the tank, …
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// The name that the decoder's manifest gives it, such as `litres-per-pulse`.
    pub name: String,
    /// The value that the operator gave it.
    pub value: Value,
}

/// A value of one of four types.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A truth value, yes or no.
    Boolean(bool),
    /// A whole number, with its sign.
    Integer(i64),
    /// A number that is finite: neither NaN nor an infinity.
    Number(f64),
    /// A text of any length.
    Text(String),
}

/// One value of one quantity at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// A term of the vocabulary, such as `water.volume`. It fixes the unit and the type.
    pub quantity: String,
    /// The value in the unit that the vocabulary gives the quantity.
    pub value: Value,
    /// The number of one of several alike inputs or outputs, as the maker counts them; 0 where there is one.
    pub channel: u16,
    /// The moment at which the device measured it; none where that is when the frame was received.
    pub measured_at: Option<u64>,
    /// The payload bytes that it was read from, where the decoder knows.
    pub span: Option<Span>,
}

/// A run of payload bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Index of the first byte, from 0.
    pub offset: u16,
    /// Number of bytes, at least 1.
    pub length: u16,
}

/// The reason for which a decoder could not do what it was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The kind of the failure.
    pub kind: FailureKind,
    /// The sentence for people: what is wrong, where, and what was expected.
    pub message: String,
    /// The payload bytes that are at fault, where the decoder knows.
    pub span: Option<Span>,
}

/// The kind of a failure, in the order of the contract, by which the host knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "openapi",
    derive(serde::Deserialize, utoipa::ToSchema),
    serde(rename_all = "kebab-case"),
    schema(as = ExpectedKind, description = "The kinds of failures that a decoder may return.")
)]
#[repr(u8)]
pub enum FailureKind {
    /// The device sends nothing that this decoder knows on this port.
    UnknownPort,
    /// A message type, version or field that this decoder does not know.
    UnknownMessage,
    /// The payload ends before the value that was to be read.
    TooShort,
    /// The payload goes on after its last value.
    TooLong,
    /// A value that cannot be: a checksum that differs, a date in month 13.
    InvalidValue,
    /// A command that lacks something, or holds what the device cannot do.
    InvalidCommand,
    /// A variable that the decoder needs and the operator has not set, or of the wrong type.
    MissingVariable,
    /// This decoder has no such function: a device that takes no commands, for instance.
    Unsupported,
}

/// A command on its way to a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// A JSON object, in the maker's own words.
    pub data: String,
    /// The moment at which it was given: the "now" of a command that sets a clock.
    pub issued_at: u64,
    /// The settings that the operator gave this device.
    pub variables: Vec<Variable>,
}

/// A command as the device expects it.
#[derive(Clone, Debug, PartialEq)]
pub struct Downlink {
    /// FPort, 1 to 223.
    pub f_port: u8,
    /// FRMPayload in clear, 0 to 242 bytes.
    pub payload: Vec<u8>,
    /// Warnings that the sender should know though the command could be encoded, a sentence each.
    pub warnings: Vec<String>,
}

/// A downlink that was sent, to be read back.
#[derive(Clone, Debug, PartialEq)]
pub struct SentDownlink {
    /// FPort, 1 to 255.
    pub f_port: u8,
    /// FRMPayload in clear, 0 to 242 bytes.
    pub payload: Vec<u8>,
    /// The moment at which it was sent.
    pub sent_at: u64,
    /// The settings that the operator gave this device.
    pub variables: Vec<Variable>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
