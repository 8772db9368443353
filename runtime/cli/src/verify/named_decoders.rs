//! The decoders that records name: of files that are given, or of the server.

use std::{collections::HashMap, path::PathBuf};

use champollion_client::{Client, ClientError};
use champollion_registry::package::Package;
use champollion_sandbox::Decoder;

use super::Named;
use crate::{Failure, import::PACKAGE_BYTES, output, sandbox};

/// The status of an answer that says that there is no such package.
const NOT_FOUND: u16 = 404;

/// The decoders that records name, each loaded once.
pub(super) struct NamedDecoders<'of> {
    client: &'of Client,
    /// By the digest of the package; why it cannot be had, where it cannot.
    by_digest: HashMap<String, Result<Decoder, String>>,
    /// Whether packages may be fetched.
    fetches: bool,
}

impl<'of> NamedDecoders<'of> {
    pub(super) fn from_files(files: &[PathBuf], client: &'of Client) -> Result<Self, Failure> {
        let mut by_digest = HashMap::new();
        for path in files {
            let task = format!("{} cannot be used", path.display());
            let file = std::fs::read(path).map_err(Failure::of_file(&task))?;
            let package = Package::read(file).map_err(Failure::quoting(&task))?;
            let decoder = load(&package).map_err(Failure::quoting(&task))?;
            by_digest.insert(package.digest().to_string(), Ok(decoder));
        }
        Ok(Self { client, by_digest, fetches: files.is_empty() })
    }

    /// The decoder by its digest: another file of the same name is another decoder.
    pub(super) async fn of(&mut self, named: &Named) -> Result<&Result<Decoder, String>, Failure> {
        if !self.by_digest.contains_key(&named.digest) {
            let found = self.find(named).await?;
            self.by_digest.insert(named.digest.clone(), found);
        }
        Ok(&self.by_digest[&named.digest])
    }

    async fn find(&self, named: &Named) -> Result<Result<Decoder, String>, Failure> {
        let Named { id, version, digest, .. } = named;
        if !self.fetches {
            return Ok(Err(format!("the package {id} {version} ({digest}) is not given")));
        }
        let downloaded = match self.client.download_package(id, version, PACKAGE_BYTES).await {
            Ok(downloaded) => downloaded,
            Err(ClientError::Refused(problem)) if problem.status == NOT_FOUND => {
                return Ok(Err(format!("the server has no {id} {version}: {}", problem.detail)));
            }
            Err(error) => return Err(error.into()),
        };
        let package = match Package::read(downloaded) {
            Ok(package) if package.digest().to_string() == *digest => package,
            Ok(package) => {
                let other = package.digest();
                return Ok(Err(format!(
                    "{id} {version} of the server is another package, {other}"
                )));
            }
            Err(error) => return Ok(Err(output::quoted(error))),
        };
        Ok(load(&package))
    }
}

fn load(package: &Package) -> Result<Decoder, String> {
    let sandbox = sandbox::of(package).map_err(|error| error.to_string())?;
    package.load(&sandbox).map_err(output::quoted)
}
