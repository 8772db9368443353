//! The sender of a request: the roles it has, and what they let it do.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use champollion_fleet::grants::Place;
use champollion_lns::NetworkServerName;
use champollion_registry::ledger::Actor;
use champollion_traces::TraceContext;
use data_encoding::BASE64;
use uuid::Uuid;

use super::{error::AuthError, scope::Scope, token::Standing};
use crate::{
    config::Config,
    ingest::{Authority, Speaker},
};

/// The sender of a request.
#[derive(Clone, Debug)]
pub struct Principal {
    /// By what the token is revoked: no other token has the same. The id of the session where there is one.
    pub token: String,
    /// Whether it comes with a session, and not with a token.
    pub has_session: bool,
    /// Whether its session began with what the settings take for a second factor at a provider of OpenID Connect.
    pub provider_second_factor: bool,
    /// The name of the token, or of the person who holds it, for logs and for who published what.
    pub name: String,
    /// The roles of the sender: the one of a machine, those of a person's grants.
    pub standings: Vec<Standing>,
    /// The person who holds the token; none of a machine.
    pub person: Option<Uuid>,
    /// The scopes that the token is narrowed to; `None` is all of its roles.
    pub scopes: Option<BTreeSet<Scope>>,
    /// The network server of the settings that the token is bound to.
    pub network_server: Option<NetworkServerName>,
    /// The address that the request came from.
    pub from: Option<String>,
    /// The id of the request.
    pub request: Option<String>,
    /// The trace that the request belongs to, where requests are traced and it names one.
    pub trace: Option<TraceContext>,
}

impl Principal {
    /// Whether one of its roles has a scope, and its token is not narrowed to others.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.is_wide_enough_for(scope)
            && self.standings.iter().any(|standing| scope.is_of(standing.role))
    }

    /// Whether its token is not narrowed to other scopes.
    #[must_use]
    pub fn is_wide_enough_for(&self, scope: Scope) -> bool {
        self.scopes.as_ref().is_none_or(|own| scope.is_among(own))
    }

    /// Whether it has the role of an admin, narrowed or not.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.standings.iter().any(|standing| standing.role == "admin")
    }

    /// The scopes that it has at a place, of which it can give others some.
    #[must_use]
    pub fn scopes_at(&self, covers: impl Fn(&Place) -> bool) -> BTreeSet<Scope> {
        let covering = |standing: &&Standing| match &standing.place {
            Some(place) => covers(place),
            None => false,
        };
        let roles: Vec<&str> =
            self.standings.iter().filter(covering).map(|standing| standing.role).collect();
        let has = |scope: &Scope| roles.iter().any(|role| scope.is_of(role));
        Scope::ALL.into_iter().filter(has).filter(|scope| self.is_wide_enough_for(*scope)).collect()
    }

    /// The names of its roles, each once.
    #[must_use]
    pub fn roles(&self) -> BTreeSet<&'static str> {
        self.standings.iter().map(|standing| standing.role).collect()
    }

    /// The network server that it is: the one that its token is bound to, or else one of the token's own name.
    #[must_use]
    pub fn speaker(&self, config: &Config) -> Speaker {
        let unassigned = config.frames.shared_devices;
        let authority = match (self.is_admin(), &self.network_server) {
            (true, _) => Authority::All,
            (_, None) => Authority::Unassigned,
            (_, Some(server)) => Authority::Of { server: Arc::new(server.clone()), unassigned },
        };
        let name = self.network_server.as_ref().map_or(&*self.name, NetworkServerName::as_str);
        let known = self.network_server.as_ref().and_then(|own| config.network_servers.get(own));
        let payloads = known.and_then(|known| known.payload);
        let (by, trace) = (Arc::new(self.actor()), self.trace);
        Speaker { name: name.into(), by, authority, payloads, trace }
    }

    /// The same for the audit.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            name: self.name.clone(),
            token: Some(self.token.clone()),
            from: self.from.clone(),
            request: self.request.clone(),
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
