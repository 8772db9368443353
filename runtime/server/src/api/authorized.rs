//! Lets a request in only where its token's role and scopes allow the duty of the handler.

use std::{
    convert::Infallible,
    marker::PhantomData,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use champollion_fleet::grants::Place;
use champollion_registry::ledger::Actor;
use champollion_traces::TraceContext;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    problem::Problem,
    request_id::RequestId,
    requester::Requester,
    session_cookie::{check_origin, session_of},
};
use crate::{
    auth::{AuthError, Principal, Reach, Scope, Standing, Used, bearer, holders},
    authors::AuditedAuthor,
    connections::{ClientAddress, network_of},
    service::Service,
    sign_in::SignInError,
};

/// The header in which a reverse proxy names its client. Anybody can send it, so it is only shown where no
/// trusted proxy sent it.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Longest value of it that is kept, in bytes: some addresses.
const FORWARDED_BYTES: usize = 200;

/// The header in which a caller names its trace (W3C Trace Context).
const TRACE: &str = "traceparent";

/// The duty of a handler: the scope that a token needs for it.
pub trait Duty {
    /// The scope that a token needs.
    const SCOPE: Scope;

    /// The roles whose holders may: those that have the scope, or some of them.
    const ROLES: &'static [&'static str] = Self::SCOPE.roles();

    /// Whether requests count for the rates of tokens and groups. Frames do not: their queue holds them back.
    const COUNTS: bool = true;
}

/// The duty to hand over frames.
pub struct Ingest;
/// The duty to hand over sessions.
pub struct HandOver;
/// The duty to publish decoders.
pub struct Publish;
/// The duty to hand out records.
pub struct Collect;
/// The duty to acknowledge records.
pub struct Acknowledge;
/// Decode kept records once more.
pub struct Redecode;
/// Make, change and remove routes.
pub struct ManageRoutes;
/// See routes and what becomes of them.
pub struct ReadRoutes;
/// The duty to command devices.
pub struct Command;
/// The duty to show commands.
pub struct ReadCommands;
/// Register, assign and remove devices within the groups of the sender.
pub struct ProvisionOwn;
/// Look after decoders and the keys of publishers.
pub struct Curate;
/// Make, list and revoke tokens.
pub struct ManageTokens;
/// Add people, grant and revoke, suspend and resume.
pub struct ManagePeople;
/// See partners, people and grants.
pub struct ReadPeople;
/// Add and change partners.
pub struct ManagePartners;
/// Ask for decoders, order and accept them.
pub struct AskForDecoders;
/// See requests for decoders.
pub struct ReadDecoderRequests;
/// Look after messages that cannot be read.
pub struct ManageParked;
/// The duty to show the metrics.
pub struct ReadMetrics;
/// The duty to show the audit.
pub struct ReadAudit;
/// Read how full the disk is.
pub struct ReadStorage;
/// All that only admins do and that has no scope of its own.
pub struct Administer;
/// Try a payload, look at devices: everybody who has a token.
pub struct Inspect;

impl Duty for Ingest {
    const SCOPE: Scope = Scope::Frames;
    const COUNTS: bool = false;
}

macro_rules! duties {
    ($($duty:ident: $scope:ident,)*) => {
        $(impl Duty for $duty {
            const SCOPE: Scope = Scope::$scope;
        })*
    };
}

duties! {
    HandOver: Frames,
    Publish: Publish,
    Collect: ReadRecords,
    Acknowledge: AcknowledgeRecords,
    Redecode: Redecode,
    ManageRoutes: Routes,
    ReadRoutes: ReadRoutes,
    Command: Commands,
    ReadCommands: ReadCommands,
    ProvisionOwn: Devices,
    Curate: Registry,
    ManageTokens: Tokens,
    ManagePeople: People,
    ReadPeople: ReadPeople,
    ManagePartners: Partners,
    AskForDecoders: DecoderRequests,
    ReadDecoderRequests: ReadDecoderRequests,
    ManageParked: Parked,
    ReadMetrics: Metrics,
    ReadAudit: Audit,
    ReadStorage: Storage,
    Administer: Administer,
    Inspect: Inspect,
}

/// The sender of a request, who may do what `D` says. A handler that takes it cannot be reached
/// otherwise.
pub struct Authorized<D> {
    /// The sender of the request.
    pub principal: Principal,
    /// The groups in which the sender may do it.
    pub reach: Reach,
    duty: PhantomData<fn(D)>,
}

impl<D> Authorized<D> {
    /// The sender as the author of changes.
    pub(super) fn author(&self, service: &Service) -> AuditedAuthor {
        AuditedAuthor::new(&service.registry, self.principal.actor())
    }
}

impl<D: Duty> FromRequestParts<Arc<Service>> for Authorized<D> {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Problem> {
        let principal = admitted(parts, service).await?;
        let standings = principal.standings.iter();
        let having: Vec<_> =
            standings.filter(|standing| D::ROLES.contains(&standing.role)).collect();
        if having.is_empty() {
            let roles: Vec<&str> = principal.roles().into_iter().collect();
            let has = match roles[..] {
                [] => "you have no grant".to_owned(),
                _ => format!("the token is one of the role {}", roles.join(" and ")),
            };
            return Err(Problem::forbidden(format!(
                "this is for {}, and {has}",
                holders(D::ROLES)
            )));
        }
        if !principal.is_wide_enough_for(D::SCOPE) {
            let detail =
                format!("this needs the scope {}, to which the token is not made", D::SCOPE);
            return Err(Problem::forbidden(detail));
        }
        let reach = reach_of(&having, service);
        if D::COUNTS {
            service.rates.admit(&principal.token, reach.counted_group().as_ref())?;
        }
        note_grants_of_everything(&having, service);
        Ok(Self { principal, reach, duty: PhantomData })
    }
}

/// The reach of some roles. A grant is used where its place lets the sender do what it asks for.
fn reach_of(having: &[&Standing], service: &Arc<Service>) -> Reach {
    let placed =
        having.iter().filter_map(|standing| Some((standing.place.clone()?, standing.grant)));
    let (places, grants): (Vec<Place>, Vec<Option<Uuid>>) = placed.unzip();
    let of_service = Arc::clone(service);
    let note = move |grant| {
        of_service.tokens.last_uses().note(Used::Grant(grant), Timestamp::now());
    };
    Reach::of(places, Arc::clone(&service.roster)).noting(grants, note)
}

/// Notes the use of grants that let the sender do what it asks for wherever that is.
fn note_grants_of_everything(having: &[&Standing], service: &Service) {
    let is_everywhere =
        |standing: &&&Standing| matches!(standing.place, None | Some(Place::Territory));
    let grants = having.iter().filter(is_everywhere).filter_map(|standing| standing.grant);
    let now = Timestamp::now();
    grants.for_each(|grant| service.tokens.last_uses().note(Used::Grant(grant), now));
}

/// The sender of a request with a token, whatever it may do.
pub(super) struct Recognized {
    /// The sender of the request.
    pub(super) principal: Principal,
    /// The groups in which the sender may do anything.
    pub(super) reach: Reach,
}

impl FromRequestParts<Arc<Service>> for Recognized {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Problem> {
        let principal = recognized(parts, service).await?;
        let places = principal.standings.iter().filter_map(|standing| standing.place.clone());
        let reach = Reach::of(places.collect(), Arc::clone(&service.roster));
        service.rates.admit(&principal.token, reach.counted_group().as_ref())?;
        Ok(Self { principal, reach })
    }
}

/// The sender of a request who may use the rights that it has: an admin who has signed in without a second factor may
/// not yet.
pub(super) async fn admitted(parts: &Parts, service: &Service) -> Result<Principal, Problem> {
    let principal = recognized(parts, service).await?;
    check_second_factor(service, &principal).await?;
    Ok(principal)
}

/// Checks that a session of an admin began with a second factor, or that the settings do not ask for one.
pub(super) async fn check_second_factor(
    service: &Service,
    principal: &Principal,
) -> Result<(), Problem> {
    let admin = principal.person.filter(|_| principal.has_session && principal.is_admin());
    let Some(person) = admin.filter(|_| !service.config.sign_in.admins_without_second_factor)
    else {
        return Ok(());
    };
    if principal.provider_second_factor || service.passwords.has_second_factor(person).await? {
        return Ok(());
    }
    Err(SignInError::SecondFactorNeeded.into())
}

/// The sender of a request, by its token, or else by its session. A wrong token is counted, and answered slowly
/// where its address has tried many.
pub(super) async fn recognized(parts: &Parts, service: &Service) -> Result<Principal, Problem> {
    let Origin { address: from, request, .. } = Origin::of(parts);
    let (origin, now) = ((from, request), Timestamp::now());
    let session = session_of(&parts.headers, &service.config);
    let recognized = match session.filter(|_| !parts.headers.contains_key(AUTHORIZATION)) {
        Some(secret) => {
            check_origin(&parts.method, &parts.uri, &parts.headers)?;
            service.recognize_session(secret, origin, now)
        }
        None => match bearer(&parts.headers) {
            Ok(presented) => service.recognize_after_all(&presented, origin, now).await,
            Err(error) => Err(error),
        },
    };
    match recognized {
        Ok(principal) => {
            if let Some(requester) = parts.extensions.get::<Requester>() {
                requester.is(&principal.token);
            }
            Ok(Principal { trace: trace_of(&parts.headers), ..principal })
        }
        // Nobody knows whether the token is wrong.
        Err(AuthError::Behind) => Err(AuthError::Behind.into()),
        Err(error) => {
            let client = parts.extensions.get::<ClientAddress>().map(|client| client.address);
            if error != AuthError::Missing {
                let subject =
                    client.map_or_else(String::new, |address| network_of(address).to_string());
                let nobody = Actor { from: address(parts), ..Actor::named("nobody") };
                service.summaries.add("sign-in-failed", &nobody, subject, (error.reason(), 1));
            }
            service.sign_ins.failed(&error, client).await?;
            Err(error.into())
        }
    }
}

/// The trace that a request names, where requests are traced.
fn trace_of(headers: &HeaderMap) -> Option<TraceContext> {
    champollion_traces::active()?;
    TraceContext::parse(headers.get(TRACE)?.to_str().ok()?)
}

/// The origin of a request, with a token or without.
pub(super) struct Origin {
    address: Option<String>,
    client: Option<IpAddr>,
    request: Option<String>,
}

impl Origin {
    fn of(parts: &Parts) -> Self {
        let client = parts.extensions.get::<ClientAddress>().map(|client| client.address);
        let request = parts.extensions.get::<RequestId>().map(|id| id.as_str().to_owned());
        Self { address: address(parts), client, request }
    }

    /// The address for people.
    pub(super) fn address(&self) -> Option<String> {
        self.address.clone()
    }

    /// The network that attempts are counted by.
    pub(super) fn network(&self) -> Option<IpAddr> {
        self.client.map(network_of)
    }

    /// Somebody of this name who has no token.
    pub(super) fn actor(&self, name: String) -> Actor {
        Actor { name, token: None, from: self.address.clone(), request: self.request.clone() }
    }
}

impl FromRequestParts<Arc<Service>> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Service>) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// Where a request comes from: the other end of its connection, and for whom that says it asks.
fn address(parts: &Parts) -> Option<String> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    if let Some(ClientAddress { address, named_by_proxy: true }) = parts.extensions.get() {
        return Some(format!("{address}, through {peer}"));
    }
    let forwarded = parts.headers.get(FORWARDED_FOR).and_then(|header| header.to_str().ok());
    Some(match forwarded {
        Some(others) if others.len() <= FORWARDED_BYTES => format!("{peer}, for {others}"),
        _ => peer.to_string(),
    })
}
