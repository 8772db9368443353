//! Runs other programs, and says which.

use std::{
    env,
    ffi::OsString,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use anyhow::{Context, Result, ensure};

/// The folder of the workspace.
pub(crate) fn workspace() -> PathBuf {
    // The xtask's own folder is known when it is compiled; the workspace is around it.
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

/// The folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), |folder| workspace().join(folder))
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    let mut cargo = command(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    forget_package(&mut cargo);
    cargo
}

/// Keeps from a program what cargo tells this one of its package. Cargo would run the build script of ring anew with it,
/// and compile all anew that depends on ring.
pub(crate) fn forget_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// A program to be run in the workspace.
pub(crate) fn command(program: impl Into<OsString>) -> Command {
    let mut command = Command::new(program.into());
    command.current_dir(workspace()).stdin(Stdio::null());
    command
}

/// Says what is done.
#[expect(clippy::print_stdout, reason = "this is a command line program")]
pub(crate) fn say(text: impl std::fmt::Display) {
    println!("{text}");
}

/// Runs a program to its end; fails where it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    say(format_args!("$ {shown}"));
    let status = command.status().with_context(|| format!("`{shown}` cannot be started"))?;
    ensure!(status.success(), "`{shown}` failed: {status}");
    Ok(())
}

/// Runs a program to its end and gives what it prints; fails where it fails, or prints no text.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    say(format_args!("$ {shown}"));
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("`{shown}` cannot be started"))?;
    ensure!(output.status.success(), "`{shown}` failed: {}", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` prints no text"))
}

/// Runs a program to its end, shows the lines that it prints, and gives them with the way in which it ended.
pub(crate) fn watch(command: &mut Command) -> Result<(ExitStatus, Vec<String>)> {
    let shown = shown(command);
    say(format_args!("$ {shown}"));
    let cannot_start = || format!("`{shown}` cannot be started");
    let mut process = command.stdout(Stdio::piped()).spawn().with_context(cannot_start)?;
    let mut lines = Vec::new();
    if let Some(output) = process.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.with_context(|| format!("`{shown}` prints no text"))?;
            say(&line);
            lines.push(line);
        }
    }
    Ok((process.wait()?, lines))
}

/// Runs a program quietly and says whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A command as people type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let within = format!("{}/", workspace().display());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().replace(&within, ""))
        .collect::<Vec<_>>()
        .join(" ")
}
