//! The settings of the vault.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::VaultError;
use super::key_place::KeyPlace;

/// The end of the name of the master key's file beside a data folder.
const FILE_SUFFIX: &str = ".key";

/// Where the master key comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct VaultSettings {
    /// The kind of place in which the master key lies.
    pub key_from: KeyFrom,
    /// The file of the master key; an empty one stands for the file beside the data folder.
    pub key_file: PathBuf,
}

/// The kind of place in which a master key lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyFrom {
    /// A file, which the server makes where it is missing.
    File,
    /// A variable of the environment, `CHAMPOLLION_MASTER_KEY`.
    Environment,
    /// A credential that systemd hands to the service.
    Credential,
}

impl VaultSettings {
    /// Returns the place of the master key of a data folder.
    ///
    /// # Errors
    /// The folder has no name that a file beside it could have.
    pub fn place(&self, data_dir: &Path) -> Result<KeyPlace, VaultError> {
        match self.key_from {
            KeyFrom::Environment => Ok(KeyPlace::Variable),
            KeyFrom::Credential => Ok(KeyPlace::Credential),
            KeyFrom::File if self.key_file.as_os_str().is_empty() => {
                beside(data_dir).map(KeyPlace::File)
            }
            KeyFrom::File => Ok(KeyPlace::File(self.key_file.clone())),
        }
    }
}

/// Returns the file beside a folder that has the folder's name with an ending.
fn beside(data_dir: &Path) -> Result<PathBuf, VaultError> {
    let name = data_dir.file_name();
    let mut name = name.ok_or_else(|| VaultError::NamelessFolder(data_dir.to_owned()))?.to_owned();
    name.push(FILE_SUFFIX);
    Ok(data_dir.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_lies_beside_the_data_folder_unless_it_is_named() {
        let mut settings = VaultSettings { key_from: KeyFrom::File, key_file: PathBuf::new() };
        for (folder, file) in [
            ("/srv/data", "/srv/data.key"),
            ("/srv/data/", "/srv/data.key"),
            ("data.d", "data.d.key"),
        ] {
            let place = settings.place(Path::new(folder)).unwrap();
            assert_eq!(place, KeyPlace::File(file.into()), "{folder}");
        }
        for folder in ["/", "..", "data/.."] {
            let error = settings.place(Path::new(folder)).unwrap_err();
            assert!(error.to_string().contains("[vault] key-file"), "{error}");
        }
        settings.key_file = "/etc/champollion/master.key".into();
        let place = settings.place(Path::new("/")).unwrap();
        assert_eq!(place, KeyPlace::File("/etc/champollion/master.key".into()));
        settings.key_from = KeyFrom::Credential;
        assert_eq!(settings.place(Path::new("/")).unwrap(), KeyPlace::Credential);
    }
}
