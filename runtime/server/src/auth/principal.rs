//! Lets a request in only where its token's role may do what the handler does.

use std::{borrow::Cow, marker::PhantomData, net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use champollion_delivery::names::GroupId;
use champollion_registry::Actor;
use data_encoding::BASE64;
use jiff::Timestamp;

use super::{AuthError, Role, TokenInfo};
use crate::{api::Problem, lns::NetworkServerName, service::Service};

/// What a reverse proxy says of whoever it asks for. Anybody can say it, so it is only ever shown.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Longest value of it that is kept, in bytes: some addresses.
const FORWARDED_BYTES: usize = 200;

/// Who sends a request.
#[derive(Clone, Debug)]
pub struct Principal {
    /// By what the token is revoked: no other token has the same.
    pub token: String,
    /// The name of the token, for logs and for who published what.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The network server of the settings that the token is bound to.
    pub network_server: Option<NetworkServerName>,
    /// The address that the request came from.
    pub from: Option<String>,
}

/// What a handler does, and who may do it.
pub trait Duty {
    /// Who may, for people.
    const WHO: &'static str;

    /// Whether a role may.
    fn allows(role: &Role) -> bool;
}

/// Hand over frames.
pub struct Ingest;
/// Publish decoders.
pub struct Publish;
/// Get and acknowledge records.
pub struct Collect;
/// Command devices.
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
    /// Who it is.
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

impl Principal {
    /// The name of the network server that it is: the one that its token is bound to, or else the
    /// token's own name.
    #[must_use]
    pub fn network_server(&self) -> Arc<str> {
        self.network_server.as_ref().map_or(&*self.name, NetworkServerName::as_str).into()
    }

    /// The same for the audit.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { name: self.name.clone(), from: self.from.clone() }
    }

    /// Whether it may see what belongs to a group.
    #[must_use]
    pub fn sees(&self, group: &GroupId) -> bool {
        match &self.role {
            Role::Admin => true,
            Role::Partner { group: own } => own == group,
            Role::Lns | Role::Publisher => false,
        }
    }

    /// The group that it asks about: a partner's own, or the one that an admin names.
    pub fn group(&self, named: Option<GroupId>) -> Result<GroupId, Problem> {
        match (&self.role, named) {
            (Role::Partner { group }, None) => Ok(group.clone()),
            (Role::Partner { group }, Some(named)) if *group == named => Ok(named),
            (Role::Admin, Some(named)) => Ok(named),
            (Role::Admin, None) => Err(Problem::bad_request(
                "group-missing",
                "an admin sees every group: name one with ?group=",
            )),
            (_, Some(named)) => Err(Problem::forbidden(format!(
                "the group {named} is another partner's, or you have none"
            ))),
            (_, None) => Err(Problem::forbidden("this token has no group".to_owned())),
        }
    }

    /// The groups that it asks about: a partner's own, or the one that an admin names; `None` is all, for an
    /// admin who names none.
    pub fn groups(&self, named: Option<GroupId>) -> Result<Option<GroupId>, Problem> {
        match (&self.role, named) {
            (Role::Admin, None) => Ok(None),
            (_, named) => self.group(named).map(Some),
        }
    }
}

/// The token in a request's headers. Some network servers know no more than a user and a password:
/// there the token is the password, and the user anybody.
pub fn bearer(headers: &HeaderMap) -> Result<Cow<'_, str>, AuthError> {
    let header = headers.get(AUTHORIZATION).ok_or(AuthError::Missing)?;
    let (scheme, token) =
        header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(AuthError::NotBearer)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Cow::Borrowed(token.trim()));
    }
    let password = scheme.eq_ignore_ascii_case("basic").then(|| password(token.trim())).flatten();
    password.map(Cow::Owned).ok_or(AuthError::NotBearer)
}

fn password(credentials: &str) -> Option<String> {
    let decoded = BASE64.decode(credentials.as_bytes()).ok()?;
    let (_, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(password.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn token(header: &'static str) -> Result<String, AuthError> {
        let headers = [(AUTHORIZATION, HeaderValue::from_static(header))];
        bearer(&headers.into_iter().collect()).map(Cow::into_owned)
    }

    #[test]
    fn the_token_is_a_bearer_token_or_a_password() {
        assert_eq!(token("Bearer chmp_lns_x").as_deref(), Ok("chmp_lns_x"));
        assert_eq!(token("bearer  chmp_lns_x ").as_deref(), Ok("chmp_lns_x"));
        // kerlink:chmp_lns_x:y
        assert_eq!(token("Basic a2VybGluazpjaG1wX2xuc194Onk=").as_deref(), Ok("chmp_lns_x:y"));
        // kerlink, without a password.
        for wrong in ["Basic a2VybGluaw==", "Basic chmp_lns_x", "Basic ", "Digest x", "x", ""] {
            assert_eq!(token(wrong), Err(AuthError::NotBearer), "{wrong}");
        }
        assert_eq!(bearer(&HeaderMap::new()), Err(AuthError::Missing));
    }
}
