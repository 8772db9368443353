//! File push: records are put as files where a partner fetches them, at a rhythm that was agreed.

mod definition;
mod names;
mod place;
mod rhythm;
mod standing;

pub use definition::{FilePush, FilePushError};
pub(crate) use names::Naming;
pub use names::{NamePattern, NamePatternError};
pub(crate) use place::Place;
pub use place::{
    FolderPlace, FtpsPlace, PlaceDefinition, PlaceError, S3Place, SftpPlace, UnusablePlace,
    WebdavPlace,
};
pub use rhythm::{Rhythm, RhythmError};
pub(crate) use standing::{FileStanding, PendingFile, Period};
