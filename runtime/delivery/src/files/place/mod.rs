//! Places that files are put: servers of partners, and folders of our own.
//!
//! A file is written under a temporary name and then renamed, so that whoever looks into the place sees
//! all of it or nothing. Whatever is left of an earlier try is written over.

mod error;
mod folder;
mod ftps;
mod http;
mod s3;
mod sftp;
mod webdav;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{GroupId, Secret, route::Surroundings};

pub use error::{PlaceError, UnusablePlace};
pub use folder::FolderPlace;
pub use ftps::FtpsPlace;
pub use s3::S3Place;
pub use sftp::SftpPlace;
pub use webdav::WebdavPlace;

/// What a file is called while it is not whole: its name and this.
const UNFINISHED: &str = ".part";

/// A place, as a route says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum PlaceDefinition {
    /// A server of SFTP, with its host key pinned.
    Sftp(SftpPlace),
    /// A server of FTP over TLS.
    Ftps(FtpsPlace),
    /// A folder of a WebDAV server.
    Webdav(WebdavPlace),
    /// A bucket of an S3 server.
    S3(S3Place),
    /// A folder of the operator's, for trying.
    Folder(FolderPlace),
}

/// Where files are put. Each call takes as long as it takes: whoever calls bounds it.
#[async_trait]
pub(crate) trait Place: Send + Sync {
    /// Puts a file there, whole or not at all. One of the same name is replaced.
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), PlaceError>;

    /// Takes a file away that was put there.
    async fn remove(&self, name: &str) -> Result<(), PlaceError>;
}

impl PlaceDefinition {
    /// In a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Sftp(_) => "sftp",
            Self::Ftps(_) => "ftps",
            Self::Webdav(_) => "webdav",
            Self::S3(_) => "s3",
            Self::Folder(_) => "folder",
        }
    }

    /// All secrets in it.
    pub(crate) fn secrets(&mut self) -> Vec<&mut Secret> {
        match self {
            Self::Sftp(place) => place.secrets(),
            Self::Ftps(place) => place.secrets(),
            Self::Webdav(place) => place.secrets(),
            Self::S3(place) => place.secrets(),
            Self::Folder(_) => Vec::new(),
        }
    }

    /// The place itself.
    ///
    /// # Errors
    /// Says what of the definition cannot be.
    pub(crate) fn open(
        &self,
        group: &GroupId,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn Place>, UnusablePlace> {
        Ok(match self {
            Self::Sftp(place) => Box::new(place.open(surroundings)?),
            Self::Ftps(place) => Box::new(place.open(surroundings)?),
            Self::Webdav(place) => Box::new(place.open(surroundings)?),
            Self::S3(place) => Box::new(place.open(surroundings)?),
            Self::Folder(place) => Box::new(place.open(group, surroundings)?),
        })
    }
}

/// What a file is called while it is not whole.
fn unfinished(name: &str) -> String {
    format!("{name}{UNFINISHED}")
}

/// A name in a folder of a server; in the one that one is in after the login where none is said.
fn in_folder(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        _ if folder.ends_with('/') => format!("{folder}{name}"),
        _ => format!("{folder}/{name}"),
    }
}

/// Checks a text that is sent to a server as it is: commands are told apart by line breaks.
fn plain(member: &'static str, text: &str) -> Result<(), UnusablePlace> {
    if text.chars().any(char::is_control) {
        return Err(UnusablePlace::Text { member, reason: "it holds control characters" });
    }
    Ok(())
}

/// The same of a text that must not be empty.
fn said(member: &'static str, text: &str) -> Result<(), UnusablePlace> {
    if text.is_empty() {
        return Err(UnusablePlace::Text { member, reason: "it must be said" });
    }
    plain(member, text)
}

#[cfg(test)]
mod tests;
