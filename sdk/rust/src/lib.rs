//! The crate that Champollion decoders are written with.
//!
//! A decoder turns the payload of one sensor model into a [`Reading`]. It is a pure function of the
//! frame, of the settings that the operator gave the device and of the state that the decoder itself
//! returned with the device's previous frame. It is built to a WebAssembly component that imports
//! nothing, and tested as ordinary native Rust.
//!
//! ```
//! use champollion_sdk::prelude::*;
//!
//! struct Thermometer;
//!
//! #[derive(serde::Serialize)]
//! struct Telegram {
//!     temperature: Spanned<f64>,
//!     battery_low: bool,
//! }
//!
//! impl Decoder for Thermometer {
//!     fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
//!         let mut payload = uplink.reader();
//!         let temperature = payload.i16_be()?.map(|tenths| f64::from(tenths) / 10.0);
//!         let flags = payload.u8()?;
//!         payload.end()?;
//!         let battery_low = flags.bit(0);
//!         Ok(Reading::new(&Telegram { temperature, battery_low: *battery_low })?
//!             .with(quantity::AIR_TEMPERATURE.of(temperature))
//!             .with(quantity::ALARM_BATTERY.of(battery_low)))
//!     }
//! }
//!
//! champollion_sdk::export!(Thermometer);
//! ```

#[cfg(target_arch = "wasm32")]
mod arena;
mod bits;
mod bounds;
#[cfg(not(target_family = "wasm"))]
pub mod chance;
pub mod clocks;
mod command;
mod contract;
mod contract_section;
mod decimal;
mod decoder;
#[cfg(not(target_family = "wasm"))]
pub mod deviation;
#[cfg(not(target_family = "wasm"))]
pub mod difference;
#[cfg(feature = "openapi")]
mod expectation;
mod failure;
pub mod families;
mod json;
mod panic_note;
pub mod quantity;
mod reader;
mod reading;
mod single;
mod spanned;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
#[cfg(not(target_family = "wasm"))]
pub mod values;
mod variables;
#[cfg(not(target_family = "wasm"))]
pub mod vectors;
#[doc(hidden)]
pub mod wire;
mod words;

pub use bits::{BitOrder, BitReader};
pub use contract::{
    Command, Downlink, Failure, FailureKind, Measurement, SentDownlink, Span, Uplink, Value,
    Variable,
};
#[doc(hidden)]
pub use contract_section::CONTRACT;
pub use decimal::decimal;
pub use decoder::Decoder;
#[doc(hidden)]
pub use decoder::is_decoder;
pub use json::{Json, Map, hex_capitals, hex_digits, hexadecimal, quoted};
pub use quantity::Quantity;
pub use reader::Reader;
pub use reading::Reading;
pub use single::shortest_decimal;
pub use spanned::Spanned;
pub use variables::Variables;
pub use words::{Words, bytes_of_digits, number_of, reserved, reserved_bits, word};

/// Everything that a decoder needs, to be imported with a star.
pub mod prelude {
    pub use crate::{
        BitOrder, Command, Decoder, Downlink, Failure, FailureKind, Measurement, Reader, Reading,
        SentDownlink, Spanned, Uplink, quantity,
    };
}
