//! Lets a request in only where its token's role and scopes allow the duty of the handler.

use std::{marker::PhantomData, net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};
use champollion_registry::ledger::Actor;
use jiff::Timestamp;

use super::{problem::Problem, request_id::RequestId, requester::Requester};
use crate::{
    auth::{AuthError, Principal, Scope, bearer},
    authors::AuditedAuthor,
    connections::{ClientAddress, network_of},
    service::Service,
};

/// The header in which a reverse proxy names its client. Anybody can send it, so it is only shown where no
/// trusted proxy sent it.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Longest value of it that is kept, in bytes: some addresses.
const FORWARDED_BYTES: usize = 200;

/// The duty of a handler: the scope that a token needs for it.
pub trait Duty {
    /// The scope that a token needs.
    const SCOPE: Scope;

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
/// Make, change, see and remove routes.
pub struct ManageRoutes;
/// The duty to command devices.
pub struct Command;
/// Register, assign and remove devices.
pub struct Provision;
/// Look after decoders and the keys of publishers.
pub struct Curate;
/// Make, list and revoke tokens.
pub struct ManageTokens;
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
    Command: Commands,
    Provision: Devices,
    Curate: Registry,
    ManageTokens: Tokens,
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
        let principal = recognized(parts, service).await?;
        if !D::SCOPE.is_of(&principal.role) {
            return Err(Problem::forbidden(format!(
                "this is for {}, and the token is one of the role {}",
                D::SCOPE.holders(),
                principal.role.name()
            )));
        }
        if !principal.may(D::SCOPE) {
            let detail =
                format!("this needs the scope {}, to which the token is not made", D::SCOPE);
            return Err(Problem::forbidden(detail));
        }
        if D::COUNTS {
            service.rates.admit(&principal.token, principal.own_group())?;
        }
        Ok(Self { principal, duty: PhantomData })
    }
}

/// The sender of a request with a token, whatever it may do.
pub(super) struct Recognized(pub(super) Principal);

impl FromRequestParts<Arc<Service>> for Recognized {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Problem> {
        let principal = recognized(parts, service).await?;
        service.rates.admit(&principal.token, principal.own_group())?;
        Ok(Self(principal))
    }
}

/// The holder of the token of a request. A wrong token is counted, and answered slowly where its address has
/// tried many.
pub(super) async fn recognized(parts: &Parts, service: &Service) -> Result<Principal, Problem> {
    let token = bearer(&parts.headers)
        .and_then(|presented| service.tokens.recognize(&presented, Timestamp::now()));
    match token {
        Ok(token) => {
            if let Some(requester) = parts.extensions.get::<Requester>() {
                requester.is(&token.id);
            }
            let request = parts.extensions.get::<RequestId>().map(|id| id.as_str().to_owned());
            Ok(Principal::of(token, address(parts), request))
        }
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
