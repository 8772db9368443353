//! The inputs of a derived decoder.

use crate::{Conversion, Quantity};

/// An input, with the conversion into the unit of the expressions.
#[derive(Clone)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) quantity: &'static Quantity,
    pub(super) channel: u16,
    pub(super) conversion: Conversion,
}
