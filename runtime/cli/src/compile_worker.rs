//! Compiling in a process of its own, which is this same program told to do only that.

use champollion_sandbox::{Compiler, WorkerCommand};

/// The command that does it. People have no use for it, so the help does not list it.
pub(crate) const COMMAND: &str = "compile-worker";

/// Returns the way to compile components. Where the system does not say which file this program is, they are
/// compiled in place: a decoder that can be loaded is better than none.
pub(crate) fn compiler() -> Compiler {
    match std::env::current_exe() {
        Ok(program) => Compiler::Worker(WorkerCommand { program, arguments: vec![COMMAND.into()] }),
        Err(error) => {
            tracing::warn!(%error, "components are compiled without bounds of time and memory");
            Compiler::InPlace
        }
    }
}
