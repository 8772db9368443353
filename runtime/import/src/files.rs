//! Reads the files of a catalogue, and none outside of it.
//!
//! A catalogue is a stranger's: a codec named `../../.ssh/id_ed25519` must not end up in a package.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::{Problem, SourceText};

/// Largest file that is read, in bytes. Scripts may have 1 MiB and are refused by the package, with a
/// better reason; the largest file of the known catalogues has half a megabyte.
const FILE_BYTES: u64 = 16 << 20;

/// A folder that is imported.
pub struct Folder {
    /// Without links in it, so that paths can be compared.
    root: PathBuf,
    /// Warnings about files that were read by a guess.
    warnings: Mutex<Vec<Problem>>,
}

/// Why nothing at all can be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The folder cannot be opened.
    #[error("{folder} cannot be opened: {source}")]
    Folder {
        /// The folder in question.
        folder: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The folder is not laid out as it was said to be.
    #[error("{folder} is no {layout}: it has no {missing}")]
    OtherLayout {
        /// The folder in question.
        folder: PathBuf,
        /// The layout that was expected.
        layout: &'static str,
        /// The part that is missing.
        missing: &'static str,
    },
}

impl Folder {
    /// Opens a folder to read from.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let root = path
            .canonicalize()
            .and_then(|root| if root.is_dir() { Ok(root) } else { Err(not_a_folder()) })
            .map_err(|source| ImportError::Folder { folder: path.to_owned(), source })?;
        Ok(Self { root, warnings: Mutex::default() })
    }

    /// Whether there is something of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.root.join(name).exists()
    }

    /// Whether there is a file of this name.
    pub(super) fn is_file(&self, name: &str) -> bool {
        self.root.join(name).is_file()
    }

    /// The path of the folder.
    pub(super) fn path(&self) -> &Path {
        &self.root
    }

    /// Gives the warnings about bytes that are no UTF-8 so far, once.
    pub(super) fn take_warnings(&self) -> Vec<Problem> {
        std::mem::take(&mut self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The text of a file, without a byte order mark.
    pub(super) fn read(&self, name: &str) -> Result<String, Problem> {
        let problem = |reason: String| Problem::new(name, reason);
        let path = self.root.join(name).canonicalize().map_err(|error| problem(said(&error)))?;
        if !path.starts_with(&self.root) {
            return Err(problem("it lies outside of the folder that is imported".to_owned()));
        }
        let about = fs::metadata(&path).map_err(|error| problem(said(&error)))?;
        if !about.is_file() {
            return Err(problem("it is no file".to_owned()));
        }
        if about.len() > FILE_BYTES {
            return Err(problem(format!(
                "it has {} bytes, and {FILE_BYTES} are the limit",
                about.len()
            )));
        }
        let bytes = fs::read(&path).map_err(|error| problem(said(&error)))?;
        if SourceText::is_webassembly(&bytes) {
            return Err(problem(
                "it is WebAssembly and no script: `champollion publish` takes packages".to_owned(),
            ));
        }
        let SourceText { text, warning } = SourceText::of(&bytes);
        if let Some(warning) = warning {
            let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
            warnings.push(problem(warning));
        }
        Ok(text)
    }

    /// The names of all that is in a folder, sorted. A folder that is missing is empty.
    pub(super) fn list(&self, folder: &str, problems: &mut Vec<Problem>) -> Vec<String> {
        let path = self.root.join(folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                problems.push(Problem::new(folder, said(&error)));
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry.map(|entry| entry.file_name().into_string()) {
                Ok(Ok(name)) => names.push(name),
                Ok(Err(name)) => problems.push(Problem::new(
                    format!("{folder}/{}", name.to_string_lossy()),
                    "its name is not UTF-8",
                )),
                Err(error) => problems.push(Problem::new(folder, said(&error))),
            }
        }
        names.sort();
        names
    }

    /// The names of the folders in a folder, sorted.
    pub(super) fn folders(&self, folder: &str, problems: &mut Vec<Problem>) -> Vec<String> {
        let mut names = self.list(folder, problems);
        names.retain(|name| self.root.join(folder).join(name).is_dir());
        names
    }
}

fn not_a_folder() -> io::Error {
    io::Error::from(io::ErrorKind::NotADirectory)
}

/// The system's words without its number.
fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    }
}

/// The path of a file beside another: `vendor/acme/t1.js` for `t1.js` named in
/// `vendor/acme/t1-codec.yaml`.
pub(super) fn beside(place: &str, name: &str) -> String {
    match place.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}

/// The name of a file without folder and extension.
pub(super) fn stem(name: &str) -> &str {
    let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
