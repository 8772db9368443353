//! Candidates of requests, which run beside on the devices of their sponsors: what comes of it is counted, and handed
//! to nobody.

use std::{collections::HashMap, sync::Arc};

use champollion_fleet::names::PartnerId;
use parking_lot::RwLock;
use uuid::Uuid;

use super::{candidate::Candidate, request::DecoderRequest};
use crate::{
    channels::{Shadow, Tally},
    package::DecoderId,
};

/// The candidates that run beside for sponsors, by their requests.
#[derive(Default)]
pub(crate) struct SponsoredShadows {
    /// Held for a look or a change, never across an await.
    by_request: RwLock<HashMap<Uuid, Sponsored>>,
}

/// A candidate that runs beside on the devices of a sponsor.
struct Sponsored {
    partner: PartnerId,
    decoder: DecoderId,
    shadow: Arc<Shadow>,
}

impl SponsoredShadows {
    /// Has the candidate of a request run as long as the request says so.
    pub(crate) fn follow(&self, request: &DecoderRequest) {
        let mut by_request = self.by_request.write();
        let Some(candidate) = request.candidate_on_trial() else {
            by_request.remove(&request.id);
            return;
        };
        if by_request.get(&request.id).is_some_and(|known| known.is_of(candidate)) {
            return;
        }
        let sponsored = Sponsored {
            partner: request.partner.clone(),
            decoder: candidate.decoder.clone(),
            shadow: Arc::new(Shadow::new(candidate.version.clone())),
        };
        by_request.insert(request.id, sponsored);
    }

    /// The candidates of a decoder, each with its sponsor.
    pub(crate) fn of(&self, id: &DecoderId) -> Vec<(PartnerId, Arc<Shadow>)> {
        let by_request = self.by_request.read();
        let of_decoder = by_request.values().filter(|sponsored| sponsored.decoder == *id);
        let both = of_decoder.map(|one| (one.partner.clone(), Arc::clone(&one.shadow)));
        both.collect()
    }

    /// The count of the candidate of a request.
    pub(crate) fn tally(&self, request: Uuid) -> Option<Tally> {
        let by_request = self.by_request.read();
        by_request.get(&request).map(|sponsored| sponsored.shadow.tally())
    }
}

impl Sponsored {
    fn is_of(&self, candidate: &Candidate) -> bool {
        self.decoder == candidate.decoder && *self.shadow.version() == candidate.version
    }
}
