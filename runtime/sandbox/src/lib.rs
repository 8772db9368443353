//! Runs decoders in WebAssembly: a component or a script and a verified uplink in, a reading out.
//!
//! Partners' code runs beside the meters of a whole territory, so nothing of it is trusted. The
//! linker is empty: a decoder can reach neither clock nor file nor network. Every call gets a fresh
//! instance, an amount of fuel and an amount of memory; what comes out is checked before anybody sees
//! it. Each limit ends in its own error.
//!
//! - [`Sandbox`] compiles components, or takes their code from the cache, and gives [`Decoder`]s. It
//!   does the same of a codec in JavaScript, a [`Script`].
//! - [`Decoder`] makes the calls. Frames enter as [`VerifiedUplink`](champollion_frames::VerifiedUplink);
//!   a payload that nobody vouches for, such as a test vector, enters as [`Specimen`].
//! - [`Formulas`] are a derived decoder: expressions that make measurements of a [`Reading`].
//! - [`Reading`] is what comes out, in the [`vocabulary`] that all decoders share.

mod call;
mod callable;
mod code_cache;
mod component;
mod data;
mod derived;
mod digest;
mod engine;
mod error;
mod kept;
mod limits;
mod reading;
mod repetition;
mod sandbox;
mod script;
mod slots;
pub mod vocabulary;

pub use call::{Call, Command, SentDownlink, Settings, Specimen, Variable};
pub use callable::Decoder;
pub use component::compile::{Compiler, WorkerCommand, compile_worker};
pub use data::Data;
pub use derived::{
    DeclaredVariable, Derivation, DerivedDeclaration, DerivedFault, DerivedInput, DerivedPlace,
    DerivedValue, Formulas, Memory, Observation,
};
pub use digest::{Digest, DigestError};
pub use error::{CallError, LoadError, OutputError};
pub use limits::{CallLimits, Limits};
pub use reading::{Downlink, Failure, FailureKind, Measurement, Reading, Span, Value};
pub use repetition::{Repetition, check_repetition};
pub use sandbox::{Sandbox, SandboxConfig, SandboxError};
pub use script::{Conversion, Dialect, FieldMapping, MappingError, Script};
pub use vocabulary::Quantity;
