//! The SDK as a crate of its own: packed as it would be published, and a decoder that is built on the packed crate
//! outside of the repository.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use champollion_tests::{champollion, compile_apart, run, run_within, workspace};
use tempfile::TempDir;

/// Compiling a decoder with all that it is made of takes its time.
const PATIENCE: Duration = Duration::from_secs(900);

/// Packs the crate, unpacks it into a folder, and gives the folder of its sources.
fn unpacked(folder: &Path) -> PathBuf {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["package", "--package", "champollion-sdk", "--offline", "--no-verify"]);
    // What is tested is what lies here, be it committed or not.
    cargo.args(["--allow-dirty", "--quiet", "--target-dir"]).arg(folder);
    drop(run_within(cargo.current_dir(workspace()), PATIENCE).success());
    let packed: Vec<PathBuf> = fs::read_dir(folder.join("package"))
        .expect("something was packed")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "crate"))
        .collect();
    let [packed] = &packed[..] else { panic!("it is one crate: {packed:?}") };
    let mut tar = Command::new("tar");
    drop(run(tar.arg("-xzf").arg(packed).arg("-C").arg(folder)).success());
    folder.join(packed.file_stem().expect("the crate has a name"))
}

#[test]
fn the_packed_crate_has_all_that_it_is_built_of_and_no_more() {
    let folder = TempDir::new().expect("there is room");
    let sdk = unpacked(folder.path());
    for file in ["src/lib.rs", "build.rs", "README.md", "wit/v1/decoder.wit", "wit/vocabulary.csv"]
    {
        let path = sdk.join(file);
        assert!(fs::symlink_metadata(&path).is_ok_and(|file| file.is_file()), "{file}");
    }
    let contract = |folder: &Path| fs::read(folder.join("wit/v1/decoder.wit")).unwrap();
    assert_eq!(contract(&sdk), contract(workspace()));
    assert!(!sdk.join("wit/use-cases.csv").exists(), "decoders know no use cases");
    let manifest = fs::read_to_string(sdk.join("Cargo.toml")).expect("it has a manifest");
    assert!(!manifest.contains("workspace"), "{manifest}");
}

#[test]
fn of_target_a_decoder_is_tested_and_built_on_the_packed_crate() {
    let folder = TempDir::new().expect("there is room");
    let sdk = unpacked(&folder.path().join("packed"));
    // No other test compiles one of this name, so this one may run beside them.
    let new = ["new", "acme/tank-gauge", "--lang", "rust"];
    drop(run(champollion().args(new).current_dir(folder.path())).success());
    let decoder = folder.path().join("tank-gauge");
    fs::remove_dir_all(decoder.join(".champollion")).expect("the other copy is laid out");
    let manifest = decoder.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("it is a crate");
    let own = "\".champollion/sdk/rust\"";
    assert!(text.contains(own), "{text}");
    let path = format!("{:?}", sdk.display().to_string());
    fs::write(&manifest, text.replace(own, &path)).expect("there is room");

    let mut test = champollion();
    test.args(["test", "--random-payloads", "100"]).current_dir(&decoder);
    let tested = run_within(compile_apart(&mut test), PATIENCE);
    assert!(!tested.stderr.contains("warning"), "natively nothing is unused: {}", tested.stderr);
    assert!(tested.stdout.contains("2 of 2 vectors passed"), "{tested:?}");
    drop(tested.success());
    let mut build = champollion();
    build.args(["build", "--out", "."]).current_dir(&decoder);
    let built = run_within(compile_apart(&mut build), PATIENCE).success();
    assert!(built.starts_with("acme/tank-gauge 1.0.0: 2 vectors passed, "), "{built}");
}
