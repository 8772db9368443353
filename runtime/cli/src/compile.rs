//! Compiles the Rust sources of a decoder for the sandbox, by the cargo of whoever runs the command.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde::Deserialize;

use super::{Failure, output};

/// Settings of cargo that make a fresh instance cheap: nothing that is not needed, no unwinding.
const CARGO_SETTINGS: [&str; 4] = [
    "profile.release.lto=true",
    "profile.release.codegen-units=1",
    "profile.release.panic=\"abort\"",
    "profile.release.strip=\"debuginfo\"",
];

/// The size of the stack, in the page that an instance has in any case.
const SMALL_STACK: &str = "-Clink-arg=-zstack-size=16384";

/// Has the linker write numbers in as few bytes as they take, and not in the five that any could take: a fourteenth of
/// a decoder.
const SHORT_NUMBERS: &str = "-Clink-arg=--compress-relocations";

const TARGET: &str = "wasm32-unknown-unknown";

/// The file that makes a crate of the sources.
pub(super) const CRATE: &str = "Cargo.toml";

/// Said before the first build of a decoder in Rust.
pub(super) const FIRST_BUILD: &str = "the first build compiles all that a decoder in Rust is made of, which takes some \
                                       minutes; later ones take seconds";

/// The words of cargo where it cannot fetch crates: there is no network, or it is told to use none.
const CANNOT_FETCH: [&str; 6] = [
    "failed to download",
    "download of config.json failed",
    "failed to fetch",
    "spurious network error",
    "Could not resolve host",
    "you're using offline mode",
];

/// The advice to whoever has no network, or none that leads to the crates.
const OFFLINE: &str = "cargo cannot fetch the crates that the decoder is built of (it says which above). \
                       `cargo fetch` in the folder, where there is a network once, keeps them for builds \
                       without one (CARGO_NET_OFFLINE=true); `cargo vendor`, on a machine that has one, puts \
                       them into a folder to be copied; behind a proxy or a mirror HTTPS_PROXY, or `[source]` in \
                       .cargo/config.toml, names it. A decoder in JavaScript needs no crates";

/// A message of cargo's about something that it built.
#[derive(Deserialize)]
struct CargoMessage {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    /// The program, where it is one, such as that of unit tests.
    #[serde(default)]
    executable: Option<PathBuf>,
}

/// Compiles the crate in a folder, and gives the core module.
pub(super) fn compile(folder: &Path) -> Result<PathBuf, Failure> {
    let task = format!("{} cannot be compiled", folder.display());
    let manifest = folder.join(CRATE);
    let manifest = manifest.canonicalize().map_err(|_| {
        Failure::new(
            &task,
            "it has neither codec.js nor Cargo.toml: `champollion new` lays out both",
        )
    })?;
    let mut build = cargo(folder);
    build.args(["build", "--release", "--target", TARGET]);
    build.args(CARGO_SETTINGS.iter().flat_map(|setting| ["--config", setting]));
    build.arg("--config").arg(compiler_flags(manifest.parent().unwrap_or(folder)));
    let built = run_cargo(build, folder, &task)?;
    built
        .into_iter()
        .filter(|message| message.manifest_path == manifest)
        .flat_map(|message| message.filenames)
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .ok_or_else(|| {
            Failure::new(task, "it has no library of the crate-type cdylib: add it to Cargo.toml")
        })
}

/// The flags of the compiler as a setting of cargo. Places of panics are a part of a package: told from the folder of
/// the sources, from cargo's own and from the compiler's, they are the same whoever builds it, and wherever.
fn compiler_flags(folder: &Path) -> String {
    let cargo_home = cargo_home().map(|home| (home, "cargo".to_owned()));
    let of_sources = (folder.to_owned(), ".".to_owned());
    // The last one that fits counts: a folder inside of the others is that of the sources all the same.
    let named = [cargo_home, sources_of_the_library(folder), Some(of_sources)];
    let prefixes = named.into_iter().flatten().flat_map(|(folder, name)| {
        let remapped = |folder: PathBuf| format!("--remap-path-prefix={}={name}", folder.display());
        in_both_forms(folder).into_iter().map(remapped).collect::<Vec<_>>()
    });
    let flags = [SMALL_STACK, SHORT_NUMBERS].map(str::to_owned).into_iter().chain(prefixes);
    let flags: Vec<toml::Value> = flags.map(toml::Value::String).collect();
    format!("target.{TARGET}.rustflags={}", toml::Value::Array(flags))
}

/// A folder as it is named, and as it is without links: cargo hands on the one or the other.
fn in_both_forms(folder: PathBuf) -> Vec<PathBuf> {
    let whole = folder.canonicalize().ok().filter(|whole| *whole != folder);
    [Some(folder), whole].into_iter().flatten().collect()
}

/// The folder in which cargo keeps the sources of crates.
fn cargo_home() -> Option<PathBuf> {
    let in_home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(in_home)
}

/// The folder of the sources of Rust's own library, and the name by which compilers without them tell their places:
/// that of the revision. A compiler that has them installed would tell the folder.
fn sources_of_the_library(folder: &Path) -> Option<(PathBuf, String)> {
    let sysroot = printed_by_compiler(folder, &["--print", "sysroot"])?;
    let version = printed_by_compiler(folder, &["--version", "--verbose"])?;
    let revision = version.lines().find_map(|line| line.strip_prefix("commit-hash: "))?;
    Some((Path::new(sysroot.trim()).join("lib/rustlib/src/rust"), format!("/rustc/{revision}")))
}

/// The text that the compiler prints for arguments, where it can be started and succeeds.
fn printed_by_compiler(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut compiler = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let output = compiler.current_dir(folder).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Compiles the unit tests of the crate in a folder, natively, and gives the programs that run them.
pub(super) fn compile_unit_tests(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let task = format!("the unit tests of {} cannot be compiled", folder.display());
    let mut test = cargo(folder);
    test.args(["test", "--quiet", "--no-run"]);
    let built = run_cargo(test, folder, &task)?;
    Ok(built.into_iter().filter_map(|message| message.executable).collect())
}

/// Has cargo build something, and gives what it says of all that it built. Its own words for people stand above the
/// failure.
fn run_cargo(mut cargo: Command, folder: &Path, task: &str) -> Result<Vec<CargoMessage>, Failure> {
    tell_first_build(folder);
    cargo.arg("--message-format=json-render-diagnostics").stdin(Stdio::null());
    cargo.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = cargo.spawn().map_err(|error| not_started(task, &error))?;
    let said = running.stderr.take().map(|said| thread::spawn(move || passed_on(said)));
    let run = running.wait_with_output().map_err(|error| not_started(task, &error))?;
    let is_offline = said.and_then(|said| said.join().ok()).unwrap_or_default();
    if run.status.success() {
        let lines = String::from_utf8_lossy(&run.stdout);
        let messages = lines.lines().filter_map(|line| serde_json::from_str(line).ok());
        let built = |message: &CargoMessage| message.reason == "compiler-artifact";
        return Ok(messages.filter(built).collect());
    }
    let advice = if is_offline {
        OFFLINE.to_owned()
    } else if is_target_missing(folder) {
        format!("the compiler has no target {TARGET}: `rustup target add {TARGET}` adds it")
    } else {
        "cargo says why above".to_owned()
    };
    Err(Failure::new(task, advice))
}

/// Passes the words of cargo on as they come, and tells whether it says that it could not fetch crates.
fn passed_on(said: impl Read) -> bool {
    let mut is_offline = false;
    for line in BufReader::new(said).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        is_offline |= CANNOT_FETCH.iter().any(|words| line.contains(words));
        output::note(line);
    }
    is_offline
}

/// Says before cargo starts that the first build takes its time, where nothing was built yet.
fn tell_first_build(folder: &Path) {
    // Another place for what is built may be chosen, and crates of a workspace have the one of its root.
    let is_built = |folder: &Path| folder.join("target").exists() && folder.join(CRATE).exists();
    let folder = folder.canonicalize().unwrap_or_default();
    if env::var_os("CARGO_TARGET_DIR").is_none() && !folder.ancestors().any(is_built) {
        output::note(FIRST_BUILD);
    }
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder);
    cargo
}

fn not_started(task: &str, error: &io::Error) -> Failure {
    let reason =
        format!("cargo cannot be started ({error}): https://rustup.rs tells of a Rust toolchain");
    Failure::new(task, reason)
}

/// Whether the compiler has no standard library for the target: the other reasons of a failure are in the sources.
fn is_target_missing(folder: &Path) -> bool {
    let arguments = ["--print", "target-libdir", "--target", TARGET];
    let Some(libraries) = printed_by_compiler(folder, &arguments) else { return false };
    let is_there = |folder: &str| fs::read_dir(folder).is_ok_and(|mut all| all.next().is_some());
    !is_there(libraries.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_a_setting_that_cargo_reads() {
        let setting = compiler_flags(Path::new("/home/ann/tank \"level\""));
        let read: toml::Table = toml::from_str(&setting).unwrap();
        let flags = read["target"][TARGET]["rustflags"].as_array().unwrap();
        assert_eq!(flags[0].as_str(), Some(SMALL_STACK));
        assert_eq!(flags[1].as_str(), Some(SHORT_NUMBERS));
        let last = flags.last().and_then(toml::Value::as_str);
        assert_eq!(last, Some("--remap-path-prefix=/home/ann/tank \"level\"=."));
    }

    #[test]
    fn a_missing_network_is_known_by_the_words_of_cargo() {
        let told = |words: &str| passed_on(words.as_bytes());
        for words in [
            "warning: spurious network error (3 tries remaining): [6] Could not resolve hostname",
            "error: failed to download from `https://crates.example/api/v1/crates/serde/1.0.0/download`",
            "error: no matching package named `serde` found\nAs a reminder, you're using offline mode (--offline) \
             which can sometimes cause surprising resolution failures, if this error is too confusing you may wish to \
             retry without `--offline`",
        ] {
            assert!(told(words), "{words}");
        }
        assert!(!told("error: expected pattern, found `{`\nerror: could not compile `acme`"));
    }

    #[test]
    fn a_folder_behind_a_link_is_known_by_both_names() {
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().canonicalize().unwrap();
        let (real, link) = (whole.join("real"), whole.join("link"));
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert_eq!(in_both_forms(link.clone()), [link, real.clone()]);
        assert_eq!(in_both_forms(real.clone()), [real]);
    }
}
