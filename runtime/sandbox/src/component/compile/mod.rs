//! Compiles components.
//!
//! Compiling is where a hostile file bites: it is followed by recursion and optimized for as long as
//! that takes, and nothing inside a process can stop it. So a server compiles in a process of its
//! own, whose time and memory the system bounds: [`worker`] is that process, [`supervisor`] the one
//! that waits for it. Tests and other programs that trust their components do it in place.

mod supervisor;
mod worker;

use std::{borrow::Cow, ffi::OsString, path::PathBuf};

use wasmtime::{Engine, Module};

use super::core_module::{core_module, fits_contract};
use crate::{Limits, LoadError, kept::barrier::account_for_writes};

pub use worker::compile_worker;

/// Where components are compiled.
#[derive(Clone, Debug, Default)]
pub enum Compiler {
    /// In this process: only the size and the structure of a component bound how long it takes.
    #[default]
    InPlace,
    /// In a process of its own, within [`Limits::compile_ms`] and [`Limits::compile_memory_bytes`].
    Worker(WorkerCommand),
}

/// How the process is started: a program that calls [`compile_worker`] and ends.
#[derive(Clone, Debug)]
pub struct WorkerCommand {
    /// The program.
    pub program: PathBuf,
    /// What it is told.
    pub arguments: Vec<OsString>,
}

/// Code that this program's own compiler made, as wasmtime serializes it.
pub(crate) struct Code(Vec<u8>);

impl Compiler {
    /// Compiles a component whose size and structure were checked.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        file: &[u8],
        limits: &Limits,
    ) -> Result<Code, LoadError> {
        // What this finds has errors of its own, and a process need not be started for it.
        core_module(file)?;
        match self {
            Self::InPlace => precompile(engine, file),
            Self::Worker(command) => supervisor::compile(command, file, limits),
        }
        .map(Code)
    }
}

impl Code {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Makes the code executable. What does not fit into the pool of instances is found here.
    pub(crate) fn load(&self, engine: &Engine) -> Result<Module, LoadError> {
        // SAFETY: `deserialize` trusts that the bytes came out of wasmtime's compiler, and was given
        // nothing else: only `Compiler::compile` makes a `Code`, either by calling that compiler
        // itself or by reading the answer of a process that runs the same program and does only
        // that. That both are of the same wasmtime and settings, wasmtime checks.
        unsafe { Module::deserialize(engine, &self.0) }
            .map_err(|error| LoadError::Invalid { reason: format!("{error:#}") })
    }
}

/// Checks a component against the contract and compiles its module in this process.
fn precompile(engine: &Engine, file: &[u8]) -> Result<Vec<u8>, LoadError> {
    let module = core_module(file)?;
    fits_contract(file)?;
    // Code that can keep account of what it writes does, so that its instances can be kept.
    let module = account_for_writes(module).map_or(Cow::Borrowed(module), Cow::Owned);
    engine
        .precompile_module(&module)
        .map_err(|error| LoadError::Invalid { reason: format!("{error:#}") })
}
