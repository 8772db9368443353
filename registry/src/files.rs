//! Gives the files of published versions, and mends those that are damaged.

use std::sync::Arc;

use semver::Version;

use crate::{
    error::RegistryError,
    ledger::{Entry, FileError, Mended, Mirror},
    package::DecoderId,
    registry::Registry,
};

impl Registry {
    /// The same, which fetches what is damaged here from these.
    #[must_use]
    pub fn with_mirrors(mut self, mirrors: Vec<Arc<dyn Mirror>>) -> Self {
        self.files.set_mirrors(mirrors);
        self
    }

    /// The file of a version, its digest checked.
    pub async fn file(&self, id: &DecoderId, version: &Version) -> Result<Vec<u8>, RegistryError> {
        let entry = self.entry(id, version)?;
        self.file_of(id, version, &entry).await
    }

    /// The file of a version, its digest checked. One that is damaged is set aside, and fetched again
    /// where that can be done.
    pub(crate) async fn file_of(
        &self,
        id: &DecoderId,
        version: &Version,
        entry: &Entry,
    ) -> Result<Vec<u8>, RegistryError> {
        self.files.get(id, version, entry).await.map_err(|error| match error {
            FileError::Store(error) => error.into(),
            FileError::Damaged(problem) => {
                let (id, version) = (id.clone(), version.clone());
                let digest = Box::new(entry.line.digest);
                RegistryError::DamagedPackage { id, version, digest, problem }
            }
        })
    }

    /// Looks at all packages. What is damaged or missing is mended, or with `dry_run` only named.
    pub async fn mend_all(&self, dry_run: bool) -> Result<Mended, RegistryError> {
        let all: Vec<Arc<Entry>> = {
            let index = self.index();
            index.values().flat_map(|listed| listed.versions.values().cloned()).collect()
        };
        Ok(self.files.mend_all(all, dry_run).await?)
    }
}
