//! The server that packages are published on: what it has of them, and what of them is new to it.

use std::collections::BTreeSet;

use champollion_client::Client;
use champollion_import::{Bumped, Codec, PackageMaker, Report, Skipped, Unchanged};
use champollion_registry::package::{DecoderId, Package};
use futures_util::{StreamExt, stream};
use semver::Version;

use super::{ChosenCodec, MadePackage, PUBLISHED_AT_ONCE, published::Published};
use crate::{Failure, connection};

/// A server that packages are published on, and what it has already.
pub(super) struct Target {
    pub(super) client: Client,
    published: Published,
    /// The version that the importing person states.
    stated: Option<Version>,
}

impl Target {
    /// Asks a server for what it has of the packages that codecs become. `stated` is the version that the importing
    /// person states.
    pub(super) fn of(
        client: Client,
        orders: &[ChosenCodec],
        stated: Option<&Version>,
    ) -> Result<Self, Failure> {
        let wanted: BTreeSet<String> =
            orders.iter().filter_map(|(_, id)| Some(id.as_ref().ok()?.to_string())).collect();
        let mut published = Published::default();
        connection::block_on(async {
            published = Published::of(&client, &wanted, stated).await?;
            Ok(())
        })?;
        Ok(Self { client, published, stated: stated.cloned() })
    }

    /// Takes out the codecs whose package the server has, by their imprint: nothing is run.
    pub(super) fn changed(
        &self,
        maker: &PackageMaker<'_>,
        orders: Vec<ChosenCodec>,
        report: &mut Report,
    ) -> Vec<ChosenCodec> {
        let mut changed = Vec::new();
        for (codec, id) in orders {
            let version = id.as_ref().ok().and_then(|id| self.known_version(maker, &codec, id));
            match (version, &id) {
                (Some(version), Ok(id)) => {
                    let (id, version) = (id.to_string(), version.to_string());
                    report.unchanged.push(Unchanged { codec: codec.place, id, version });
                }
                _ => changed.push((codec, id)),
            }
        }
        changed
    }

    fn known_version(
        &self,
        maker: &PackageMaker<'_>,
        codec: &Codec,
        id: &DecoderId,
    ) -> Option<&Version> {
        if self.states_new_version(maker, codec, id) {
            return None;
        }
        self.published.made_of(id, maker.imprint(codec, id)?)
    }

    /// Whether a version is stated for a codec that the server does not have.
    fn states_new_version(&self, maker: &PackageMaker<'_>, codec: &Codec, id: &DecoderId) -> bool {
        maker.stated_version(codec).is_some_and(|stated| !self.published.has(id, &stated))
    }

    /// The version to make a package under: nothing where it is that which is stated, or the first one, and else the
    /// highest of the server, so that the two can be compared.
    pub(super) fn version_to_make(
        &self,
        maker: &PackageMaker<'_>,
        codec: &Codec,
        id: &DecoderId,
    ) -> Option<Version> {
        let is_stated = self.stated.is_some() || self.states_new_version(maker, codec, id);
        self.published.highest(id).filter(|_| !is_stated).cloned()
    }

    /// Takes out the packages that the server has, and gives those that have changed since their next version.
    pub(super) fn to_publish(
        &self,
        packages: Vec<MadePackage>,
        bump: bool,
        report: &mut Report,
    ) -> Result<Vec<MadePackage>, Failure> {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for MadePackage { codec, package } in packages {
            let manifest = package.manifest();
            let id = manifest.id.to_string();
            if !self.published.has(&manifest.id, &manifest.version) {
                new.push(MadePackage { codec, package });
            } else if let Some(version) = self.published.same_as(&package) {
                report.unchanged.push(Unchanged { codec, id, version: version.to_string() });
            } else if bump {
                changed.push(MadePackage { codec, package });
            } else {
                let reason = format!(
                    "it is not what {id} {} is made of, which is published: --bump publishes it as the \
                     next version",
                    manifest.version
                );
                report.skipped.push(Skipped { codec, reason });
            }
        }
        report.unchanged.sort_by(|one, other| one.codec.cmp(&other.codec));
        connection::block_on(async {
            let mut bumped = stream::iter(changed.into_iter().map(
                |MadePackage { codec, package }| async move {
                    (codec, self.published.bumped(&self.client, &package).await)
                },
            ))
            .buffered(PUBLISHED_AT_ONCE);
            while let Some((codec, package)) = bumped.next().await {
                match package {
                    Ok(package) => {
                        report.bumped.push(self.bumped(&codec, &package));
                        new.push(MadePackage { codec, package });
                    }
                    Err(failure) => {
                        report.skipped.push(Skipped { codec, reason: failure.to_string() });
                    }
                }
            }
            Ok(())
        })?;
        Ok(new)
    }

    fn bumped(&self, codec: &str, package: &Package) -> Bumped {
        let manifest = package.manifest();
        let previous = self.published.highest(&manifest.id);
        Bumped {
            codec: codec.to_owned(),
            id: manifest.id.to_string(),
            version: manifest.version.to_string(),
            previous: previous.map(ToString::to_string).unwrap_or_default(),
        }
    }
}
