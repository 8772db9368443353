//! The process that compiles one component and ends.
//!
//! It is given the limits as one line of JSON on standard input, and behind it the component. It
//! answers on standard output with one byte, [`COMPILED`], [`INVALID`] or [`NO_DECODER`], and the code
//! or the reason.

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::precompile;
use crate::{Limits, LoadError, engine};

/// First byte of an answer that goes on with the compiled code.
pub(super) const COMPILED: u8 = b'C';

/// First byte of an answer that goes on with what is invalid in the component.
pub(super) const INVALID: u8 = b'I';

/// First byte of an answer that goes on with why the component is no decoder.
pub(super) const NO_DECODER: u8 = b'N';

/// Seconds of the processor after which the system ends the process, over the limit: only should
/// the supervisor itself be gone.
const BACKSTOP_SECONDS: u64 = 5;

/// Compiles the component that standard input holds: the whole work of the process that
/// [`Compiler::Worker`](crate::Compiler::Worker) starts.
#[must_use]
pub fn compile_worker() -> ExitCode {
    match work(&mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is read by the supervisor; where it is gone nobody is there to be told.
            drop(writeln!(io::stderr().lock(), "{error}"));
            ExitCode::FAILURE
        }
    }
}

fn work(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<()> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let limits: Limits = serde_json::from_str(&line)?;
    bound_this_process(&limits)?;
    let mut file = Vec::new();
    input.read_to_end(&mut file)?;
    let engine = engine::compiling_engine(&limits)
        .map_err(|error| io::Error::other(format!("{error:#}")))?;
    let (mark, answer) = match precompile(&engine, &file, &limits) {
        Ok(code) => (COMPILED, code),
        Err(LoadError::NotADecoder { reason }) => (NO_DECODER, reason.into_bytes()),
        Err(LoadError::Invalid { reason }) => (INVALID, reason.into_bytes()),
        Err(other) => return Err(io::Error::other(other)),
    };
    output.write_all(&[mark])?;
    output.write_all(&answer)?;
    output.flush()
}

/// Not `RLIMIT_AS`: the engine reserves address space for its pool, which is no memory.
fn bound_this_process(limits: &Limits) -> io::Result<()> {
    let seconds = limits.compile_ms.div_ceil(1_000) + BACKSTOP_SECONDS;
    lower(Resource::Cpu, seconds)?;
    lower(Resource::Data, limits.compile_memory_bytes as u64)?;
    lower(Resource::Core, 0)
}

/// A limit that is lower already stays.
fn lower(resource: Resource, limit: u64) -> io::Result<()> {
    let present = getrlimit(resource);
    let least = |present: Option<u64>| Some(present.map_or(limit, |present| present.min(limit)));
    let lowered = Rlimit { current: least(present.current), maximum: least(present.maximum) };
    setrlimit(resource, lowered).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_job_is_an_error() {
        let mut output = Vec::new();
        assert!(work(&mut "no limits\n".as_bytes(), &mut output).is_err());
        assert!(output.is_empty());
    }
}
