//! Compiled code on disk, so that a decoder is compiled once and not at every start.
//!
//! A file is named by the digest of the component and by a hash of wasmtime's version, its settings, the
//! processor, and of how modules are rewritten before they are compiled. It holds the SHA-256 of the code before the code.

use std::{
    fs::{self, File, OpenOptions},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use wasmtime::{Engine, Module};

use crate::{Digest, kept::barrier};

const CHECKSUM_BYTES: usize = 32;

pub(crate) struct CodeCache {
    folder: PathBuf,
    /// Changes with wasmtime's version, its settings, the processor and the rewriting.
    compatibility: u64,
}

impl CodeCache {
    /// Makes the folder, for its owner alone.
    pub(crate) fn open(folder: PathBuf, engine: &Engine) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        // Root could set the permissions of a folder that somebody else made and still owns.
        if fs::metadata(&folder)?.uid() != this_user() {
            return Err(io::Error::other("it belongs to another user"));
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        barrier::VERSION.hash(&mut hasher);
        Ok(Self { folder, compatibility: hasher.finish() })
    }

    /// The code of a module, if it is there and whole. A damaged or foreign file is removed.
    pub(crate) fn get(&self, digest: Digest, engine: &Engine) -> Option<Module> {
        let path = self.path(digest);
        match Self::read(&path, engine) {
            Ok(module) => Some(module),
            Err(Unusable::Missing) => None,
            Err(Unusable::Damaged(reason)) => {
                tracing::warn!(path = %path.display(), reason, "compiled code is dropped");
                // Should this fail, the file is found damaged again next time.
                drop(fs::remove_file(&path));
                None
            }
        }
    }

    /// Keeps what `serialize` made of a module. The file appears whole or not at all.
    pub(crate) fn put(&self, digest: Digest, code: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(&self.folder)?;
        file.write_all(&Sha256::digest(code))?;
        file.write_all(code)?;
        file.as_file().sync_all()?;
        file.persist(self.path(digest)).map_err(|error| error.error)?;
        Ok(())
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{}-{:016x}.cwasm", digest.hex(), self.compatibility))
    }

    fn read(path: &Path, engine: &Engine) -> Result<Module, Unusable> {
        let mut file = match OpenOptions::new().read(true).custom_flags(nofollow()).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unusable::Missing),
            Err(error) => return Err(Unusable::Damaged(error.to_string())),
        };
        check_owner(&file)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(|error| Unusable::Damaged(error.to_string()))?;
        let Some((checksum, code)) = content.split_at_checked(CHECKSUM_BYTES) else {
            return Err(Unusable::Damaged("it is too short".into()));
        };
        if Sha256::digest(code).as_slice() != checksum {
            return Err(Unusable::Damaged("its checksum differs".into()));
        }
        // SAFETY: `deserialize` trusts that the bytes came out of wasmtime's `serialize`. They did:
        // nobody but this user can write the folder (0700) or the file (no write permission for
        // others, checked on the open file, which is no link), this type writes nothing else into
        // it, and the checksum shows that the bytes are those that it wrote. That they are of the
        // same wasmtime, settings and kind, wasmtime checks itself.
        unsafe { Module::deserialize(engine, code) }
            .map_err(|error| Unusable::Damaged(format!("{error:#}")))
    }
}

/// The file must be a plain one of this user, and writable by nobody else.
fn check_owner(file: &File) -> Result<(), Unusable> {
    let metadata = file.metadata().map_err(|error| Unusable::Damaged(error.to_string()))?;
    let foreign = metadata.uid() != this_user() || metadata.mode() & 0o022 != 0;
    if foreign || !metadata.is_file() {
        return Err(Unusable::Damaged("it belongs to somebody else or others may write it".into()));
    }
    Ok(())
}

enum Unusable {
    Missing,
    Damaged(String),
}

fn this_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// `O_NOFOLLOW`: a link in the folder is none of ours.
fn nofollow() -> i32 {
    rustix::fs::OFlags::NOFOLLOW.bits().cast_signed()
}
