//! The desk on which requests lie: all of them in memory; the store keeps what is needed to have them again.
//!
//! A step is prepared in a [`DeskTurn`], of which there is one at a time: it checks the rules and gives a [`Step`], which its
//! caller puts into a batch together with what else belongs to it. Once that is durable, the turn applies it.

use std::{collections::BTreeMap, ops::Bound};

use champollion_store::{Batch, Store, Table, TableError, tables};
use jiff::Timestamp;
use parking_lot::RwLock;
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use super::{
    Check, CheckResult, Decision, Declaration, Matter, Remark, Request, RequestError, RequestState,
    Side, request::month_after,
};
use crate::{names::PartnerId, partner_name};

const REQUESTS: Table<Uuid, Request> = Table::new(tables::REQUESTS);

/// Most bytes of a new request, so that there is room for checks and remarks.
const NEW_BYTES: usize = 24 << 10;

/// Most bytes of a request before its decision, which with its letter fits into a row then.
const OPEN_BYTES: usize = 46 << 10;

/// The requests that wait, and those that were decided.
#[derive(Default)]
pub struct Desk {
    /// Held for a look or a change in memory, never across an await.
    known: RwLock<BTreeMap<Uuid, Request>>,
    /// Held from the look at the rules until a step is in memory.
    turn: Mutex<()>,
}

/// A turn to carry requests on. Nothing else does meanwhile.
pub struct DeskTurn<'of> {
    desk: &'of Desk,
    _alone: MutexGuard<'of, ()>,
}

/// A request that is to be taken.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The subject of the request.
    pub matter: Matter,
    /// The name of who asks, for people.
    pub name: String,
    /// The partner that asks; none of one that is to be.
    pub partner: Option<PartnerId>,
    /// The name of the sender.
    pub by: String,
    /// The hash of the secret by which a partner to be looks at it.
    pub secret_hash: Option<String>,
    /// The questions that the operator has to check.
    pub checks: Vec<String>,
}

/// A step of a request that is allowed and not durable yet.
#[must_use]
#[derive(Debug)]
pub struct Step {
    before: Option<Request>,
    /// The request from then on.
    pub request: Request,
    /// Whether the request is gone from then on.
    is_gone: bool,
}

impl Desk {
    /// Reads all requests.
    ///
    /// # Errors
    /// The store cannot be read, or a row makes no sense.
    pub async fn open(store: &dyn Store) -> Result<Self, TableError> {
        let mut known = BTreeMap::new();
        let mut pages = REQUESTS.pages(store);
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
    pub async fn turn(&self) -> DeskTurn<'_> {
        DeskTurn { desk: self, _alone: self.turn.lock().await }
    }

    /// Returns the request of an id.
    #[must_use]
    pub fn get(&self, id: Uuid) -> Option<Request> {
        self.known.read().get(&id).cloned()
    }

    /// Returns the requests that were asked after one, the oldest first.
    #[must_use]
    pub fn after(&self, after: Option<Uuid>) -> Vec<Request> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let known = self.known.read();
        known.range::<Uuid, _>((begin, Bound::Unbounded)).map(|(_, one)| one.clone()).collect()
    }

    /// Returns the request of a partner that waits and is about the same.
    #[must_use]
    pub fn waiting_of(&self, partner: &PartnerId, is_same: fn(&Matter) -> bool) -> Option<Request> {
        let known = self.known.read();
        let mut waiting = known.values().filter(|one| one.state() == RequestState::Waiting);
        waiting.find(|one| one.partner.as_ref() == Some(partner) && is_same(&one.matter)).cloned()
    }

    /// The number of requests that wait, and of those that should have been decided before a moment.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> (usize, usize) {
        let known = self.known.read();
        let waiting = known.values().filter(|one| one.state() == RequestState::Waiting);
        waiting.fold((0, 0), |(all, late), one| (all + 1, late + usize::from(one.is_overdue(now))))
    }
}

impl DeskTurn<'_> {
    /// Takes a new request. No more than `limit` wait at once, but for those that the server itself asks.
    ///
    /// # Errors
    /// [`RequestError`] where the declaration makes no sense, the partner asks for the same already, or too many wait.
    pub fn ask(&self, asked: Asked, limit: usize, now: Timestamp) -> Result<Step, RequestError> {
        let Asked { matter, name, partner, by, secret_hash, checks } = asked;
        if !partner_name::is_name(&name) {
            return Err(RequestError::Name(partner_name::NAME_RULE));
        }
        if let Matter::Approval { declaration, .. } = &matter {
            declaration.check()?;
            let is_same = |other: &Matter| matches!(other, Matter::Approval { .. });
            let same = partner.as_ref().and_then(|one| self.desk.waiting_of(one, is_same));
            if let Some(same) = same {
                return Err(RequestError::AsksAlready(same.id));
            }
            if self.desk.counts(now).0 >= limit {
                return Err(RequestError::TooMany { limit });
            }
        }
        let checks = checks.into_iter().map(|question| Check { question, result: None }).collect();
        let request = Request {
            id: Uuid::now_v7(),
            matter,
            name: name.trim().to_owned(),
            partner,
            asked_at: now,
            asked_by: by,
            secret_hash,
            due_at: month_after(now),
            questioned_at: None,
            checks,
            remarks: Vec::new(),
            decision: None,
        };
        check_size(&request, NEW_BYTES)?;
        Ok(Step { before: None, request, is_gone: false })
    }

    /// Notes the result of a check, which is counted from 1.
    ///
    /// # Errors
    /// [`RequestError`] where there is no such request or check, or it is decided.
    pub fn check(
        &self,
        id: Uuid,
        number: usize,
        result: CheckResult,
    ) -> Result<Step, RequestError> {
        self.step(id, |request| {
            let count = request.checks.len();
            let place = number.checked_sub(1).and_then(|index| request.checks.get_mut(index));
            place.ok_or(RequestError::UnknownCheck { number, count })?.result = Some(result);
            Ok(())
        })
    }

    /// Adds a remark. A question of the operator has the request wait for the partner, and what the partner says has it
    /// wait for the operator again.
    ///
    /// # Errors
    /// [`RequestError`] where there is no such request, it is decided, or has grown too large.
    pub fn remark(
        &self,
        id: Uuid,
        remark: Remark,
        is_question: bool,
    ) -> Result<Step, RequestError> {
        self.step(id, |request| {
            match (remark.side, is_question) {
                (Side::Operator, true) => request.stand(remark.at),
                (Side::Operator, false) => {}
                (Side::Partner, _) => request.go_on(remark.at),
            }
            request.remarks.push(remark);
            Ok(())
        })
    }

    /// Puts another declaration in the place of the one of before; checks that were made are open again.
    ///
    /// # Errors
    /// [`RequestError`] where the declaration makes no sense, or the request is about something else.
    pub fn declare(
        &self,
        id: Uuid,
        other: Declaration,
        now: Timestamp,
    ) -> Result<Step, RequestError> {
        other.check()?;
        self.step(id, |request| {
            let Matter::Approval { declaration, .. } = &mut request.matter else {
                return Err(RequestError::OtherMatter("more objects"));
            };
            **declaration = other;
            request.checks.iter_mut().for_each(|check| check.result = None);
            request.go_on(now);
            Ok(())
        })
    }

    /// Raises the number of a request for more objects to the one that there are now.
    ///
    /// # Errors
    /// [`RequestError`] where there is no such request, it is decided, or about something else.
    pub fn count(&self, id: Uuid, counted: u32) -> Result<Step, RequestError> {
        self.step(id, |request| match &mut request.matter {
            Matter::MoreObjects { number, .. } => {
                *number = counted.max(*number);
                Ok(())
            }
            Matter::Approval { .. } => Err(RequestError::OtherMatter("an approval")),
        })
    }

    /// Takes a request back. One that nobody has decided leaves nothing.
    ///
    /// # Errors
    /// [`RequestError`] where there is no such request, or it is decided.
    pub fn withdraw(&self, id: Uuid) -> Result<Step, RequestError> {
        let step = self.step(id, |_| Ok(()))?;
        Ok(Step { is_gone: true, ..step })
    }

    /// Decides about a request.
    ///
    /// # Errors
    /// [`RequestError`] where there is no such request, it is decided, or accepted with checks that are not passed.
    pub fn decide(&self, id: Uuid, decision: Decision) -> Result<Step, RequestError> {
        self.step(id, |request| {
            let left = request.checks_left();
            if decision.accepted && !left.is_empty() {
                return Err(RequestError::ChecksLeft(left.join("; ")));
            }
            request.questioned_at = None;
            request.partner = request.partner.take().or_else(|| decision.partner.clone());
            request.decision = Some(decision);
            Ok(())
        })
    }

    fn step(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut Request) -> Result<(), RequestError>,
    ) -> Result<Step, RequestError> {
        let before = self.desk.get(id).ok_or(RequestError::Unknown(id))?;
        if let Some(decision) = &before.decision {
            return Err(RequestError::Decided(decision.at));
        }
        let mut request = before.clone();
        change(&mut request)?;
        if request.decision.is_none() {
            check_size(&request, OPEN_BYTES)?;
        }
        Ok(Step { before: Some(before), request, is_gone: false })
    }

    /// Takes over a step whose batch is durable.
    pub fn apply(&self, step: Step) -> Request {
        let Step { request, is_gone, .. } = step;
        let mut known = self.desk.known.write();
        match is_gone {
            true => drop(known.remove(&request.id)),
            false => drop(known.insert(request.id, request.clone())),
        }
        request
    }
}

impl Step {
    /// Puts the row of the step into a batch, which is refused where the store has another row than the desk knows.
    ///
    /// # Errors
    /// The row cannot be written.
    pub fn put(&self, batch: &mut Batch) -> Result<(), RequestError> {
        let id = &self.request.id;
        let Some(before) = &self.before else {
            return Ok(REQUESTS.insert(batch, id, &self.request)?);
        };
        let seen = REQUESTS.written(id, before)?;
        if self.is_gone {
            seen.expect_unchanged(batch);
            REQUESTS.delete(batch, id);
            return Ok(());
        }
        REQUESTS.replace(batch, &seen, &self.request)?;
        Ok(())
    }
}

fn check_size(request: &Request, limit: usize) -> Result<(), RequestError> {
    let bytes = REQUESTS.encode(&request.id, request)?.len();
    match bytes <= limit {
        true => Ok(()),
        false => Err(RequestError::TooLarge { bytes, limit }),
    }
}
