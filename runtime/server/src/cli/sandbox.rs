//! The sandbox in which a command tries decoders.

use std::{env, path::PathBuf};

use champollion_registry::{Code, Package};
use champollion_sandbox::{Sandbox, SandboxConfig, SandboxError};

/// A sandbox for what a package runs.
pub(super) fn of(package: &Package) -> Result<Sandbox, SandboxError> {
    match package.code() {
        Code::Component(_) => Sandbox::new(SandboxConfig::default()),
        Code::Script(_) => of_scripts(),
    }
}

/// A sandbox for scripts. The code of their engine is kept, since compiling it takes longer than
/// anything else that a command does. Where there is no place for it, it is compiled each time.
pub(super) fn of_scripts() -> Result<Sandbox, SandboxError> {
    let config = SandboxConfig { code_cache: code_cache(), ..SandboxConfig::default() };
    Sandbox::new(config).or_else(|_| Sandbox::new(SandboxConfig::default()))
}

/// Where programs of this user keep what they can make again, by the rules of freedesktop.org.
fn code_cache() -> Option<PathBuf> {
    let folder = |variable: &str| env::var_os(variable).map(PathBuf::from);
    let caches = folder("XDG_CACHE_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| Some(folder("HOME")?.join(".cache")))?;
    Some(caches.join("champollion/code"))
}
