//! The worked decoder in C, built by the steps of docs/decoder-in-c.md and put through the gate.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use champollion_tests::{champollion, run, workspace};
use tempfile::TempDir;
use wit_bindgen_core::{Files, wit_parser::Resolve};

/// The compilers that are looked for: Debian's has its release in the name.
const COMPILERS: [&str; 2] = ["clang", "clang-22"];

/// The linkers of Debian, by the same names.
const LINKERS: [&str; 2] = ["wasm-ld", "wasm-ld-22"];

/// The sources of the decoder, without their ending.
const SOURCES: [&str; 2] = ["tank", "libc"];

fn example() -> PathBuf {
    workspace().join("examples/decoder-in-c")
}

/// Writes the C of the contract into a folder, as `wit-bindgen c` does.
fn generate(folder: &Path) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(workspace().join("wit/v1")).expect("the contract is right");
    let world =
        resolve.select_world(&[package], Some("decoder")).expect("the contract has a world");
    let mut files = Files::default();
    wit_bindgen_c::Opts::default()
        .build()
        .generate(&mut resolve, world, &mut files)
        .expect("the contract can be written in C");
    for (name, content) in files.iter() {
        fs::write(folder.join(name), content).expect("there is room");
    }
}

/// Tells whether a program can be started and, where it is asked for something, says a word.
fn says(program: &str, argument: &str, word: &str) -> bool {
    let output = Command::new(program).arg(argument).stderr(Stdio::null()).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(word))
}

fn compiler() -> &'static str {
    let found = COMPILERS.into_iter().find(|name| says(name, "--print-targets", "wasm32"));
    found.expect("there is a clang that knows wasm32: the script engine is compiled by it too")
}

/// A linker of WebAssembly: LLVM's own, or the one that comes with the compiler of Rust.
fn linker() -> Command {
    if let Some(name) = LINKERS.into_iter().find(|name| says(name, "--version", "LLD")) {
        return Command::new(name);
    }
    let sysroot = run(Command::new("rustc").args(["--print", "sysroot"])).success();
    let host = run(Command::new("rustc").args(["--print", "host-tuple"])).success();
    let folder = Path::new(sysroot.trim()).join("lib/rustlib").join(host.trim());
    let mut linker = Command::new(folder.join("bin/rust-lld"));
    linker.args(["-flavor", "wasm"]);
    linker
}

/// Compiles a source into an object beside those that are generated.
fn compile(source: &Path, generated: &Path) -> PathBuf {
    let name = source.file_stem().expect("a source has a name");
    let object = generated.join(name).with_extension("o");
    let mut clang = Command::new(compiler());
    clang.args(["--target=wasm32", "-O2", "-ffreestanding", "-fno-builtin"]);
    // What is generated is not ours to mend.
    if !source.starts_with(generated) {
        clang.args(["-Wall", "-Wextra", "-Werror"]);
    }
    clang.arg("-I").arg(example().join("include")).arg("-I").arg(generated);
    clang.arg("-c").arg(source).arg("-o").arg(&object);
    drop(run(&mut clang).success());
    object
}

/// Builds the core module, and gives its file.
fn module(folder: &Path) -> PathBuf {
    generate(folder);
    let own = SOURCES.map(|name| example().join(name).with_extension("c"));
    let mut objects: Vec<PathBuf> = own.iter().map(|source| compile(source, folder)).collect();
    objects.push(compile(&folder.join("decoder.c"), folder));
    objects.push(folder.join("decoder_component_type.o"));
    let module = folder.join("tank.wasm");
    let mut linker = linker();
    linker.args(["--no-entry", "--gc-sections", "--strip-debug", "-z", "stack-size=16384"]);
    drop(run(linker.args(&objects).arg("-o").arg(&module)).success());
    module
}

#[test]
fn a_decoder_in_c_passes_the_gate_and_is_small() {
    let folder = TempDir::new().expect("there is room");
    let module = module(folder.path());
    let tested = run(champollion()
        .args(["test", "--no-unit-tests", "--module"])
        .arg(&module)
        .arg(example()))
    .success();
    for words in ["5 of 5 vectors passed", "10000 random payloads", "0 read on", "is met"] {
        assert!(tested.contains(words), "it does not say {words:?}: {tested}");
    }
    let built = run(champollion()
        .args(["build", "--module"])
        .arg(&module)
        .arg(example())
        .arg("--out")
        .arg(folder.path()))
    .success();
    assert!(built.starts_with("acme/tank-level-c 1.0.0: 5 vectors passed, "), "{built}");
    let package = folder.path().join("acme-tank-level-c-1.0.0.wasm");
    let bytes = fs::metadata(package).expect("it is built").len();
    assert!(bytes < 20_000, "{bytes} bytes of a decoder that needs no library");
}

/// The page and this test build in the same way.
#[test]
fn the_page_has_the_flags_that_are_tried() {
    let page = fs::read_to_string(workspace().join("docs/decoder-in-c.md")).expect("it is there");
    for flags in [
        "--target=wasm32 -O2 -ffreestanding -fno-builtin",
        "--no-entry --gc-sections --strip-debug -z stack-size=16384",
        "tank.o libc.o generated/decoder.o generated/decoder_component_type.o",
    ] {
        assert!(page.contains(flags), "the page does not have {flags}");
    }
}
