//! The packages that a server has of the codecs of an import, and what has changed since.

use std::collections::{BTreeMap, BTreeSet};

use champollion_client::{CatalogueEntry, CatalogueVersion, Client};
use champollion_import::restamped;
use champollion_registry::{
    gate::next_version,
    package::{DecoderId, Manifest, Package},
};
use champollion_sandbox::Digest;
use futures_util::{StreamExt, TryStreamExt, stream};
use semver::Version;

use crate::Failure;

/// Questions that a server is asked at once.
const AT_ONCE: usize = 8;

/// The most bytes of a package that is taken from a server.
pub(crate) const PACKAGE_BYTES: usize = 64 << 20;

/// The packages that a server has, by decoder.
#[derive(Default)]
pub(super) struct Published(BTreeMap<String, Decoder>);

/// The published versions of a decoder.
struct Decoder {
    /// All versions, the highest first.
    versions: Vec<CatalogueVersion>,
    /// Those of them that a new package may be the same as.
    baselines: Vec<Baseline>,
}

/// A version that a new package may be the same as.
struct Baseline {
    version: Version,
    digest: Digest,
    imprint: Option<Digest>,
}

impl Published {
    /// Asks a server for all that it has of some decoders. `stated` is the version that is compared with where the
    /// importing person states one, and else it is the highest.
    pub(super) async fn of(
        client: &Client,
        wanted: &BTreeSet<String>,
        stated: Option<&Version>,
    ) -> Result<Self, Failure> {
        let catalogue = client.catalogue().await?.into_value();
        let entries = catalogue.decoders.into_iter().filter(|entry| wanted.contains(&entry.id));
        let decoders = stream::iter(entries.map(|entry| async move {
            let id = entry.id.clone();
            decoder(client, entry, stated).await.map(|decoder| (id, decoder))
        }));
        Ok(Self(decoders.buffer_unordered(AT_ONCE).try_collect().await?))
    }

    /// Whether a decoder has a version.
    pub(super) fn has(&self, id: &DecoderId, version: &Version) -> bool {
        self.of_decoder(id).is_some_and(|decoder| {
            decoder.versions.iter().any(|published| published.version == *version)
        })
    }

    /// Returns the highest version of a decoder.
    pub(super) fn highest(&self, id: &DecoderId) -> Option<&Version> {
        Some(&self.of_decoder(id)?.versions.first()?.version)
    }

    /// Returns the version whose package was made of the same codec, by its imprint.
    pub(super) fn made_of(&self, id: &DecoderId, imprint: Digest) -> Option<&Version> {
        let baselines = &self.of_decoder(id)?.baselines;
        let same = baselines.iter().find(|baseline| baseline.imprint == Some(imprint))?;
        Some(&same.version)
    }

    /// Returns the version whose package is the same but for its imprint, as one is that was made by an older
    /// version of this software.
    pub(super) fn same_as(&self, package: &Package) -> Option<&Version> {
        let baselines = &self.of_decoder(&package.manifest().id)?.baselines;
        let is_same = |baseline: &&Baseline| {
            restamped(package, &baseline.version, baseline.imprint)
                .is_ok_and(|same| same.digest() == baseline.digest)
        };
        Some(&baselines.iter().find(is_same)?.version)
    }

    /// Returns the package under the next version, as the gate of the registry judges what has changed.
    pub(super) async fn bumped(
        &self,
        client: &Client,
        package: &Package,
    ) -> Result<Package, Failure> {
        let manifest = package.manifest();
        let task = format!("{} gets no next version", manifest.id);
        let Some(decoder) = self.of_decoder(&manifest.id) else { return Ok(package.clone()) };
        let Some(highest) = decoder.versions.first() else { return Ok(package.clone()) };
        let previous = match decoder.users_come_from() {
            Some(version) => Some(manifest_of(client, &manifest.id, version).await?),
            None => None,
        };
        let next = next_version(&highest.version, previous.as_ref(), manifest);
        let imprint = manifest.script.as_ref().and_then(|script| script.import_digest);
        restamped(package, &next, imprint).map_err(Failure::of(task))
    }

    fn of_decoder(&self, id: &DecoderId) -> Option<&Decoder> {
        self.0.get(&id.to_string())
    }
}

impl Decoder {
    /// Returns the version that the gate compares a new one with: a pre-release promises nothing, and nobody is
    /// given a yanked version.
    fn users_come_from(&self) -> Option<&Version> {
        let counts = |version: &&CatalogueVersion| {
            version.version.pre.is_empty() && version.yanked.is_none()
        };
        self.versions.iter().find(counts).map(|version| &version.version)
    }
}

async fn decoder(
    client: &Client,
    entry: CatalogueEntry,
    stated: Option<&Version>,
) -> Result<Decoder, Failure> {
    let highest = entry.versions.first();
    let given = entry.versions.iter().find(|version| version.yanked.is_none());
    let stated = entry.versions.iter().find(|version| Some(&version.version) == stated);
    let compared: BTreeSet<&Version> = match stated {
        Some(stated) => BTreeSet::from([&stated.version]),
        // What was withdrawn is not published once more for being the same.
        None => [given, highest].into_iter().flatten().map(|version| &version.version).collect(),
    };
    let mut baselines = Vec::new();
    for version in compared.into_iter().rev() {
        let published = entry.versions.iter().find(|published| published.version == *version);
        let Some(published) = published else { continue };
        let script = if entry.version == *version {
            entry.script.clone()
        } else {
            client.catalogue_version(&entry.id, version).await?.into_value().script
        };
        let imprint = script.and_then(|script| script.import_digest);
        let digest = published.digest.parse();
        let task = format!("{} {version} cannot be compared with", entry.id);
        baselines.push(Baseline {
            version: version.clone(),
            digest: digest.map_err(Failure::of(task))?,
            imprint: imprint.and_then(|imprint| imprint.parse().ok()),
        });
    }
    Ok(Decoder { versions: entry.versions, baselines })
}

/// Returns the manifest of a published version as its package has it.
async fn manifest_of(
    client: &Client,
    id: &DecoderId,
    version: &Version,
) -> Result<Manifest, Failure> {
    let task = format!("{id} {version} cannot be compared with");
    let file = client.download_package(id, version, PACKAGE_BYTES).await?;
    Ok(Package::read(file).map_err(Failure::of(task))?.manifest().clone())
}
