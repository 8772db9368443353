//! Candidates that were asked for: found, tried on the payloads of their sponsors, and run beside on their devices.

use std::sync::Arc;

use champollion_fleet::names::PartnerId;
use champollion_store::TableError;
use semver::Version;
use uuid::Uuid;

use crate::{
    channels::{Channel, Shadow, Tally},
    error::RegistryError,
    package::{DecoderId, Package},
    registry::Registry,
    requests::{Candidate, DecoderRequest, RequestDesk, RequestFault},
};

impl Registry {
    /// Opens the requests for decoders, and has the candidates of those that are under way run beside.
    ///
    /// # Errors
    /// The store cannot be read, or a row makes no sense.
    pub async fn open_requests(&self) -> Result<RequestDesk, TableError> {
        let desk = RequestDesk::open(&*self.store).await?;
        desk.after(None).iter().for_each(|request| self.follow_request(request));
        Ok(desk)
    }

    /// Has the candidate of a request run beside on the devices of its sponsor for as long as the request says so. What
    /// was counted of the same candidate before goes on.
    pub fn follow_request(&self, request: &DecoderRequest) {
        self.sponsored.follow(request);
    }

    /// Returns the candidates of a decoder that run beside for sponsors, each with its sponsor.
    #[must_use]
    pub fn sponsored_shadows(&self, id: &DecoderId) -> Vec<(PartnerId, Arc<Shadow>)> {
        self.sponsored.of(id)
    }

    /// Returns the count of the candidate of a request since the server was started or the candidate was named; none
    /// where no candidate runs.
    #[must_use]
    pub fn tally_of_request(&self, request: Uuid) -> Option<Tally> {
        self.sponsored.tally(request)
    }

    /// Checks that a version that exists is a candidate, and not withdrawn.
    ///
    /// # Errors
    /// [`RequestFault::NoCandidate`] says what it is.
    pub fn check_candidate(&self, id: &DecoderId, version: &Version) -> Result<(), RequestFault> {
        let channels = self.channels(id).unwrap_or_default();
        let state = match (channels.channel(version), channels.yanked(version)) {
            (_, Some(_)) => "yanked",
            (Channel::Stable, None) => "stable",
            (Channel::Candidate, None) => return Ok(()),
        };
        let candidate = Candidate { decoder: id.clone(), version: version.clone() };
        Err(RequestFault::NoCandidate { candidate: Box::new(candidate), state })
    }

    /// Reads the package of a version, with its manifest and its vectors.
    ///
    /// # Errors
    /// There is no such version, or its package is damaged.
    pub async fn package(
        &self,
        id: &DecoderId,
        version: &Version,
    ) -> Result<Package, RegistryError> {
        let file = self.file(id, version).await?;
        let read = tokio::task::spawn_blocking(move || Package::read(file));
        let unusable = |reason: String| {
            let (id, version) = (id.clone(), version.clone());
            RegistryError::Unusable { id, version, reason }
        };
        let package = read.await.map_err(|error| unusable(error.to_string()))?;
        package.map_err(|error| unusable(error.to_string()))
    }
}
