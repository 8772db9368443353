//! Packages of what was built: a Debian package and a container image, made without the tools of either, so that the
//! same input makes the same bytes on every machine.
//!
//! [`Release`] says what goes in; [`Release::write`] gathers the tree of files once, and both packages are made of it.

#![forbid(unsafe_code)]

mod debian;
mod digests;
mod elf;
mod gather;
mod image;
mod linked;
mod maintained;
mod settings;
mod tarball;
mod tree;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use jiff::Timestamp;

pub use self::{
    digests::sha256,
    settings::{DATA_FOLDER, MASTER_KEY, SETTINGS_FILE},
};
use self::{gather::Gathered, linked::Linked};

/// The parts of a release, as they lie on this machine.
#[derive(Clone, Debug)]
pub struct Release {
    /// The file of the binary `champollion`.
    pub binary: PathBuf,
    /// The folder of the decoders' packages.
    pub library: PathBuf,
    /// The folder of the sources, for texts and examples.
    pub sources: PathBuf,
    /// The moment that files and packages are dated to.
    pub moment: Timestamp,
}

/// A file that was made, to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The path of the file.
    pub path: PathBuf,
    /// The bytes of the file.
    pub bytes: u64,
    /// The SHA-256 of the file, in hexadecimal digits.
    pub digest: String,
}

impl Release {
    /// Writes the Debian package and the image into a folder.
    ///
    /// # Errors
    /// The binary does not run, a part is missing, or there is no room.
    pub fn write(&self, folder: &Path) -> Result<Vec<Made>> {
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let gathered = Gathered::of(self)?;
        let linked = Linked::of(&self.binary)?;
        let package = debian::write(&gathered, &linked, self.moment, folder)?;
        let image = image::write(&gathered, &linked, self.moment, folder)?;
        [package, image].into_iter().map(Made::of).collect()
    }
}

impl Made {
    fn of(path: PathBuf) -> Result<Self> {
        let bytes = fs::metadata(&path)?.len();
        let digest = sha256(&path)?;
        Ok(Self { path, bytes, digest })
    }
}
