//! Decoders compiled to WebAssembly: from the component in a package to a call of its core module.
//!
//! - [`inspection`], [`structure`] and, before it is compiled, [`complexity`] look at a file.
//! - [`core_module`] finds the module that is the decoder's code, and holds the component around it
//!   against the contract.
//! - [`compile`] compiles the module, in a process of its own.
//! - [`code`] keeps instances of it from one call to the next; packages with the same code share it
//!   ([`shared`]).
//! - [`decoder`] calls it in an [`instance`]: [`lower`] and [`lift`] write and read the contract's values where the
//!   canonical ABI ([`abi`]) says that they lie.

mod abi;
mod code;
pub(crate) mod compile;
mod complexity;
mod core_module;
mod decoder;
mod inspection;
mod instance;
pub(crate) mod lift;
mod lower;
mod panic_note;
mod places;
mod shared;
mod structure;

pub(crate) use code::Code;
pub(crate) use core_module::core_module;
pub(crate) use decoder::ComponentDecoder;
pub(crate) use inspection::inspect_file;
pub(crate) use places::Places;
pub(crate) use shared::SharedCode;
pub(crate) use structure::inspect_structure;
