//! Builds what runs in the sandbox: the script engine, and the first-party decoders as packages.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::{
    install::Installing,
    library_figures::{Figures, Packed, processor_time_of_children},
    server,
    shell::{command, read, run, target, workspace},
    toolchain::{CCompiler, TARGET, Toolchain},
};

/// The decoder in Rust that the attack suite is made of. It is built like any other, into a folder of
/// its own, where nobody publishes it.
const HOSTILE: (&str, &str) = ("tests/hostile", "champollion-hostile");
/// The crate of the script engine.
const ENGINE: &str = "champollion-script-engine";

/// The decoders that are built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Library {
    /// All first-party decoders, and the one that misbehaves.
    Whole,
    /// Those of the devices in `tests/fleet`, which the demo plays and benchmarks measure.
    Played,
    /// Those that are played, and the one that misbehaves.
    Attacked,
}

/// The folders of those that are played.
const PLAYED: [&str; 3] = ["axioma-qalcosonic-w1", "elsys-ers-co2", "nas-ul20xx"];

/// The folders of first-party decoders, in the order of their names.
fn sources(library: Library) -> Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = fs::read_dir(workspace().join("decoders"))
        .context("the folder decoders cannot be read")?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| folder.join("decoder.toml").is_file())
        .filter(|folder| {
            library == Library::Whole || PLAYED.iter().any(|name| folder.ends_with(name))
        })
        .collect();
    folders.sort();
    Ok(folders)
}

/// Builds all decoders, and says of each and of all how large they are and what they cost.
pub(crate) fn build_and_tell(installing: Installing) -> Result<()> {
    let figures = make(installing, Library::Whole)?;
    figures.tell();
    Ok(())
}

/// Compiles the script engine and decoders, makes packages of the decoders and runs their vectors; gives the folder of
/// the packages.
pub(crate) fn build(installing: Installing, library: Library) -> Result<PathBuf> {
    make(installing, library)?;
    Ok(packages())
}

/// The folder of the packages.
fn packages() -> PathBuf {
    target().join("decoders")
}

/// Makes the packages, and gives the figures of them.
fn make(installing: Installing, library: Library) -> Result<Figures> {
    let toolchain = Toolchain::find(installing)?;
    let c_compiler = CCompiler::find(installing)?;
    let sources = sources(library)?;
    let names = sources.iter().map(|folder| name(folder)).collect::<Result<Vec<_>>>()?;
    // A folder of its own: the guests' compiler may be another one than the server's.
    let compiled = target().join("guests");
    let mut build = toolchain.cargo_build();
    c_compiler.configure(&mut build);
    let hostile = (library != Library::Played).then_some(HOSTILE);
    let before = processor_time_of_children();
    run(build
        .args(names.iter().flat_map(|name| ["--package", name]))
        .args(hostile.iter().flat_map(|(_, name)| ["--package", name]))
        .args(["--package", ENGINE])
        .arg("--target-dir")
        .arg(&compiled))?;
    let compiling = processor_time_of_children().zip(before).map(|(after, before)| after - before);
    provide_engine(&compiled)?;

    // The server carries the script engine, so it comes after that.
    let champollion = server::build()?;
    let packages = packages();
    if packages.exists() {
        // A package of a version that is no more would be published too.
        fs::remove_dir_all(&packages).context("the old packages cannot be removed")?;
    }
    let pack = |folder: &Path, name: &str, out: &Path| {
        let module = format!("{TARGET}/guest/{}.wasm", name.replace('-', "_"));
        let build = || {
            let mut build = command(&champollion);
            build.arg("build").arg(folder).arg("--module").arg(compiled.join(&module));
            build.arg("--out").arg(out);
            build
        };
        match read(build().arg("--json")) {
            Ok(report) => Packed::read(&report),
            Err(error) => {
                // People are shown all in which the vectors differ, which is no JSON.
                run(&mut build())?;
                Err(error)
            }
        }
    };
    let mut packed = Vec::new();
    for (folder, name) in sources.iter().zip(&names) {
        packed.push(pack(folder, name, &packages)?);
    }
    if let Some((folder, name)) = hostile {
        pack(&workspace().join(folder), name, &target().join("hostile"))?;
    }
    Ok(Figures { packed, compiling })
}

/// Puts the script engine where the sandbox looks for it when it is built.
fn provide_engine(compiled: &Path) -> Result<()> {
    let module = format!("{TARGET}/guest/{}.wasm", ENGINE.replace('-', "_"));
    let engine = fs::read(compiled.join(module)).context("the script engine was not built")?;
    let folder = target().join("engine");
    let file = folder.join(format!("{ENGINE}.wasm"));
    // A file that is written anew has the sandbox built anew.
    if fs::read(&file).is_ok_and(|present| present == engine) {
        return Ok(());
    }
    fs::create_dir_all(&folder)?;
    fs::write(&file, engine).context("the script engine cannot be put into target/engine")
}

fn name(folder: &Path) -> Result<String> {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    ensure!(!name.is_empty(), "{} has no name that a crate could have", folder.display());
    Ok(name.to_owned())
}
