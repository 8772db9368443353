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

use super::{
    complexity::inspect_complexity,
    core_module::{core_module, fits_contract},
};
use crate::{
    Limits, LoadError,
    kept::barrier::{MOST_MEMORY_BYTES, account_for_writes},
};

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

/// The command that starts the process: a program that calls [`compile_worker`] and ends.
#[derive(Clone, Debug)]
pub struct WorkerCommand {
    /// The program to start.
    pub program: PathBuf,
    /// The arguments of the program.
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
        inspect_complexity(file)?;
        match self {
            Self::InPlace => precompile(engine, file, limits),
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
fn precompile(engine: &Engine, file: &[u8], limits: &Limits) -> Result<Vec<u8>, LoadError> {
    let module = core_module(file)?;
    fits_contract(file)?;
    // Code that can keep account of what it writes does, so that its instances can be kept.
    let module = match account_for_writes(module) {
        Ok(rewritten) if limits.memory_bytes <= MOST_MEMORY_BYTES => Cow::Owned(rewritten),
        _ => Cow::Borrowed(module),
    };
    engine
        .precompile_module(&module)
        .map_err(|error| LoadError::Invalid { reason: format!("{error:#}") })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// Otherwise every call of a decoder would get a new instance, which nothing but a benchmark
    /// would notice.
    #[test]
    fn what_the_sdk_builds_keeps_account_of_what_it_writes() {
        let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/decoders");
        let packages = fs::read_dir(packages).expect("run `cargo xtask guests` first");
        let mut count = 0;
        for package in packages {
            let package = fs::read(package.unwrap().path()).unwrap();
            let accounted = account_for_writes(core_module(&package).unwrap());
            assert!(accounted.is_ok(), "{:?}", accounted.err());
            count += 1;
        }
        assert!(count > 0, "there is no package: run `cargo xtask guests` first");
    }
}
