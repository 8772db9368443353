//! A folder of the operator's: for trying, and for whoever fetches files from there by other means.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

use async_trait::async_trait;
use tokio::{fs, io::AsyncWriteExt};

use super::{
    definition::FolderPlace,
    error::{PlaceError, UnusablePlace},
    interface::{Place, unfinished},
};
use crate::{destinations::DestinationLimits, names::GroupId};

pub(super) struct Folder {
    /// The one that the operator allows.
    allowed: PathBuf,
    folder: PathBuf,
}

impl FolderPlace {
    pub(super) fn open(
        &self,
        group: &GroupId,
        destination_limits: &DestinationLimits,
    ) -> Result<Folder, UnusablePlace> {
        let allowed = destination_limits.folders.clone().ok_or(UnusablePlace::NoFolders)?;
        let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        if !self.path.components().all(is_plain) {
            let reason = "it must be a folder within the group's own, without .. and no / in front";
            return Err(UnusablePlace::Text { member: "path", reason });
        }
        Ok(Folder { folder: allowed.join(group.as_str()).join(&self.path), allowed })
    }
}

impl Folder {
    /// The folder, made where it is not there yet. A link out of what is allowed is not followed.
    async fn ready(&self) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.folder).await?;
        let folder = fs::canonicalize(&self.folder).await?;
        if !folder.starts_with(fs::canonicalize(&self.allowed).await?) {
            let reason = "it leads out of the folder that the operator allows";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
        }
        Ok(folder)
    }

    async fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = self.ready().await?;
        let part = folder.join(unfinished(name));
        let mut file = fs::File::create(&part).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        drop(file);
        fs::rename(&part, folder.join(name)).await?;
        // The new name is durable with its folder.
        fs::File::open(&folder).await?.sync_all().await
    }
}

#[async_trait]
impl Place for Folder {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), PlaceError> {
        self.write(name, bytes).await.map_err(|error| meaning(&error, &self.folder))
    }

    async fn remove(&self, name: &str) -> Result<(), PlaceError> {
        let removed = async { fs::remove_file(self.ready().await?.join(name)).await };
        removed.await.map_err(|error| meaning(&error, &self.folder))
    }
}

fn meaning(error: &io::Error, folder: &Path) -> PlaceError {
    let (what, reason) = (folder.display().to_string(), error.to_string());
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            PlaceError::Denied { what, reason }
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => PlaceError::Full { reason },
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            PlaceError::Missing { what, reason }
        }
        _ => PlaceError::Refused { what: "writing the file", reason },
    }
}
