//! The manifest of a backup: all of its files, each with its size and SHA-256.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::BackupError;
use super::file_sum::FileSum;
use crate::blobs::check_blob_name;
use crate::disk::create_private_file;
use crate::error::StoreError;
use crate::sled::FORMAT as STORE_FORMAT;

/// The format of backups that this version writes, and the newest that it reads.
const FORMAT: u64 = 1;

/// The file of the manifest.
const MANIFEST: &str = "manifest.json";

/// The file with the digest of the manifest, as `sha256sum --check` reads it.
const MANIFEST_SUM: &str = "manifest.sha256";

/// The file of keys and values, each as it was when it was read.
pub(super) const PAIRS: &str = "pairs.zst";

/// The file of changes since the reading began.
pub(super) const CHANGES: &str = "changes.zst";

/// A backup as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Manifest {
    format: u64,
    store_format: u64,
    /// The version of the software that made the backup.
    pub(super) version: String,
    /// The moment at which the backup began: all that was acknowledged before is in it.
    pub(super) begun_at: String,
    pub(super) pairs: u64,
    pub(super) changes: u64,
    pub(super) files: Vec<FileSum>,
}

/// The little that must be readable in a manifest of any format.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Formats {
    format: u64,
    store_format: u64,
    version: String,
}

impl Manifest {
    pub(super) fn new(begun_at: &str, (pairs, changes): (u64, u64), files: Vec<FileSum>) -> Self {
        let (version, begun_at) = (env!("CARGO_PKG_VERSION").to_owned(), begun_at.to_owned());
        Self {
            format: FORMAT,
            store_format: STORE_FORMAT,
            version,
            begun_at,
            pairs,
            changes,
            files,
        }
    }

    /// Writes the manifest and its digest into the folder of a backup, durably. Returns the digest.
    pub(super) fn write(&self, folder: &Path) -> Result<String, StoreError> {
        let path = folder.join(MANIFEST);
        let json = serde_json::to_vec_pretty(self).map_err(io::Error::from);
        let json = json.map_err(StoreError::io("write", &path))?;
        write(&path, &json)?;
        let sum = FileSum::of_bytes(MANIFEST.to_owned(), &json).sha256;
        write(&folder.join(MANIFEST_SUM), format!("{sum}  {MANIFEST}\n").as_bytes())?;
        Ok(sum)
    }

    /// Reads the manifest of a backup.
    pub(super) fn read(folder: &Path) -> Result<Self, BackupError> {
        let no_backup =
            |reason: String| BackupError::NoBackup { folder: folder.to_owned(), reason };
        let unreadable = |file: &'static str| {
            move |error: io::Error| no_backup(format!("{file} cannot be read ({error})"))
        };
        let json = fs::read(folder.join(MANIFEST)).map_err(unreadable(MANIFEST))?;
        let sum =
            fs::read_to_string(folder.join(MANIFEST_SUM)).map_err(unreadable(MANIFEST_SUM))?;
        let expected = FileSum::of_bytes(MANIFEST.to_owned(), &json).sha256;
        if sum.split_whitespace().next() != Some(expected.as_str()) {
            let reason = "it is not the one that manifest.sha256 is of";
            return Err(BackupError::Damaged { file: MANIFEST.to_owned(), reason });
        }
        Self::parse(&json).map_err(|fault| match fault {
            Fault::Newer(version) => BackupError::Newer { version },
            Fault::Unreadable(reason) => no_backup(format!("{MANIFEST} cannot be read ({reason})")),
        })
    }

    fn parse(json: &[u8]) -> Result<Self, Fault> {
        let unreadable = |error: serde_json::Error| Fault::Unreadable(error.to_string());
        let formats: Formats = serde_json::from_slice(json).map_err(unreadable)?;
        if formats.format > FORMAT || formats.store_format > STORE_FORMAT {
            return Err(Fault::Newer(formats.version));
        }
        let manifest: Self = serde_json::from_slice(json).map_err(unreadable)?;
        match manifest.files.iter().find(|file| !is_inside(&file.name)) {
            Some(file) => Err(Fault::Unreadable(format!("it names a file {:?}", file.name))),
            None => Ok(manifest),
        }
    }

    /// Compares every file of a backup with the manifest. Blocks on the disk.
    pub(super) fn check(&self, folder: &Path) -> Result<(), BackupError> {
        for expected in &self.files {
            let damaged = |reason| BackupError::Damaged { file: expected.name.clone(), reason };
            let found = FileSum::of_file(&expected.name, &folder.join(&expected.name));
            match found {
                Ok(found) if found == *expected => {}
                Ok(found) if found.bytes != expected.bytes => {
                    return Err(damaged("it has another size than in the manifest"));
                }
                Ok(_) => return Err(damaged("its SHA-256 is not that of the manifest")),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(damaged("it is missing"));
                }
                Err(error) => return Err(damaged_disk(&folder.join(&expected.name), error)),
            }
        }
        Ok(())
    }

    /// The kinds of blobs, and the blobs, as their files are named.
    pub(super) fn blobs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|file| file.name.split_once('/'))
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// A fault of a manifest.
enum Fault {
    Newer(String),
    Unreadable(String),
}

fn damaged_disk(path: &Path, error: io::Error) -> BackupError {
    StoreError::io("read", path)(error).into()
}

/// Whether a name is one of a file of the backup, or of a folder in it, and of no other place.
fn is_inside(name: &str) -> bool {
    match name.split_once('/') {
        Some((kind, blob)) => check_blob_name(kind).is_ok() && check_blob_name(blob).is_ok(),
        None => [PAIRS, CHANGES].contains(&name),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    create_private_file(path)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .map_err(StoreError::io("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut serde_json::Value)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = FileSum::of_bytes(PAIRS.to_owned(), b"pairs");
        let manifest = Manifest::new("2026-01-01T00:00:00Z", (1, 0), vec![file]);
        let mut json = serde_json::to_value(&manifest).unwrap();
        change(&mut json);
        let json = serde_json::to_vec(&json).unwrap();
        write(&folder.path().join(MANIFEST), &json).unwrap();
        let sum = FileSum::of_bytes(MANIFEST.to_owned(), &json).sha256;
        write(&folder.path().join(MANIFEST_SUM), sum.as_bytes()).unwrap();
        Manifest::read(folder.path()).unwrap_err().to_string()
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = FileSum::of_bytes("packages/sha256-a".to_owned(), b"a package");
        let manifest = Manifest::new("2026-01-01T00:00:00Z", (7, 3), vec![file]);
        manifest.write(folder.path()).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), manifest);
        assert_eq!(manifest.blobs().collect::<Vec<_>>(), [("packages", "sha256-a")]);
    }

    #[test]
    fn names_of_other_places_and_unknown_members_are_refused() {
        for name in
            ["../passwd", "packages/../../passwd", "/etc/passwd", "a/b/c", ".hidden", "lock"]
        {
            let said = refusal(|json| json["files"][0]["name"] = name.into());
            assert!(said.contains("it names a file"), "{name}: {said}");
        }
        let said = refusal(|json| json["more"] = 1.into());
        assert!(said.contains("unknown field `more`"), "{said}");
    }

    #[test]
    fn a_backup_of_a_newer_version_is_named_so_whatever_else_it_has() {
        for member in ["format", "storeFormat"] {
            let said = refusal(|json| {
                json[member] = 99.into();
                json["version"] = "9.9.9".into();
                json["more"] = 1.into();
            });
            assert!(said.contains("made by version 9.9.9"), "{said}");
        }
    }
}
