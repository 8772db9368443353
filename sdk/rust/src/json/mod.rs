//! JSON in few bytes: values, and readers and writers of them.
//!
//! Decoders are small programs, and `serde_json` was half of most of them: tables of powers of ten, errors for all that
//! files hold, a hashed map. The module reads commands, which the host has checked, and writes `data`, which the host
//! reads again; tests compare it with `serde_json`.

mod map;
mod parser;
mod powers;
mod shortest;
mod special;
mod typed;
mod value;
mod writer;

pub use map::Map;
pub use value::Json;
pub use writer::{hex_capitals, hex_digits, hexadecimal, quoted};

pub(crate) use parser::parse;
pub(crate) use shortest::{from_decimal, shortest_of_single};
pub(crate) use typed::Mismatch;
pub(crate) use writer::{Unwritable, Writer, number, write};
