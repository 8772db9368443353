//! The real binary, built once for each test process.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// Names a binary to be tested instead of the one that is built: that of a release, for instance.
const OTHER_BINARY: &str = "CHAMPOLLION_TESTS_BINARY";

/// The prefix of all variables that the binary reads.
const OWN_VARIABLES: &str = "CHAMPOLLION_";

/// The folder of the workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// The folder that cargo builds into.
#[must_use]
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), |folder| workspace().join(folder))
}

/// The binary, to be given arguments. Of the variables that it reads none is set.
#[must_use]
pub fn champollion() -> Command {
    champollion_at(built())
}

/// The path of the binary that is tested.
#[must_use]
pub fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build)
}

/// A binary that lies elsewhere, to be given arguments. Of the variables that it reads none is set.
#[must_use]
pub fn champollion_at(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    command.stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with(OWN_VARIABLES) {
            command.env_remove(name);
        }
    }
    command
}

/// Has a command compile decoders in Rust where the next run of the tests finds what they are made of, and by the
/// compiler itself: a driver that refuses what it warns of is for the sources of the workspace.
pub fn compile_apart(command: &mut Command) -> &mut Command {
    command.env_remove("RUSTC_WORKSPACE_WRAPPER");
    command.env("CARGO_TARGET_DIR", target().join("new-decoder"))
}

fn build() -> PathBuf {
    if let Some(other) = env::var_os(OTHER_BINARY) {
        return workspace().join(other);
    }
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo tells the tests of their package would have the build script of ring run anew, and all be
    // compiled anew that depends on it.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let status = cargo
        .args(["build-server", "--quiet"])
        .current_dir(workspace())
        .stdin(Stdio::null())
        .status()
        .expect("cargo cannot be started");
    assert!(status.success(), "the server cannot be built: {status}");
    target().join("debug").join(format!("champollion{}", env::consts::EXE_SUFFIX))
}
