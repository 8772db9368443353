//! Gives decoders that are ready to be called.

use std::sync::Arc;

use jiff::Timestamp;
use semver::Version;

use crate::{
    channels::{Caller, Canary, Shadow, pinned},
    error::RegistryError,
    ledger::{Entry, ResolveError},
    loaded_decoder::LoadedDecoder,
    package::{DecoderId, DecoderRef, load_file},
    registry::Registry,
};

impl Registry {
    /// The decoder that a device asks for, loaded when it is not in memory.
    pub async fn decoder(&self, wanted: &DecoderRef) -> Result<Arc<LoadedDecoder>, RegistryError> {
        let (version, entry) = self.find(wanted)?;
        self.loaded(&wanted.id, version, &entry).await
    }

    /// The same for a call: a decoder that was set aside for it is not given.
    pub async fn healthy_decoder(
        &self,
        wanted: &DecoderRef,
        caller: Caller,
        now: Timestamp,
    ) -> Result<Arc<LoadedDecoder>, RegistryError> {
        let (version, entry) = self.find(wanted)?;
        match entry.health.admit(caller, now) {
            Err(quarantined) => Err(RegistryError::Quarantined(quarantined)),
            Ok(()) => self.loaded(&wanted.id, version, &entry).await,
        }
    }

    /// The decoder of a call for a device. A candidate that this device is to get is given with what counts
    /// how it does; a decoder that was set aside for such calls is not given. The result of the call
    /// belongs to [`note`](Self::note).
    pub async fn decoder_of(
        &self,
        wanted: &DecoderRef,
        caller: Caller,
        now: Timestamp,
    ) -> Result<(Arc<LoadedDecoder>, Option<Arc<Canary>>), RegistryError> {
        if let Some((canary, entry)) = self.canary_of(wanted, caller, now) {
            let version = canary.rule().version.clone();
            // One that cannot be loaded is no reason to decode nothing.
            if let Ok(loaded) = self.loaded(&wanted.id, version, &entry).await {
                return Ok((loaded, Some(canary)));
            }
        }
        Ok((self.healthy_decoder(wanted, caller, now).await?, None))
    }

    fn canary_of(
        &self,
        wanted: &DecoderRef,
        caller: Caller,
        now: Timestamp,
    ) -> Option<(Arc<Canary>, Arc<Entry>)> {
        let device = u64::from_be_bytes(caller.dev_eui.to_be_bytes());
        let index = self.index();
        let listed = index.get(&wanted.id)?;
        let canary = listed.canary.as_ref()?;
        let version = &canary.rule().version;
        let is_asked = wanted.requirement.matches(version) && pinned(&wanted.requirement).is_none();
        let is_newer = listed.choose(&wanted.requirement).is_none_or(|(given, _)| given < version);
        if !(is_asked && is_newer && canary.is_for(device)) {
            return None;
        }
        let entry = listed.versions.get(version)?;
        let is_healthy = entry.health.admit(caller, now).is_ok();
        is_healthy.then(|| (Arc::clone(canary), Arc::clone(entry)))
    }

    /// The candidate that a share of the devices gets.
    pub fn canary(&self, id: &DecoderId) -> Result<Option<Arc<Canary>>, ResolveError> {
        let index = self.index();
        let listed = index.get(id).ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))?;
        Ok(listed.canary.clone())
    }

    /// The candidate that runs beside the decoder of a frame: one that the device would get, were it
    /// stable. One that begins a major version runs beside all but those that are pinned, since none
    /// asks for it yet.
    #[must_use]
    pub fn shadow_of(&self, wanted: &DecoderRef, decoder: &LoadedDecoder) -> Option<Arc<Shadow>> {
        let index = self.index();
        let listed = index.get(&wanted.id)?;
        let shadow = listed.shadow.as_ref()?;
        let version = shadow.version();
        let is_meant = Self::would_give(wanted, version)
            || (listed.channels.begins_major(version) && pinned(&wanted.requirement).is_none());
        (*version > decoder.version && is_meant).then(|| Arc::clone(shadow))
    }

    /// Whether a requirement is met by a derived decoder, which reads no payloads.
    #[must_use]
    pub fn is_derived(&self, wanted: &DecoderRef) -> bool {
        self.find(wanted).is_ok_and(|(_, entry)| entry.manifest.derived.is_some())
    }

    /// Whether devices with this requirement would get a version, were it stable: those that pin one would not.
    #[must_use]
    pub fn would_give(wanted: &DecoderRef, version: &Version) -> bool {
        wanted.requirement.matches(version) && pinned(&wanted.requirement).is_none()
    }

    /// The candidate that runs beside the stable version of a decoder.
    pub fn shadow(&self, id: &DecoderId) -> Result<Option<Arc<Shadow>>, ResolveError> {
        let index = self.index();
        let listed = index.get(id).ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))?;
        Ok(listed.shadow.clone())
    }

    /// A version by its name, loaded when it is not in memory.
    pub async fn version(
        &self,
        id: &DecoderId,
        version: &Version,
    ) -> Result<Arc<LoadedDecoder>, RegistryError> {
        let entry = self.entry(id, version)?;
        self.loaded(id, version.clone(), &entry).await
    }

    /// The decoder of a version that was found.
    async fn loaded(
        &self,
        id: &DecoderId,
        version: Version,
        entry: &Entry,
    ) -> Result<Arc<LoadedDecoder>, RegistryError> {
        let key = (entry.line.digest, entry.mapping.as_ref().map(|kept| kept.digest));
        if let Some(loaded) = self.loaded.get(&key) {
            return Ok(loaded);
        }
        self.loaded.get_or_load(key, self.load(id, version, entry)).await
    }

    async fn load(
        &self,
        id: &DecoderId,
        version: Version,
        entry: &Entry,
    ) -> Result<Arc<LoadedDecoder>, RegistryError> {
        let file = self.file_of(id, &version, entry).await?;
        let sandbox = Arc::clone(&self.sandbox);
        let lower = self.config.lower_limits.get(id).cloned().unwrap_or_default();
        let unusable = |reason: String| RegistryError::Unusable {
            id: id.clone(),
            version: version.clone(),
            reason,
        };
        let (manifest, digest) = (Arc::clone(&entry.manifest), entry.line.digest);
        let mapping = entry.mapping.clone();
        let by = mapping.clone();
        let (decoder, manifest) = tokio::task::spawn_blocking(move || {
            let mapping = by.as_ref().map(|kept| &kept.mapping);
            (load_file(&file, (&*manifest, mapping), digest, &sandbox, &lower), manifest)
        })
        .await
        .map_err(|error| unusable(error.to_string()))?;
        let decoder = decoder.map_err(|error| unusable(error.to_string()))?;
        let health = Arc::clone(&entry.health);
        Ok(Arc::new(LoadedDecoder::new(manifest, decoder, health, mapping)))
    }
}
