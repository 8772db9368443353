//! Errors of loading a decoder and of calling it.

use std::fmt;

use wasmtime::Trap;

use crate::{Failure, Limits, Script};

/// Why a file cannot be used as a decoder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file has more bytes than are compiled.
    #[error("the component has {bytes} bytes, and {limit} are the limit")]
    TooLarge {
        /// Size of the file in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The file is no WebAssembly at all.
    #[error("this is no WebAssembly component: the file does not start with the bytes \"\\0asm\"")]
    NotWebAssembly,
    /// The file is WebAssembly, but a core module.
    #[error(
        "this is a WebAssembly core module, not a component: build it with `champollion build`, \
         which makes a component of it"
    )]
    CoreModule,
    /// The file is WebAssembly of a kind or version that nobody knows.
    #[error("this is WebAssembly of an unknown binary version")]
    UnknownVersion,
    /// The component is built in a way that would keep the compiler busy for ever or exhaust its
    /// stack.
    #[error("the component has more than {limit} {what}")]
    TooComplex {
        /// Of what, in the plural.
        what: &'static str,
        /// The limit that was exceeded.
        limit: usize,
    },
    /// Compiling it takes longer than it may.
    #[error(
        "the component is not compiled within {limit_ms} ms of the processor's time, which is the \
         limit"
    )]
    CompilesTooLong {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// Compiling it takes more memory than it may.
    #[error("compiling the component takes more than {limit} bytes of memory, which is the limit")]
    CompilesTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The compiler itself failed, which the component may be to blame for or not.
    #[error("the component cannot be compiled: {reason}")]
    CompilerFailed {
        /// The event in words.
        reason: String,
    },
    /// WebAssembly that is not valid, or uses what decoders may not use.
    #[error("the component is not valid: {reason}")]
    Invalid {
        /// The words of the validator or compiler.
        reason: String,
    },
    /// The component wants something from the host.
    #[error(
        "the component imports {}: a decoder imports nothing, neither WASI nor anything else",
        names.join(", ")
    )]
    Imports {
        /// The names of the imports.
        names: Vec<String>,
    },
    /// The component does not export the contract.
    #[error("the component is no decoder: {reason}")]
    NotADecoder {
        /// The export that is missing or of another type.
        reason: String,
    },
    /// The component or script needs more than it may have before it is even called.
    #[error("the decoder cannot be instantiated: {0}")]
    Instantiation(CallError),
    /// The program was built without the script engine.
    #[error(
        "this program was built without the script engine, so it runs no JavaScript: run \
         `cargo xtask guests` and build it again"
    )]
    NoScriptEngine,
    /// The script engine does not work; it is none of the script's fault.
    #[error("the script engine does not work: {reason}")]
    ScriptEngine {
        /// The fault of the record.
        reason: String,
    },
    /// The script has more bytes than are evaluated.
    #[error("the script has {bytes} bytes, and {limit} are the limit")]
    ScriptTooLarge {
        /// Size of the source in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The script is no JavaScript, or throws while it is evaluated.
    #[error("the script cannot be evaluated: {message}{}", Place { line, column })]
    ScriptThrew {
        /// Name and message of the exception, as in `SyntaxError: unexpected token`.
        message: String,
        /// The line, from 1, where it is known.
        line: Option<u32>,
        /// The column, from 1, where it is known.
        column: Option<u32>,
    },
    /// The script has none of the functions that codecs have.
    #[error(
        "the script has no entry point: it defines none of {}, neither as a global nor in what it \
         exports, in `driver` or in a single other object; {}",
        names.join(", "),
        Defined(defined)
    )]
    NoEntryPoint {
        /// The names that are looked for.
        names: Vec<String>,
        /// The names that the script defines, functions with parentheses and objects with their
        /// members.
        defined: Vec<String>,
    },
    /// Loading the script takes more memory than its size allows.
    #[error(
        "the script of {bytes} bytes cannot be loaded: it asked for {wanted} bytes of memory, and \
         {limit} are the limit for a script of its size: the setting memory-bytes of [sandbox], and \
         {} for each byte of source after the first {}",
        Script::LOAD_MEMORY_FACTOR,
        Script::ORDINARY_SOURCE_BYTES
    )]
    ScriptNeedsMemory {
        /// Size of the source in bytes.
        bytes: usize,
        /// The memory wanted, in bytes.
        wanted: usize,
        /// The limit in bytes.
        limit: usize,
    },
}

/// Why a call of a decoder gave no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The decoder itself said so.
    #[error("the decoder reports {0}")]
    Failed(Failure),
    /// The frame carries no application payload, so there is nothing to decode.
    #[error("the frame carries MAC commands only")]
    NoApplicationPayload,
    /// All fuel was burnt.
    #[error("the decoder used all of its {limit} units of fuel")]
    OutOfFuel {
        /// The limit in units of fuel.
        limit: u64,
    },
    /// More memory was wanted than there may be.
    #[error("the decoder asked for {wanted} bytes of memory, and {limit} are the limit")]
    OutOfMemory {
        /// The memory wanted, in bytes.
        wanted: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A larger table was wanted than there may be.
    #[error("the decoder asked for a table of {wanted} elements, and {limit} are the limit")]
    TableTooLarge {
        /// The size wanted, in elements.
        wanted: usize,
        /// The limit in elements.
        limit: usize,
    },
    /// Calls were nested too deep.
    #[error(
        "the decoder nested its calls deeper than its stack of {limit} bytes, which is the limit"
    )]
    StackExhausted {
        /// The limit in bytes.
        limit: usize,
    },
    /// The code ended itself: in Rust, a panic.
    #[error("the decoder crashed: {reason}")]
    Trapped {
        /// The words of the WebAssembly trap.
        reason: String,
    },
    /// A script threw an exception that nobody caught.
    #[error("the decoder threw {message}{}", Place { line, column })]
    Threw {
        /// Name and message of the exception, or what was thrown in its stead.
        message: String,
        /// The line of the script, from 1, where it is known.
        line: Option<u32>,
        /// The column, from 1, where it is known.
        column: Option<u32>,
    },
    /// The output of the decoder breaks the contract.
    #[error("the decoder returned what it must not: {0}")]
    Output(OutputError),
}

impl CallError {
    /// Whether the call cost the host more than an answer does: the decoder crashed, took more than it may, or
    /// returned more than it may. An answer about one frame is none of that, be it a failure, an exception that
    /// a script throws, nothing at all, or a value of another shape: it costs what a reading costs.
    #[must_use]
    pub fn is_misbehaviour(&self) -> bool {
        match self {
            Self::Failed(_) | Self::NoApplicationPayload | Self::Threw { .. } => false,
            Self::OutOfFuel { .. }
            | Self::OutOfMemory { .. }
            | Self::TableTooLarge { .. }
            | Self::StackExhausted { .. }
            | Self::Trapped { .. } => true,
            Self::Output(error) => error.is_beyond_bounds(),
        }
    }

    /// The word for this kind of error in JSON and in metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Failed(_) => "decoder-failure",
            Self::NoApplicationPayload => "no-application-payload",
            Self::OutOfFuel { .. } => "out-of-fuel",
            Self::OutOfMemory { .. } => "out-of-memory",
            Self::TableTooLarge { .. } => "table-too-large",
            Self::StackExhausted { .. } => "stack-exhausted",
            Self::Trapped { .. } => "trapped",
            Self::Threw { .. } => "exception",
            Self::Output(_) => "invalid-output",
        }
    }
}

/// A fault of a decoder's output.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// More than is looked at.
    #[error("more than {limit} bytes of lists and texts, which is the limit")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Bytes that do not hold the values that the contract says: a list that ends beyond the
    /// memory, a text that is not UTF-8, an unknown variant.
    #[error("{reason}")]
    Malformed {
        /// The fault of the record.
        reason: String,
    },
    /// The JSON text is too long.
    #[error("data of {bytes} bytes, and {limit} are the limit")]
    DataTooLarge {
        /// The size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Objects and lists are nested too deep.
    #[error("data nested deeper than {limit} levels, which is the limit")]
    DataTooDeep {
        /// The limit in levels.
        limit: usize,
    },
    /// The JSON text is no JSON.
    #[error("data that is not JSON: {reason}")]
    DataNotJson {
        /// The words of the parser.
        reason: String,
    },
    /// A value in what a script returned is not what it must be.
    #[error("{path} {problem}")]
    NotJson {
        /// Where it stands, as in `data.history[2].volume`.
        path: String,
        /// The problem in words.
        problem: String,
    },
    /// The JSON text is not an object.
    #[error("data that is not a JSON object")]
    DataNotAnObject,
    /// Too many of something.
    #[error("{count} {what}, and {limit} are the limit")]
    TooMany {
        /// Of what, in the plural.
        what: &'static str,
        /// The number that there is.
        count: usize,
        /// The limit that was exceeded.
        limit: usize,
    },
    /// A text is too long.
    #[error("a {what} of {bytes} bytes, and {limit} are the limit")]
    TextTooLong {
        /// The kind of the things counted.
        what: &'static str,
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A quantity that the vocabulary does not have.
    #[error("measurement {index} of the quantity {quantity:?}, which the vocabulary does not have")]
    UnknownQuantity {
        /// The place of the measurement, from 0.
        index: usize,
        /// The name that was given, cut after 64 characters.
        quantity: String,
    },
    /// A value of another type than its quantity has.
    #[error("measurement {index} of {quantity} with {found}, which must be of the type {expected}")]
    WrongType {
        /// The place of the measurement, from 0.
        index: usize,
        /// The term of the vocabulary.
        quantity: &'static str,
        /// The type that it has.
        expected: &'static str,
        /// The type that came.
        found: &'static str,
    },
    /// NaN or an infinity.
    #[error("measurement {index} of {quantity} with {value}, which is no finite number")]
    NotFinite {
        /// The place of the measurement, from 0.
        index: usize,
        /// The term of the vocabulary.
        quantity: &'static str,
        /// The value that was given: `NaN`, `inf` or `-inf`.
        value: String,
    },
    /// A moment that no calendar has.
    #[error("measurement {index} at {milliseconds} ms since 1970, which is after the year 9999")]
    MomentOutOfRange {
        /// The place of the measurement, from 0.
        index: usize,
        /// The moment that was given.
        milliseconds: u64,
    },
    /// A downlink that no device can be sent.
    #[error("a downlink on FPort {f_port}, which must be from 1 to 223")]
    FPortOutOfRange {
        /// The FPort that was given.
        f_port: u8,
    },
}

/// The names that a script defines.
struct Defined<'a>(&'a [String]);

impl fmt::Display for Defined<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => formatter.write_str("it defines no globals"),
            names => write!(formatter, "its globals are {}", names.join(", ")),
        }
    }
}

impl OutputError {
    /// Whether the output goes beyond what is looked at, in size, number, depth or memory.
    fn is_beyond_bounds(&self) -> bool {
        match self {
            Self::TooLarge { .. }
            | Self::Malformed { .. }
            | Self::DataTooLarge { .. }
            | Self::DataTooDeep { .. }
            | Self::TooMany { .. }
            | Self::TextTooLong { .. } => true,
            Self::DataNotJson { .. }
            | Self::NotJson { .. }
            | Self::DataNotAnObject
            | Self::UnknownQuantity { .. }
            | Self::WrongType { .. }
            | Self::NotFinite { .. }
            | Self::MomentOutOfRange { .. }
            | Self::FPortOutOfRange { .. } => false,
        }
    }
}

/// A place in a script, as far as it is known.
struct Place<'a> {
    line: &'a Option<u32>,
    column: &'a Option<u32>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(formatter, ", at line {line}, column {column}"),
            (Some(line), None) => write!(formatter, ", at line {line}"),
            _ => Ok(()),
        }
    }
}

/// The limit that a call ran into while its memory or tables grew.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum GrowthError {
    #[error("memory of {wanted} bytes")]
    Memory { wanted: usize },
    #[error("table of {wanted} elements")]
    Table { wanted: usize },
}

impl GrowthError {
    pub(crate) fn call_error(self, limits: &Limits) -> CallError {
        match self {
            Self::Memory { wanted } => {
                CallError::OutOfMemory { wanted, limit: limits.memory_bytes }
            }
            Self::Table { wanted } => {
                CallError::TableTooLarge { wanted, limit: limits.table_elements }
            }
        }
    }
}

impl Limits {
    /// Returns the meaning of the engine's error for a call that was held to these limits.
    pub(crate) fn call_error(&self, error: &wasmtime::Error) -> CallError {
        if let Some(growth) = error.downcast_ref::<GrowthError>() {
            return growth.call_error(self);
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => CallError::OutOfFuel { limit: self.fuel },
            Some(Trap::StackOverflow) => CallError::StackExhausted { limit: self.stack_bytes },
            Some(Trap::UnreachableCodeReached) => CallError::Trapped {
                reason: "it reached code that ends it, as a panic does".into(),
            },
            Some(trap) => CallError::Trapped { reason: trap.to_string() },
            None => CallError::Trapped { reason: error.root_cause().to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_about_one_frame_is_no_misbehaviour() {
        let not_json = OutputError::NotJson { path: "data".into(), problem: "is undefined".into() };
        for error in [
            CallError::NoApplicationPayload,
            CallError::Threw { message: "Error: port 5".into(), line: None, column: None },
            CallError::Output(not_json),
            CallError::Output(OutputError::DataNotAnObject),
            CallError::Output(OutputError::DataNotJson { reason: "a comma".into() }),
            CallError::Output(OutputError::FPortOutOfRange { f_port: 0 }),
        ] {
            assert!(!error.is_misbehaviour(), "{error}");
        }
    }

    #[test]
    fn cost_of_the_host_is_misbehaviour() {
        for error in [
            CallError::OutOfFuel { limit: 1 },
            CallError::OutOfMemory { wanted: 2, limit: 1 },
            CallError::TableTooLarge { wanted: 2, limit: 1 },
            CallError::StackExhausted { limit: 1 },
            CallError::Trapped { reason: "a panic".into() },
            CallError::Output(OutputError::TooLarge { limit: 1 }),
            CallError::Output(OutputError::DataTooLarge { bytes: 2, limit: 1 }),
            CallError::Output(OutputError::DataTooDeep { limit: 1 }),
            CallError::Output(OutputError::TooMany { what: "warnings", count: 2, limit: 1 }),
        ] {
            assert!(error.is_misbehaviour(), "{error}");
        }
    }
}
