//! Places that files are put: servers of partners, and folders of our own.
//!
//! A file is written under a temporary name and then renamed, so that whoever looks into the place sees
//! all of it or nothing. Whatever is left of an earlier try is written over.

mod definition;
mod error;
mod folder;
#[cfg(feature = "ftps")]
mod ftps;
mod http;
mod interface;
mod opening;
#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "sftp")]
mod sftp;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "sftp", feature = "ftps", feature = "s3"))]
mod text;
mod webdav;

pub use definition::{FolderPlace, FtpsPlace, PlaceDefinition, S3Place, SftpPlace, WebdavPlace};
pub use error::{PlaceError, UnusablePlace};
pub(crate) use interface::Place;
