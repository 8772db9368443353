//! The sandbox in which a command tries decoders.

use std::{env, path::PathBuf};

use champollion_registry::package::{Code, Package};
use champollion_sandbox::{Sandbox, SandboxConfig, SandboxError};

use super::compile_worker;

/// A sandbox for what a package runs.
pub(super) fn of(package: &Package) -> Result<Sandbox, SandboxError> {
    match package.code() {
        Code::Component(_) => of_components(),
        Code::Script(_) => of_scripts(),
    }
}

/// A sandbox for components, with the limits that a server has by default.
pub(super) fn of_components() -> Result<Sandbox, SandboxError> {
    Sandbox::new(config())
}

fn config() -> SandboxConfig {
    SandboxConfig { compiler: compile_worker::compiler(), ..SandboxConfig::default() }
}

/// A sandbox for scripts. The code of their engine is kept, since compiling it takes longer than
/// anything else that a command does. Where there is no place for it, it is compiled each time.
pub(super) fn of_scripts() -> Result<Sandbox, SandboxError> {
    let caching = SandboxConfig { code_cache: code_cache(), ..config() };
    Sandbox::new(caching).or_else(|_| Sandbox::new(config()))
}

/// Where programs of this user keep what they can make again, by the rules of freedesktop.org.
fn code_cache() -> Option<PathBuf> {
    let folder = |variable: &str| env::var_os(variable).map(PathBuf::from);
    let caches = folder("XDG_CACHE_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| Some(folder("HOME")?.join(".cache")))?;
    Some(caches.join("champollion/code"))
}
