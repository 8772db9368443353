//! The file of the master key: private, and never half written.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::VaultError;
use super::key_place::KeyPlace;
use super::master_key::MasterKey;

/// The lines at the beginning of the file.
const ADVICE: &str = "# The master key of Champollion's vault. Keep this file apart from backups of the data folder:\n\
                      # who has both reads all keys. Keep a copy of it elsewhere: without it nobody reads them.\n";

/// The permissions of the file: its owner alone reads and writes it.
const PRIVATE: u32 = 0o600;

/// The permissions that other users would have.
const OTHERS: u32 = 0o077;

/// The end of the name of a file that is not whole yet.
const UNFINISHED: &str = ".unfinished";

/// Reads the file; `None` where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, VaultError> {
    let unreadable = |error: io::Error| VaultError::Unreadable {
        place: KeyPlace::File(path.to_owned()),
        reason: error.to_string(),
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mode = file.metadata().map_err(unreadable)?.permissions().mode();
    if mode & OTHERS != 0 {
        return Err(VaultError::ReadableByOthers { path: path.to_owned(), mode: mode & 0o777 });
    }
    io::read_to_string(file).map(|text| Some(Zeroizing::new(text))).map_err(unreadable)
}

/// Writes the file with these keys, the first of them in force, in one step.
pub(super) fn write(path: &Path, keys: &[&MasterKey]) -> Result<(), VaultError> {
    let mut text = Zeroizing::new(ADVICE.to_owned());
    for key in keys {
        text.push_str(&key.reveal_digits());
        text.push('\n');
    }
    let unfinished = unfinished(path);
    let written = write_private(&unfinished, text.as_bytes())
        .and_then(|()| fs::rename(&unfinished, path))
        .and_then(|()| sync_folder_of(path));
    written.map_err(|source| {
        // Where it was made, it is of no use.
        drop(fs::remove_file(&unfinished));
        VaultError::NotWritable { path: path.to_owned(), source }
    })
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(UNFINISHED);
    name.into()
}

fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    // What a kill has left of it is no use, and may have other permissions.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_private_and_begins_with_advice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.key");
        assert!(read(&path).unwrap().is_none());
        let key = MasterKey::generate().unwrap();
        write(&path, &[&key]).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, PRIVATE);
        let text = read(&path).unwrap().unwrap();
        assert!(text.starts_with("# ") && text.contains("apart from backups"), "{}", *text);
        assert!(text.ends_with(&format!("{}\n", *key.reveal_digits())));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.key");
        write(&path, &[&MasterKey::generate().unwrap()]).unwrap();
        for mode in [0o640, 0o604, 0o660, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains(&format!("mode {mode:o}")), "{error}");
            assert!(error.contains("chmod 600"), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(read(&path).unwrap().is_some());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_told_with_the_setting() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nowhere").join("data.key");
        let error = write(&path, &[&MasterKey::generate().unwrap()]).unwrap_err();
        assert!(matches!(error, VaultError::NotWritable { .. }), "{error}");
        assert!(error.to_string().contains("[vault] key-file"), "{error}");
    }
}
