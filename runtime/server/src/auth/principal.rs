//! The sender of a request, and the group whose records the sender may ask for.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use champollion_delivery::names::GroupId;
use champollion_lns::NetworkServerName;
use champollion_registry::ledger::Actor;
use data_encoding::BASE64;

use super::{
    scope::Scope,
    token::Role,
    tokens::{AuthError, TokenInfo},
};
use crate::{
    config::Config,
    ingest::{Authority, Speaker},
};

/// The sender of a request.
#[derive(Clone, Debug)]
pub struct Principal {
    /// By what the token is revoked: no other token has the same.
    pub token: String,
    /// The name of the token, for logs and for who published what.
    pub name: String,
    /// The role of the sender.
    pub role: Role,
    /// The scopes that the token is narrowed to; `None` is all of its role.
    pub scopes: Option<BTreeSet<Scope>>,
    /// The network server of the settings that the token is bound to.
    pub network_server: Option<NetworkServerName>,
    /// The address that the request came from.
    pub from: Option<String>,
    /// The id of the request.
    pub request: Option<String>,
}

/// Why a principal is refused the records of a group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupRefused {
    /// An admin does not say which group is meant.
    #[error("an admin sees every group: name one with ?group=")]
    Unnamed,
    /// The group that is named is not the principal's own.
    #[error("the group {0} is another partner's, or you have none")]
    OfAnother(GroupId),
    /// The principal's token is of a role that has no group.
    #[error("this token has no group")]
    NoGroup,
}

impl Principal {
    /// The holder of a token, from an address, with a request of this id.
    #[must_use]
    pub fn of(token: TokenInfo, from: Option<String>, request: Option<String>) -> Self {
        let TokenInfo { id: token, name, role, scopes, network_server, .. } = token;
        Self { token, name, role, scopes, network_server, from, request }
    }

    /// Whether its role and its scopes let it do something.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        scope.is_of(&self.role) && self.scopes.as_ref().is_none_or(|own| own.contains(&scope))
    }

    /// The network server that it is: the one that its token is bound to, or else one of the token's own name.
    #[must_use]
    pub fn speaker(&self, config: &Config) -> Speaker {
        let unassigned = config.frames.shared_devices;
        let authority = match (&self.role, &self.network_server) {
            (Role::Admin, _) => Authority::All,
            (_, None) => Authority::Unassigned,
            (_, Some(server)) => Authority::Of { server: Arc::new(server.clone()), unassigned },
        };
        let name = self.network_server.as_ref().map_or(&*self.name, NetworkServerName::as_str);
        let known = self.network_server.as_ref().and_then(|own| config.network_servers.get(own));
        let payloads = known.and_then(|known| known.payload);
        Speaker { name: name.into(), by: Arc::new(self.actor()), authority, payloads }
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

    /// The group of a partner; all others have none of their own.
    #[must_use]
    pub fn own_group(&self) -> Option<&GroupId> {
        match &self.role {
            Role::Partner { group } => Some(group),
            Role::Admin | Role::Lns | Role::Publisher => None,
        }
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
    pub fn group(&self, named: Option<GroupId>) -> Result<GroupId, GroupRefused> {
        match (&self.role, named) {
            (Role::Partner { group }, None) => Ok(group.clone()),
            (Role::Partner { group }, Some(named)) if *group == named => Ok(named),
            (Role::Admin, Some(named)) => Ok(named),
            (Role::Admin, None) => Err(GroupRefused::Unnamed),
            (_, Some(named)) => Err(GroupRefused::OfAnother(named)),
            (_, None) => Err(GroupRefused::NoGroup),
        }
    }

    /// The groups that it asks about: a partner's own, or the one that an admin names; `None` is all, for an
    /// admin who names none.
    pub fn groups(&self, named: Option<GroupId>) -> Result<Option<GroupId>, GroupRefused> {
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
