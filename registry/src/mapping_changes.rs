//! Puts mappings of decoders and gives them: each version is durable in one batch with its line of the audit.

use std::sync::Arc;

use champollion_sandbox::Digest;
use champollion_store::{Batch, StoreError};
use semver::Version;
use serde_json::json;

use crate::{
    changes::Mandate,
    error::RegistryError,
    gate::{Finding, in_words, incompatible_mappings},
    ledger::{AuditEntry, KeptMapping, MAPPINGS, ResolveError, Rivals, read_mappings},
    package::{DecoderId, Manifest, Mapping, MappingFault},
    registry::Registry,
};

/// Why a mapping was not put.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MappingChangeError {
    /// There is no such decoder.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The decoder is no script.
    #[error("{0} is a component, which measures by itself: mappings are for codecs in JavaScript")]
    Component(DecoderId),
    /// The mapping says what cannot be.
    #[error("{}", in_words(.0))]
    Faults(Vec<MappingFault>),
    /// A version as high was put before.
    #[error(transparent)]
    NotHigher(Box<NotHigher>),
    /// The change keeps users of the mapping before from using this one.
    #[error("{}", in_words(.0))]
    Incompatible(Vec<Finding>),
    /// There is no mapping, or not this version of it.
    #[error("{0} has no such mapping")]
    NoMapping(DecoderId),
    /// It could not be kept or read.
    #[error(transparent)]
    Registry(Box<RegistryError>),
}

/// A version of a mapping that is not higher than the one in force.
#[derive(Debug, thiserror::Error)]
#[error(
    "the mapping {version} of {id} is not higher than {current}, which is in force: a version of a mapping \
     never changes"
)]
pub struct NotHigher {
    /// The name of the decoder.
    pub id: DecoderId,
    /// The version that was to be put.
    pub version: Version,
    /// The version that is in force.
    pub current: Version,
}

impl From<RegistryError> for MappingChangeError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(Box::new(error))
    }
}

impl Registry {
    /// Puts a version of a decoder's mapping in force: frames that come from now on are measured by it. The same
    /// version with the same content once more changes nothing.
    pub async fn put_mapping(
        &self,
        id: &DecoderId,
        mapping: &Mapping,
        mandate: &Mandate,
    ) -> Result<Arc<KeptMapping>, MappingChangeError> {
        let mut rivals = Rivals::default();
        loop {
            match self.try_to_put(id, mapping, mandate).await {
                Err(MappingChangeError::Registry(error))
                    if rivals.let_try_again(is_behind(&error)) =>
                {
                    self.catch_up().await?;
                }
                other => return other,
            }
        }
    }

    async fn try_to_put(
        &self,
        id: &DecoderId,
        mapping: &Mapping,
        mandate: &Mandate,
    ) -> Result<Arc<KeptMapping>, MappingChangeError> {
        let mut turn = self.journal.turn().await;
        let (manifest, current) = self.mapped(id)?;
        let digest = mapping.digest(id);
        if let Some(current) = current.filter(|current| current.mapping.version >= mapping.version)
        {
            let is_same = current.mapping.version == mapping.version && current.digest == digest;
            let (id, version) = (id.clone(), mapping.version.clone());
            let not_higher = NotHigher { id, version, current: current.mapping.version.clone() };
            let refused = MappingChangeError::NotHigher(Box::new(not_higher));
            return if is_same { Ok(current) } else { Err(refused) };
        }
        let kept = self.admitted(id, mapping, digest, (&*manifest, mandate))?;
        if !mandate.dry_run {
            let mut batch = Batch::new();
            let key = (id.clone(), mapping.version.clone());
            MAPPINGS.insert(&mut batch, &key, &kept).map_err(RegistryError::from)?;
            let subject = format!("{id} mapping {}", mapping.version);
            let audit = AuditEntry::new(&mandate.by, "put-mapping", subject)
                .with(json!({ "digest": digest, "fields": mapping.fields.len() }));
            let written = turn.commit(batch, mandate.at, None, audit).await;
            written.map_err(RegistryError::from)?;
            let mut index = self.index_mut();
            index.entry(id.clone()).or_default().set_mapping(Some(Arc::clone(&kept)));
        }
        Ok(kept)
    }

    /// The manifest that the catalogue shows, and the mapping in force.
    fn mapped(
        &self,
        id: &DecoderId,
    ) -> Result<(Arc<Manifest>, Option<Arc<KeptMapping>>), ResolveError> {
        let index = self.index();
        let unknown = || ResolveError::UnknownDecoder(id.clone());
        let listed = index.get(id).ok_or_else(unknown)?;
        let shown = listed.shown().and_then(|version| listed.versions.get(version));
        let manifest = Arc::clone(&shown.ok_or_else(unknown)?.manifest);
        Ok((manifest, listed.mapping.clone()))
    }

    /// Looks at a mapping as the gate looks at a version.
    fn admitted(
        &self,
        id: &DecoderId,
        mapping: &Mapping,
        digest: Digest,
        (manifest, mandate): (&Manifest, &Mandate),
    ) -> Result<Arc<KeptMapping>, MappingChangeError> {
        if manifest.script.is_none() {
            return Err(MappingChangeError::Component(id.clone()));
        }
        let faults = mapping.faults(Some(manifest));
        if !faults.is_empty() {
            return Err(MappingChangeError::Faults(faults));
        }
        let (_, current) = self.mapped(id)?;
        if let Some(current) = current {
            let findings = incompatible_mappings(manifest, &current.mapping, mapping);
            if !findings.is_empty() {
                return Err(MappingChangeError::Incompatible(findings));
            }
        }
        Ok(Arc::new(KeptMapping {
            mapping: mapping.clone(),
            digest,
            put_by: mandate.by.name.clone(),
            put_at: mandate.at,
        }))
    }

    /// Returns the mapping of a decoder that is in force.
    pub fn mapping(&self, id: &DecoderId) -> Result<Arc<KeptMapping>, MappingChangeError> {
        let (_, current) = self.mapped(id)?;
        current.ok_or_else(|| MappingChangeError::NoMapping(id.clone()))
    }

    /// Returns one version of a decoder's mapping, also one that is in force no longer: records name it.
    pub async fn mapping_version(
        &self,
        id: &DecoderId,
        version: &Version,
    ) -> Result<KeptMapping, MappingChangeError> {
        self.mapped(id)?;
        let all = read_mappings(&*self.store, id).await.map_err(RegistryError::from)?;
        let found = all.into_iter().find(|kept| kept.mapping.version == *version);
        found.ok_or_else(|| MappingChangeError::NoMapping(id.clone()))
    }
}

/// Whether another writer wrote before: the audit, or this very version.
fn is_behind(error: &RegistryError) -> bool {
    let is_taken = matches!(
        error,
        RegistryError::Store(StoreError::Conflict { table, .. }) if table == MAPPINGS.name().as_str()
    );
    is_taken || error.is_behind()
}
