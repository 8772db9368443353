//! Scripts: codecs in JavaScript, which run unmodified.
//!
//! All of them run in one engine, QuickJS compiled to WebAssembly, which imports a clock and nothing
//! else; the host answers it with the time of the frame. A codec is evaluated once. What that changed
//! in the engine's memory is kept, and every call begins with exactly that memory and no other
//! ([`machine`]), which costs little because the engine keeps account of what it writes
//! ([`kept`](crate::kept)).

mod context;
mod decoder;
mod engine_module;
mod fields;
mod machine;
mod normalized;
mod place;
mod typed;
mod units;
mod wire;
mod workshop;

use serde::{Deserialize, Serialize};

use crate::{Limits, kept::barrier::MOST_MEMORY_BYTES};

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

    /// The member that holds the data of a codec that returns a list: data is an object in records.
    pub const LIST_MEMBER: &str = "items";

    /// Source in bytes for whose loading the memory of a call suffices.
    pub const ORDINARY_SOURCE_BYTES: usize = 64 << 10;

    /// Bytes of memory that an instance has beside that of a call for each further byte of source. The
    /// parser takes ten to twenty, and dense code somewhat more.
    pub const LOAD_MEMORY_FACTOR: usize = 28;

    /// The factor by which a script may burn more fuel in a call than a component. A step of the interpreter
    /// is some seventy instructions of WebAssembly, where a component has one or two.
    pub const FUEL_FACTOR: u64 = 10;

    /// The fuel that evaluating a codec may burn, once when it is loaded: a codec of 30 KB takes 1/50 of it.
    pub const LOAD_FUEL: u64 = 1_000_000_000;

    /// The fuel that each byte of source after the ordinary may burn beyond that.
    const LOAD_FUEL_BY_BYTE: u64 = 2_000;

    /// Returns the state of a device for which a driver of ThingPark has left this context, as JSON text;
    /// `None` where it is too large to be kept.
    #[must_use]
    pub fn state_of_context(json: &str) -> Option<Vec<u8>> {
        context::state_of(json, Limits::STATE_BYTES).ok()
    }

    /// Returns the fuel that evaluating a source of so many bytes may burn.
    fn load_fuel(source_bytes: usize) -> u64 {
        let further = source_bytes.saturating_sub(Self::ORDINARY_SOURCE_BYTES);
        Self::LOAD_FUEL.saturating_add(Self::LOAD_FUEL_BY_BYTE.saturating_mul(further as u64))
    }

    /// Returns the memory of an instance for a source of so many bytes, where a call may use
    /// `call_bytes`: that, and what loading the source takes, in few sizes, so that codecs share
    /// instances.
    fn memory_bytes(source_bytes: usize, call_bytes: usize) -> usize {
        const STEP_BYTES: usize = 4 << 20;
        let further = source_bytes.saturating_sub(Self::ORDINARY_SOURCE_BYTES);
        let load_bytes = further.saturating_mul(Self::LOAD_MEMORY_FACTOR);
        call_bytes.saturating_add(load_bytes.next_multiple_of(STEP_BYTES)).min(MOST_MEMORY_BYTES)
    }
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
