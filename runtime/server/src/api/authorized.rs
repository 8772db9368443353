//! Lets a request in only where its token's role may do what the handler does.

use std::{marker::PhantomData, net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};
use jiff::Timestamp;

use super::problem::Problem;
use crate::{
    auth::{Principal, Role, TokenInfo, bearer},
    service::Service,
};

/// The header in which a reverse proxy names its client. Anybody can send it, so it is only ever shown.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Longest value of it that is kept, in bytes: some addresses.
const FORWARDED_BYTES: usize = 200;

/// The duty of a handler, and the roles that may have it done.
pub trait Duty {
    /// The roles, for people.
    const WHO: &'static str;

    /// Whether a role may.
    fn allows(role: &Role) -> bool;
}

/// The duty to hand over frames.
pub struct Ingest;
/// The duty to publish decoders.
pub struct Publish;
/// Get and acknowledge records.
pub struct Collect;
/// The duty to command devices.
pub struct Command;
/// Administer devices and tokens, read metrics.
pub struct Administer;
/// Try a payload, look at devices: everybody who has a token.
pub struct Inspect;

impl Duty for Ingest {
    const WHO: &'static str = "an lns or an admin";

    fn allows(role: &Role) -> bool {
        matches!(role, Role::Lns | Role::Admin)
    }
}

impl Duty for Publish {
    const WHO: &'static str = "a publisher or an admin";

    fn allows(role: &Role) -> bool {
        matches!(role, Role::Publisher | Role::Admin)
    }
}

impl Duty for Collect {
    const WHO: &'static str = "a partner or an admin";

    fn allows(role: &Role) -> bool {
        matches!(role, Role::Partner { .. } | Role::Admin)
    }
}

impl Duty for Command {
    const WHO: &'static str = "a partner or an admin";

    fn allows(role: &Role) -> bool {
        matches!(role, Role::Partner { .. } | Role::Admin)
    }
}

impl Duty for Administer {
    const WHO: &'static str = "an admin";

    fn allows(role: &Role) -> bool {
        matches!(role, Role::Admin)
    }
}

impl Duty for Inspect {
    const WHO: &'static str = "anybody who has a token";

    fn allows(_: &Role) -> bool {
        true
    }
}

/// The sender of a request, who may do what `D` says. A handler that takes it cannot be reached
/// otherwise.
pub struct Authorized<D> {
    /// The sender of the request.
    pub principal: Principal,
    duty: PhantomData<fn(D)>,
}

impl<D: Duty> FromRequestParts<Arc<Service>> for Authorized<D> {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Problem> {
        let token = service.tokens.recognize(&bearer(&parts.headers)?, Timestamp::now())?;
        if !D::allows(&token.role) {
            return Err(Problem::forbidden(format!(
                "this is for {}, and the token is one of the role {}",
                D::WHO,
                token.role.name()
            )));
        }
        let from = address(parts);
        let TokenInfo { id: token, name, role, network_server, .. } = token;
        let principal = Principal { token, name, role, network_server, from };
        Ok(Self { principal, duty: PhantomData })
    }
}

/// Where a request comes from: the other end of its connection, and for whom that says it asks.
fn address(parts: &Parts) -> Option<String> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    let forwarded = parts.headers.get(FORWARDED_FOR).and_then(|header| header.to_str().ok());
    Some(match forwarded {
        Some(others) if others.len() <= FORWARDED_BYTES => format!("{peer}, for {others}"),
        _ => peer.to_string(),
    })
}
