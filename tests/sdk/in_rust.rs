//! Decoders in Rust, compiled as their authors compile them, and the tutorials.

use std::{
    env, fs,
    path::PathBuf,
    process::{self, Command},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use champollion_tests::{
    Output, Server, Setup, compile_apart, follow_within, run_within, workspace,
};
use tempfile::TempDir;

use super::{Desk, empty, says};

/// Compiling a decoder with all that it is made of takes its time, natively and for the sandbox; so do tens of
/// thousands of random payloads in a program that is not optimized.
const PATIENCE: Duration = Duration::from_secs(900);

/// Held while a decoder in Rust is compiled: all of them have one name, and are compiled into one folder.
static COMPILER: Mutex<()> = Mutex::new(());

fn compiler() -> MutexGuard<'static, ()> {
    COMPILER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An empty folder that has the same name each time, for one decoder in Rust after the other: the folder of a decoder is
/// in the flags of the compiler, and all that a decoder is made of is compiled anew where they differ.
fn same_folder() -> TempDir {
    static NAME: OnceLock<String> = OnceLock::new();
    let name = NAME.get_or_init(|| {
        let moment = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        format!("champollion-desk-{}-{}", process::id(), moment.as_nanos())
    });
    let folder = tempfile::Builder::new().prefix(name).rand_bytes(0).tempdir();
    folder.expect("there is room, and nobody else is at it")
}

fn in_rust(desk: &Desk, arguments: &[&str]) -> Output {
    run_within(compile_apart(&mut desk.command(arguments)), PATIENCE)
}

#[test]
fn of_target_a_decoder_in_rust_is_tested_and_its_panics_are_told() {
    let _turn = compiler();
    let desk = Desk::in_folder(same_folder(), "rust");
    let tested = in_rust(&desk, &["test"]);
    says(&tested.stdout, &["2 of 2 vectors passed", "0 read on", "is met"]);
    assert!(!tested.stderr.contains("warning: "), "{}", tested.stderr);
    drop(tested.success());

    desk.replace(
        "src/lib.rs",
        "    payload.end()?;",
        "    let _ = uplink_byte(&[], *battery);\n    payload.end()?;",
    );
    let line = 1 + desk.read("src/lib.rs").lines().count();
    let lib = desk.read("src/lib.rs");
    desk.write(
        "src/lib.rs",
        format!("{lib}\nfn uplink_byte(bytes: &[u8], index: u8) -> u8 {{\n    bytes[usize::from(index)]\n}}\n"),
    );
    let panics = in_rust(&desk, &["test", "--no-unit-tests"]);
    says(
        &panics.stdout,
        &["it panicked at src/lib.rs:", "index out of bounds", &(line + 2).to_string()],
    );
    let built = in_rust(&desk, &["build"]);
    says(&built.stdout, &["index out of bounds"]);

    desk.write("src/lib.rs", "fn broken( {");
    let broken = in_rust(&desk, &["build"]);
    says(&broken.stderr, &["cannot be compiled", "cargo says why above"]);
    assert!(!broken.stderr.contains("rustup target add"), "{}", broken.stderr);
}

/// The digest of a package tells what it was made of, and not where.
#[test]
fn of_target_the_same_sources_give_the_same_package_in_any_folder() {
    let _turn = compiler();
    let built = |desk: &Desk, build: &mut Command| {
        drop(run_within(build, PATIENCE).success());
        fs::read(desk.path("acme-tank-level-1.0.0.wasm")).expect("it is built")
    };
    let (one, other) = (Desk::in_folder(same_folder(), "rust"), Desk::new("rust"));
    // A folder of another depth and length.
    let deeper = other.folder.path().join("a/deeper/folder");
    fs::create_dir_all(&deeper).unwrap();
    fs::rename(&other.decoder, deeper.join("tank-level")).unwrap();
    let other = Desk { decoder: deeper.join("tank-level"), folder: other.folder };
    let whole = built(&one, compile_apart(&mut one.command(&["build", "--out", "."])));
    let compiled = other.folder.path().join("compiled");
    // Another home too: cargo finds what it has downloaded behind a link.
    let home = other.folder.path().join("home");
    std::os::unix::fs::symlink(cargo_home(), &home).unwrap();
    let mut elsewhere = other.command(&["build", "--out", "."]);
    elsewhere.env("CARGO_HOME", &home);
    let same = built(&other, compile_apart(&mut elsewhere).env("CARGO_TARGET_DIR", compiled));
    assert!(whole == same, "the packages differ");
    let names = String::from_utf8_lossy(&whole);
    assert!(!names.contains("acme_tank_level"), "names of functions are in it");
    let here = one.folder.path().display().to_string();
    for folder in [here, cargo_home().display().to_string(), home.display().to_string()] {
        assert!(!names.contains(&folder), "it tells the folder {folder} that it was built in");
    }
}

/// The folder in which cargo keeps what it has downloaded.
fn cargo_home() -> PathBuf {
    let in_home = || PathBuf::from(env::var_os("HOME").expect("there is a home")).join(".cargo");
    env::var_os("CARGO_HOME").map_or_else(in_home, PathBuf::from)
}

/// Where a page says so, the reader stands in an empty folder.
fn tutorial(heading: &str) -> String {
    let page = fs::read_to_string(workspace().join("docs/first-decoder.md")).expect("it is there");
    let part = page.split("\n## ").find(|part| part.starts_with(heading));
    part.unwrap_or_else(|| panic!("the page has no part {heading:?}")).to_owned()
}

fn usual() -> Server {
    Setup::default()
        .variable("CHAMPOLLION_PUBLICATION__UNSIGNED", "false")
        .variable("CHAMPOLLION_PUBLICATION__RANDOM_PAYLOADS", "10000")
        .start()
}

#[test]
fn of_jq_the_first_decoder_in_javascript_is_what_the_page_shows() {
    let server = usual();
    let folder = empty();
    let page = tutorial("In JavaScript") + &tutorial("Publish it");
    follow_within(&page, folder.path(), server.address(), server.admin_token(), PATIENCE);
}

#[test]
fn of_target_the_first_decoder_in_rust_is_what_the_page_shows() {
    let _turn = compiler();
    let server = usual();
    let folder = same_folder();
    follow_within(
        &tutorial("In Rust"),
        folder.path(),
        server.address(),
        server.admin_token(),
        PATIENCE,
    );
}
