//! Builds the first-party decoders into packages.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::{
    server,
    shell::{command, run, target, workspace},
    toolchain::{TARGET, Toolchain},
};

/// The decoder in Rust that the attack suite is made of. It is built like any other, into a folder of
/// its own, where nobody publishes it.
const HOSTILE: (&str, &str) = ("tests/hostile", "champollion-hostile");

/// The folders of the first-party decoders, in the order of their names.
pub(crate) fn sources() -> Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = fs::read_dir(workspace().join("decoders"))
        .context("the folder decoders cannot be read")?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| folder.join("decoder.toml").is_file())
        .collect();
    folders.sort();
    Ok(folders)
}

/// Compiles every decoder, makes a package of it and runs its vectors; gives the folder of the
/// packages.
pub(crate) fn build() -> Result<PathBuf> {
    let toolchain = Toolchain::find()?;
    let sources = sources()?;
    let names = sources.iter().map(|folder| name(folder)).collect::<Result<Vec<_>>>()?;
    // A folder of its own: the guests' compiler may be another one than the server's.
    let compiled = target().join("guests");
    run(toolchain
        .cargo_build()
        .args(names.iter().flat_map(|name| ["--package", name]))
        .args(["--package", HOSTILE.1])
        .arg("--target-dir")
        .arg(&compiled))?;

    let champollion = server::build()?;
    let packages = target().join("decoders");
    if packages.exists() {
        // A package of a version that is no more would be published too.
        fs::remove_dir_all(&packages).context("the old packages cannot be removed")?;
    }
    let pack = |folder: &Path, name: &str, out: &Path| {
        let module = format!("{TARGET}/guest/{}.wasm", name.replace('-', "_"));
        run(command(&champollion)
            .arg("build")
            .arg(folder)
            .arg("--module")
            .arg(compiled.join(module))
            .arg("--out")
            .arg(out))
    };
    for (folder, name) in sources.iter().zip(&names) {
        pack(folder, name, &packages)?;
    }
    pack(&workspace().join(HOSTILE.0), HOSTILE.1, &target().join("hostile"))?;
    Ok(packages)
}

fn name(folder: &Path) -> Result<String> {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    ensure!(!name.is_empty(), "{} has no name that a crate could have", folder.display());
    Ok(name.to_owned())
}
