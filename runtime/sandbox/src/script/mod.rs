//! Scripts: codecs in JavaScript, which run unmodified.
//!
//! All of them run in one engine, QuickJS compiled to WebAssembly, which imports a clock and nothing
//! else; the host answers it with the time of the frame. A codec is evaluated once. What that changed
//! in the engine's memory is kept, and every call begins with exactly that memory and no other
//! ([`machine`]), which costs little because the engine keeps account of what it writes
//! ([`kept`](crate::kept)).

mod decoder;
mod engine_module;
mod fields;
mod machine;
mod normalized;
mod units;
mod wire;
mod workshop;

use serde::{Deserialize, Serialize};

pub use fields::{FieldMapping, MappingError};
pub use units::Conversion;

pub(crate) use decoder::ScriptDecoder;
pub(crate) use workshop::Workshop;

/// A codec in JavaScript.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The codec as its maker wrote it.
    pub source: String,
    /// The dialect of the codec's functions; `None` recognizes it by their names.
    pub dialect: Option<Dialect>,
    /// The fields that are quantities of the vocabulary.
    pub fields: Vec<FieldMapping>,
    /// The FPort of commands for which the codec itself names none; `None` is
    /// [`DEFAULT_DOWNLINK_PORT`](Self::DEFAULT_DOWNLINK_PORT).
    pub downlink_port: Option<u8>,
    /// Whether a command is the whole of what `encodeDownlink` is given, and not its `data`. Some
    /// codecs read further keys beside `data`.
    pub whole_input: bool,
}

impl Script {
    /// Where The Things Stack sends a command whose codec names no FPort.
    pub const DEFAULT_DOWNLINK_PORT: u8 = 1;

    /// Largest source in bytes. The largest codecs that makers publish have some hundred kilobytes.
    pub const SOURCE_BYTES: usize = 1 << 20;

    /// The factor by which a script may burn more fuel in a call than a component. A step of the interpreter
    /// is some seventy instructions of WebAssembly, where a component has one or two.
    pub const FUEL_FACTOR: u64 = 10;

    /// The fuel that evaluating a codec may burn, once when it is loaded: a codec of 30 KB takes 1/50 of it.
    pub const LOAD_FUEL: u64 = 1_000_000_000;
}

/// The dialect of a codec: how its functions are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// TS013, The Things Stack v3 and ChirpStack v4: `decodeUplink({bytes, fPort, recvTime,
    /// variables})`, `encodeDownlink`, `decodeDownlink`, `normalizeUplink`.
    Ts013,
    /// The Things Network v2: `Decoder(bytes, port)`, `Encoder(object, port)`.
    TtnV2,
    /// ChirpStack v3: `Decode(fPort, bytes, variables)`, `Encode(fPort, object, variables)`.
    #[serde(rename = "chirpstack-v3")]
    ChirpStackV3,
    /// Milesight's own: `milesightDeviceDecode(bytes)`, `milesightDeviceEncode(object)`, or else its
    /// `Decoder(bytes, fPort)`.
    Milesight,
    /// Helium: `Decoder(bytes, port, uplink_info)`.
    Helium,
}

impl Dialect {
    /// All dialects that there are.
    pub const ALL: [Self; 5] =
        [Self::Ts013, Self::TtnV2, Self::ChirpStackV3, Self::Milesight, Self::Helium];

    /// The word for it in manifests and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ts013 => "ts013",
            Self::TtnV2 => "ttn-v2",
            Self::ChirpStackV3 => "chirpstack-v3",
            Self::Milesight => "milesight",
            Self::Helium => "helium",
        }
    }

    /// Its number in what is said to the engine, where 0 stands for any.
    fn number(self) -> u8 {
        match self {
            Self::Ts013 => 1,
            Self::TtnV2 => 2,
            Self::ChirpStackV3 => 3,
            Self::Milesight => 4,
            Self::Helium => 5,
        }
    }

    fn of_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.number() == number)
    }
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}
