//! The script engine as a server compiled it, handed on to the servers of other tests: each of them begins in a folder of
//! its own, and compiling the engine takes five seconds of a processor where the compiler is that of a dev build.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::UNIX_EPOCH,
};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::{built, target};

/// The folder of all builds of the binary, of which the last one alone is kept.
const FOLDER: &str = "engine-of-tests";

/// Keeps the engine of a server's folder of compiled code, unless it is kept already.
pub(crate) fn keep(code: &Path) {
    if engine_in(folder()).is_some() {
        return;
    }
    let Some(file) = engine_in(code) else { return };
    let Some(all) = folder().parent() else { return };
    // What another build compiled is of no use. That nothing is kept costs time and nothing else.
    drop(fs::remove_dir_all(all));
    drop(fs::create_dir_all(folder()).and_then(|()| put(&file, folder())));
}

/// Puts the engine into a server's folder of compiled code, where one is kept.
pub(crate) fn lend(code: &Path) {
    if let Some(file) = engine_in(folder()) {
        // Without it the server compiles the engine itself.
        drop(put(&file, code));
    }
}

/// The folder of this build of the binary: another build may compile in another way.
fn folder() -> &'static Path {
    static FOLDER_OF_BUILD: OnceLock<PathBuf> = OnceLock::new();
    FOLDER_OF_BUILD.get_or_init(|| {
        let moment = fs::metadata(built()).and_then(|binary| binary.modified());
        let moment = moment.expect("the binary is there").duration_since(UNIX_EPOCH);
        let moment = moment.expect("it was built after 1970").as_nanos();
        target().join(FOLDER).join(moment.to_string())
    })
}

/// The file of the compiled engine in a folder: its name begins with the engine's digest.
fn engine_in(folder: &Path) -> Option<PathBuf> {
    static DIGEST: OnceLock<Option<String>> = OnceLock::new();
    let digest = DIGEST.get_or_init(|| {
        let engine = fs::read(target().join("engine/champollion-script-engine.wasm")).ok()?;
        Some(HEXLOWER.encode(&Sha256::digest(&engine)))
    });
    let digest = digest.as_deref()?;
    let mut files = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    files.find(|file| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(digest) && name.ends_with(".cwasm")
    })
}

/// Puts a file into a folder, whole or not at all: others may read it meanwhile. A server never writes into a file of
/// compiled code, so both folders may have the same one.
fn put(file: &Path, folder: &Path) -> io::Result<()> {
    let Some(name) = file.file_name() else { return Ok(()) };
    let place = folder.join(name);
    match fs::hard_link(file, &place) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            let copy = NamedTempFile::new_in(folder)?;
            fs::copy(file, copy.path())?;
            copy.persist(place).map(drop).map_err(|failed| failed.error)
        }
        linked => linked,
    }
}
