//! Where master keys come from: the one in force, and after it those before, with which data keys may still be
//! wrapped.
//!
//! Every place holds lines: comments after `#`, and keys of 64 hexadecimal digits. A rotation puts the new key
//! before the old one, wraps the data keys anew, and takes the old one away. Broken off anywhere, the place has
//! the key that unwraps them.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::error::VaultError;
use super::key_file;
use super::key_name::KeyName;
use super::key_place::{CREDENTIAL, KeyPlace, VARIABLE};
use super::master_key::MasterKey;

/// The variable in which systemd names the folder of credentials.
const CREDENTIALS_FOLDER: &str = "CREDENTIALS_DIRECTORY";

/// The beginning of a comment.
const COMMENT: char = '#';

/// The master keys of a place.
pub(super) struct MasterKeys {
    /// The key that wraps what is wrapped from now on.
    pub(super) current: MasterKey,
    /// Keys that were in force before the current one.
    pub(super) earlier: Vec<MasterKey>,
    /// Whether the key in force was made just now.
    pub(super) is_made: bool,
}

impl MasterKeys {
    /// All keys, the one in force first.
    pub(super) fn all(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.current).chain(&self.earlier)
    }

    /// Returns the names of all keys, for an error.
    pub(super) fn names(&self) -> String {
        let names: Vec<String> = self.all().map(|key| key.name().to_string()).collect();
        names.join(", ")
    }
}

impl KeyPlace {
    /// Reads the keys of a store that was sealed with `needed`; where it is not sealed yet, a file that is
    /// missing is made.
    pub(super) fn keys(&self, needed: Option<&KeyName>) -> Result<MasterKeys, VaultError> {
        let keys = match self.text()? {
            Some(text) => self.read(&text)?,
            None => None,
        };
        match (keys, needed, self) {
            (Some(keys), _, _) => Ok(keys),
            (None, Some(needed), _) => {
                Err(VaultError::Lost { place: self.clone(), needed: needed.clone() })
            }
            (None, None, Self::File(path)) if !path.exists() => {
                let current = MasterKey::generate()?;
                key_file::write(path, &[&current])?;
                Ok(MasterKeys { current, earlier: Vec::new(), is_made: true })
            }
            (None, None, _) => Err(VaultError::Missing { place: self.clone() }),
        }
    }

    /// Writes the keys into the place; false where it is none that the server writes.
    pub(super) fn write(&self, keys: &[&MasterKey]) -> Result<bool, VaultError> {
        match self {
            Self::File(path) => key_file::write(path, keys).map(|()| true),
            Self::Variable | Self::Credential => Ok(false),
        }
    }

    /// Takes keys away that nothing is wrapped with any more. The place is as good with them, so a fault is
    /// told and ends nothing.
    pub(super) fn keep_only(&self, current: &MasterKey) {
        match self.write(&[current]) {
            Ok(true) => tracing::info!(place = %self, "earlier master keys were taken away"),
            Ok(false) => tracing::warn!(
                place = %self,
                "earlier master keys are not needed any more: take them away"
            ),
            Err(error) => tracing::warn!(%error, "earlier master keys could not be taken away"),
        }
    }

    fn text(&self) -> Result<Option<Zeroizing<String>>, VaultError> {
        match self {
            Self::File(path) => key_file::read(path),
            Self::Variable => env::var_os(VARIABLE).map(|text| self.unicode(text)).transpose(),
            Self::Credential => self.credential(),
        }
    }

    fn unicode(&self, text: OsString) -> Result<Zeroizing<String>, VaultError> {
        let unreadable =
            |_| VaultError::Unreadable { place: self.clone(), reason: "it is no text".to_owned() };
        text.into_string().map(Zeroizing::new).map_err(unreadable)
    }

    /// systemd keeps other users out of the folder; the permissions of the files in it say nothing.
    fn credential(&self) -> Result<Option<Zeroizing<String>>, VaultError> {
        let unreadable = |reason: String| VaultError::Unreadable { place: self.clone(), reason };
        let folder = env::var_os(CREDENTIALS_FOLDER).map(PathBuf::from).ok_or_else(|| {
            unreadable(format!(
                "{CREDENTIALS_FOLDER} is not set: give the unit LoadCredential={CREDENTIAL}:FILE"
            ))
        })?;
        match fs::read_to_string(folder.join(CREDENTIAL)) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(error.to_string())),
        }
    }

    /// Reads the keys of a text; `None` where it has none.
    fn read(&self, text: &str) -> Result<Option<MasterKeys>, VaultError> {
        let mut keys = Vec::new();
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.split(COMMENT).next().unwrap_or_default();
            for digits in content.split_whitespace() {
                let unusable = |reason| VaultError::Unusable { place: self.clone(), line, reason };
                keys.push(MasterKey::parse(digits).map_err(unusable)?);
            }
        }
        let mut keys = keys.into_iter();
        Ok(keys.next().map(|current| MasterKeys {
            current,
            earlier: keys.collect(),
            is_made: false,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_is_in_force_and_comments_are_none() {
        let (new, old) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
        let (one, other) = (new.reveal_digits(), old.reveal_digits());
        for text in [
            format!("# advice\n\n{}\n{}\n", *one, *other),
            format!("{} {}", *one, *other),
            format!("  {} # new\r\n{}", *one, *other),
        ] {
            let keys = KeyPlace::Variable.read(&text).unwrap().unwrap();
            assert_eq!(keys.current.name(), new.name());
            assert_eq!(keys.names(), format!("{}, {}", new.name(), old.name()));
        }
    }

    #[test]
    fn a_text_without_a_key_is_told_by_place_and_line_and_never_shown() {
        let place = KeyPlace::File("data.key".into());
        let refused = |text: &str| place.read(text).err().unwrap().to_string();
        assert!(place.read("# only advice\n").unwrap().is_none());
        let short = "00112233445566778899aabbccddeeff";
        let error = refused(&format!("# advice\n{short}\n"));
        assert_eq!(
            error,
            "line 2 of the file data.key is no master key: it has 32 characters, and a master key has 64 \
             hexadecimal digits"
        );
        let error = refused(&format!("{short}{short}0"));
        assert!(error.contains("65 characters") && !error.contains(short), "{error}");
        let error = refused(&format!("{short}{}", short.replace('f', "g")));
        assert!(error.contains("character 63 ") && !error.contains(short), "{error}");
    }
}
