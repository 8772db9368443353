//! Names and units that makers use for fields: two tables of the product, `units.csv` and `fields.csv`.

mod fields;
mod units;

pub(super) use fields::{KnownField, KnownType, fields_of};
pub(super) use units::{Suffix, of_suffix, of_text};
