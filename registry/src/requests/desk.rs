//! The desk on which requests for decoders lie: all of them in memory; the store keeps what is needed to have them again.
//!
//! A step is prepared in a [`RequestTurn`], of which there is one at a time: it checks the rules and gives a
//! [`RequestStep`], which its caller puts into a batch. Once that is durable, the turn applies it.

use std::{collections::BTreeMap, ops::Bound};

use champollion_fleet::{names::PartnerId, objects::FieldText};
use champollion_store::{Batch, Store, Table, TableError, tables};
use jiff::{Timestamp, tz::TimeZone};
use parking_lot::RwLock;
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use super::{
    candidate::Candidate,
    error::RequestFault,
    request::{Act, DecoderRequest, Estimate, RequestState, Taking},
    trial::{Tried, missing_in},
    wish::{SponsorPayload, Wish, check_payloads},
    wish_fault::WishFault,
};
use crate::package::Package;

const DECODER_REQUESTS: Table<Uuid, DecoderRequest> = Table::new(tables::DECODER_REQUESTS);

/// Most bytes of a request, which fits into a row of the store then.
const BYTES: usize = 46 << 10;

/// Most requests of a partner that are under way at once.
const OF_PARTNER: usize = 50;

/// The requests for decoders, those under way and those of before.
#[derive(Default)]
pub struct RequestDesk {
    /// Held for a look or a change in memory, never across an await.
    known: RwLock<BTreeMap<Uuid, DecoderRequest>>,
    /// Held from the look at the rules until a step is in memory.
    turn: Mutex<()>,
}

/// A turn to carry requests on. Nothing else does meanwhile.
pub struct RequestTurn<'of> {
    desk: &'of RequestDesk,
    _alone: MutexGuard<'of, ()>,
}

/// A step of a request that is allowed and not durable yet.
#[must_use]
#[derive(Debug)]
pub struct RequestStep {
    before: Option<DecoderRequest>,
    /// The request from then on.
    pub request: DecoderRequest,
}

impl RequestDesk {
    /// Reads all requests.
    ///
    /// # Errors
    /// The store cannot be read, or a row makes no sense.
    pub async fn open(store: &dyn Store) -> Result<Self, TableError> {
        let mut known = BTreeMap::new();
        let mut pages = DECODER_REQUESTS.pages(store);
        while let Some(page) = pages.next().await? {
            known.extend(page);
        }
        Ok(Self { known: RwLock::new(known), turn: Mutex::default() })
    }

    /// Reads all requests again, which another node has carried on.
    ///
    /// # Errors
    /// The store cannot be read, and the requests are as before.
    pub async fn refresh(&self, store: &dyn Store) -> Result<(), TableError> {
        let _alone = self.turn.lock().await;
        let read = Self::open(store).await?.known.into_inner();
        *self.known.write() = read;
        Ok(())
    }

    /// Waits for a turn to carry requests on.
    pub async fn turn(&self) -> RequestTurn<'_> {
        RequestTurn { desk: self, _alone: self.turn.lock().await }
    }

    /// Returns the request of an id.
    #[must_use]
    pub fn get(&self, id: Uuid) -> Option<DecoderRequest> {
        self.known.read().get(&id).cloned()
    }

    /// Returns the requests that were asked after one, the oldest first.
    #[must_use]
    pub fn after(&self, after: Option<Uuid>) -> Vec<DecoderRequest> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let known = self.known.read();
        known.range::<Uuid, _>((begin, Bound::Unbounded)).map(|(_, one)| one.clone()).collect()
    }

    fn count_under_way(&self, partner: &PartnerId) -> usize {
        let known = self.known.read();
        known.values().filter(|one| one.partner == *partner && !one.state.is_over()).count()
    }
}

impl RequestTurn<'_> {
    /// Takes a new request.
    ///
    /// # Errors
    /// [`RequestFault`] where the wish makes no sense, or too many requests of the partner are under way.
    pub fn ask(
        &self,
        partner: PartnerId,
        wish: Wish,
        taking: Taking,
    ) -> Result<RequestStep, RequestFault> {
        wish.check(taking.at.to_zoned(TimeZone::UTC).date())?;
        if self.desk.count_under_way(&partner) >= OF_PARTNER {
            return Err(RequestFault::TooMany { limit: OF_PARTNER });
        }
        let request = DecoderRequest::new(partner, wish, taking);
        check_size(&request)?;
        Ok(RequestStep { before: None, request })
    }

    /// Tells the price and the day. A later estimate takes the place of one of before.
    ///
    /// # Errors
    /// [`RequestFault`] where there is no such request, or it is ordered already.
    pub fn estimate(
        &self,
        id: Uuid,
        estimate: Estimate,
        taking: Taking,
    ) -> Result<RequestStep, RequestFault> {
        self.step(id, (Act::Estimate, taking), &BEFORE_ORDER, |request, at| {
            if let Some(by) = estimate.by.filter(|by| *by <= at.to_zoned(TimeZone::UTC).date()) {
                return Err(WishFault::Past { by }.into());
            }
            request.promise(estimate.by, at);
            request.estimate = Some(estimate);
            request.is_questioned = false;
            request.state = RequestState::Estimated;
            Ok(())
        })
    }

    /// Orders what was estimated.
    ///
    /// # Errors
    /// [`RequestFault`] where there is no such request, it waits for something else, or the order has no number.
    pub fn order(
        &self,
        id: Uuid,
        number: Option<FieldText>,
        taking: Taking,
    ) -> Result<RequestStep, RequestFault> {
        self.step(id, (Act::Order, taking), &[RequestState::Estimated], |request, _| {
            let number = number.or_else(|| request.wish.order_number.take());
            request.wish.order_number = Some(number.ok_or(RequestFault::NoOrderNumber)?);
            request.state = RequestState::Ordered;
            Ok(())
        })
    }

    /// Asks the partner something: the request waits for the answer.
    ///
    /// # Errors
    /// [`RequestFault`] where there is no such request, or it waits for the partner already.
    pub fn question(&self, id: Uuid, taking: Taking) -> Result<RequestStep, RequestFault> {
        self.step(id, (Act::Question, taking), &WITH_OPERATOR, |request, _| {
            request.is_questioned = true;
            Ok(())
        })
    }

    /// Answers the operator: the request waits for the operator again.
    ///
    /// # Errors
    /// [`RequestFault`] where there is no such request, or it is over.
    pub fn answer(&self, id: Uuid, taking: Taking) -> Result<RequestStep, RequestFault> {
        self.step(id, (Act::Answer, taking), &UNDER_WAY, |request, _| {
            request.is_questioned = false;
            Ok(())
        })
    }

    /// Puts other payloads in the place of those of before, as where a value was written down wrongly.
    ///
    /// # Errors
    /// [`RequestFault`] where there is no such request, it is accepted, or the payloads make no sense.
    pub fn replace_payloads(
        &self,
        id: Uuid,
        payloads: Vec<SponsorPayload>,
        taking: Taking,
    ) -> Result<RequestStep, RequestFault> {
        check_payloads(&payloads)?;
        self.step(id, (Act::Payloads, taking), &BEFORE_ACCEPTANCE, |request, _| {
            request.wish.payloads = payloads;
            request.trial = None;
            request.is_questioned = false;
            Ok(())
        })
    }

    /// Names the candidate that was published for a request, once it reads the payloads and its package has them among
    /// its vectors. Another candidate takes the place of one of before.
    ///
    /// # Errors
    /// [`RequestFault`] where there is no such request, it is not ordered, or the candidate is not what was ordered.
    pub fn propose(
        &self,
        id: Uuid,
        package: &Package,
        tried: Tried,
        taking: Taking,
    ) -> Result<RequestStep, RequestFault> {
        self.step(id, (Act::Candidate, taking), &AT_WORK, |request, _| {
            let (candidate, funded_by) =
                (&tried.candidate, package.manifest().funded_by.as_deref());
            check_sponsor(candidate, request.wish.payer.as_str(), funded_by)?;
            check_vectors(candidate, package, &request.wish.payloads)?;
            check_tried(&tried, &request.wish)?;
            request.candidate = Some(tried.candidate);
            request.trial = Some(tried.trial);
            request.is_questioned = false;
            request.state = RequestState::Candidate;
            Ok(())
        })
    }

    /// Accepts the candidate, once it reads the payloads as they are now.
    ///
    /// # Errors
    /// [`RequestFault`] where there is no such request or candidate, or a payload is not read as it must be.
    pub fn accept(
        &self,
        id: Uuid,
        tried: Tried,
        taking: Taking,
    ) -> Result<RequestStep, RequestFault> {
        self.step(id, (Act::Accept, taking), &[RequestState::Candidate], |request, _| {
            if request.candidate.as_ref() != Some(&tried.candidate) {
                return Err(RequestFault::ChangedMeanwhile);
            }
            check_tried(&tried, &request.wish)?;
            request.trial = Some(tried.trial);
            request.state = RequestState::Accepted;
            Ok(())
        })
    }

    /// Sends the candidate back: a developer is at work again.
    ///
    /// # Errors
    /// [`RequestFault`] where there is no such request or candidate.
    pub fn send_back(&self, id: Uuid, taking: Taking) -> Result<RequestStep, RequestFault> {
        self.step(id, (Act::SendBack, taking), &[RequestState::Candidate], |request, _| {
            request.state = RequestState::Ordered;
            Ok(())
        })
    }

    /// Ends a request whose version has become stable.
    ///
    /// # Errors
    /// [`RequestFault`] where there is no such request, or it is not accepted.
    pub fn finish(&self, id: Uuid, taking: Taking) -> Result<RequestStep, RequestFault> {
        self.step(id, (Act::Stable, taking), &[RequestState::Accepted], |request, _| {
            request.is_questioned = false;
            request.state = RequestState::Stable;
            Ok(())
        })
    }

    /// Declines a request, with the reason as its words.
    ///
    /// # Errors
    /// [`RequestFault`] where there is no such request, or it is over.
    pub fn decline(&self, id: Uuid, taking: Taking) -> Result<RequestStep, RequestFault> {
        self.step(id, (Act::Decline, taking), &UNDER_WAY, |request, _| {
            request.state = RequestState::Declined;
            Ok(())
        })
    }

    /// Withdraws a request that is not ordered yet.
    ///
    /// # Errors
    /// [`RequestFault`] where there is no such request, or it is ordered.
    pub fn withdraw(&self, id: Uuid, taking: Taking) -> Result<RequestStep, RequestFault> {
        self.step(id, (Act::Withdraw, taking), &BEFORE_ORDER, |request, _| {
            request.state = RequestState::Declined;
            Ok(())
        })
    }

    fn step(
        &self,
        id: Uuid,
        (act, taking): (Act, Taking),
        states: &'static [RequestState],
        change: impl FnOnce(&mut DecoderRequest, Timestamp) -> Result<(), RequestFault>,
    ) -> Result<RequestStep, RequestFault> {
        let before = self.desk.get(id).ok_or(RequestFault::Unknown(id))?;
        if !states.contains(&before.state) {
            return Err(RequestFault::NotNow { state: before.state, wanted: words(states) });
        }
        let mut request = before.clone();
        change(&mut request, taking.at)?;
        request.note(act, taking);
        // What ends a request is taken in any case: there is room for it in the row.
        if !request.state.is_over() {
            check_size(&request)?;
        }
        Ok(RequestStep { before: Some(before), request })
    }

    /// Takes over a step whose batch is durable.
    pub fn apply(&self, step: RequestStep) -> DecoderRequest {
        let request = step.request;
        self.desk.known.write().insert(request.id, request.clone());
        request
    }
}

impl RequestStep {
    #[cfg(test)]
    pub(super) fn of(before: DecoderRequest, request: DecoderRequest) -> Self {
        Self { before: Some(before), request }
    }

    /// Puts the row of the step into a batch, which is refused where the store has another row than the desk knows.
    ///
    /// # Errors
    /// The row cannot be written.
    pub fn put(&self, batch: &mut Batch) -> Result<(), RequestFault> {
        let id = &self.request.id;
        let Some(before) = &self.before else {
            return Ok(DECODER_REQUESTS.insert(batch, id, &self.request)?);
        };
        let seen = DECODER_REQUESTS.written(id, before)?;
        DECODER_REQUESTS.replace(batch, &seen, &self.request)?;
        Ok(())
    }
}

/// The states of requests that are not over.
const UNDER_WAY: [RequestState; 5] = [
    RequestState::Asked,
    RequestState::Estimated,
    RequestState::Ordered,
    RequestState::Candidate,
    RequestState::Accepted,
];

/// The states in which nothing is ordered.
const BEFORE_ORDER: [RequestState; 2] = [RequestState::Asked, RequestState::Estimated];

/// The states in which the operator has the next step, unless a question waits for the partner.
const WITH_OPERATOR: [RequestState; 3] =
    [RequestState::Asked, RequestState::Ordered, RequestState::Accepted];

/// The states in which a candidate can come, or another one.
const AT_WORK: [RequestState; 2] = [RequestState::Ordered, RequestState::Candidate];

/// The states in which the payloads can change: a candidate is accepted by those that there are.
const BEFORE_ACCEPTANCE: [RequestState; 4] =
    [RequestState::Asked, RequestState::Estimated, RequestState::Ordered, RequestState::Candidate];

fn words(states: &[RequestState]) -> String {
    let words: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    words.join(" or ")
}

fn check_size(request: &DecoderRequest) -> Result<(), RequestFault> {
    let bytes = DECODER_REQUESTS.encode(&request.id, request)?.len();
    match bytes <= BYTES {
        true => Ok(()),
        false => Err(RequestFault::TooLarge { bytes, limit: BYTES }),
    }
}

/// Checks that a manifest names the sponsor of a request.
fn check_sponsor(of: &Candidate, payer: &str, found: Option<&str>) -> Result<(), RequestFault> {
    if found.map(str::trim) == Some(payer) {
        return Ok(());
    }
    let (payer, found) = (payer.to_owned(), found.map(str::to_owned));
    Err(RequestFault::SponsorMissing { candidate: Box::new(of.clone()), payer, found })
}

/// Checks that each payload of a sponsor is among the vectors of a package, by which later versions are held to it.
fn check_vectors(
    of: &Candidate,
    package: &Package,
    payloads: &[SponsorPayload],
) -> Result<(), RequestFault> {
    let names = missing_in(package.vectors(), payloads);
    if names.is_empty() {
        return Ok(());
    }
    Err(RequestFault::VectorsMissing { candidate: Box::new(of.clone()), names })
}

/// Checks that a candidate reads the payloads of a wish as the sponsor says.
fn check_tried(tried: &Tried, wish: &Wish) -> Result<(), RequestFault> {
    if tried.payloads != wish.payloads {
        return Err(RequestFault::ChangedMeanwhile);
    }
    let faults = tried.trial.faults();
    if faults.is_empty() {
        return Ok(());
    }
    Err(RequestFault::PayloadsDiffer { candidate: Box::new(tried.candidate.clone()), faults })
}
