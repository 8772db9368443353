//! Decoders written by hand, down to the byte: good ones, and those that no compiler would make.

mod answer;
mod component;
mod guest;

pub use answer::{Answer, BASE, Measured, layout};
pub use component::{component, contract, decoder, decoder_around};
pub use guest::Guest;
