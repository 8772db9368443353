//! Derived decoders: expressions that make measurements of a reading, and of what they remember of the one before.
//!
//! They run on no WebAssembly: an expression is Jinja's, it sees the values that it names and nothing else, and it has
//! fuel as every decoder has.

mod declaration;
mod expression;
mod fault;
mod formulas;
mod input;
mod observation;
mod seen;
#[cfg(test)]
mod tests;

pub use declaration::{DerivedDeclaration, DerivedInput, DerivedValue};
pub use fault::{DerivedFault, DerivedPlace};
pub use formulas::{DeclaredVariable, Formulas};
pub use observation::{Derivation, Memory, Observation};
