//! Tokens as they are asked for, issued once with their secret, and listed without it.

use std::{collections::BTreeSet, fmt, str::FromStr};

use champollion_fleet::is_unseen;
use champollion_lns::NetworkServerName;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    error::TokenError,
    scope::Scope,
    token::{Role, Secret},
};

/// Random bytes of a token's id, which is no secret: enough that no two are alike.
const ID_BYTES: usize = 8;

/// Longest name of a token in bytes: some sentences.
const NAME_BYTES: usize = 1 << 10;

/// A token without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenInfo {
    /// By what it is revoked.
    pub id: String,
    /// For whom or what it was made, in the admin's words.
    pub name: String,
    /// The role of the token.
    #[serde(flatten)]
    pub role: Role,
    /// The scopes that it is narrowed to; all of its role where they are missing, as in older stores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<BTreeSet<Scope>>,
    /// The network server of the settings whose frames its holder hands over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_server: Option<NetworkServerName>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; never where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The one who made it; missing of the first one, and of those that were made before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<TokenMaker>,
    /// When it was last confirmed at a review of rights; missing where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
}

/// The one who made a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenMaker {
    /// The name of the person, or of the token by which it was made.
    pub name: String,
    /// The person, also one who made the token by which this one was made; missing where it was no person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
}

/// The place of a token in the list: the oldest is the first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenPlace {
    created_at: Timestamp,
    id: String,
}

/// A text that is no place of a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no place in the list: take it from `next`")]
pub struct TokenPlaceError;

impl fmt::Display for TokenPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.created_at, self.id)
    }
}

impl FromStr for TokenPlace {
    type Err = TokenPlaceError;

    fn from_str(text: &str) -> Result<Self, TokenPlaceError> {
        let (created_at, id) = text.split_once('/').ok_or(TokenPlaceError)?;
        let created_at = created_at.parse().map_err(|_| TokenPlaceError)?;
        Ok(Self { created_at, id: id.to_owned() })
    }
}

impl TokenInfo {
    /// Returns the place of the token in the list.
    #[must_use]
    pub fn place(&self) -> TokenPlace {
        TokenPlace { created_at: self.created_at, id: self.id.clone() }
    }
}

/// A token that is to be made.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// For whom or what it is, in the admin's words.
    pub name: String,
    /// The role of the token.
    pub role: Role,
    /// The scopes that it is narrowed to.
    pub scopes: Option<BTreeSet<Scope>>,
    /// The moment at which the token ends.
    pub expires_at: Option<Timestamp>,
    /// The network server that it is bound to.
    pub network_server: Option<NetworkServerName>,
    /// The one who makes it.
    pub created_by: Option<TokenMaker>,
}

/// A token that was just made: the only moment at which its secret is known.
#[derive(Debug)]
pub struct NewToken {
    /// The token without its secret.
    pub info: TokenInfo,
    /// The secret that the holder presents.
    pub secret: Secret,
}

impl NewToken {
    /// Makes a token that nobody accepts yet: see [`Tokens::keep`].
    pub fn issue(
        name: &str,
        role: Role,
        now: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Result<Self, TokenError> {
        if let Some(expiry) = expires_at.filter(|expiry| *expiry <= now) {
            return Err(TokenError::ExpiresInThePast(expiry));
        }
        if name.len() > NAME_BYTES {
            return Err(TokenError::NameTooLong { bytes: name.len(), limit: NAME_BYTES });
        }
        if name.contains(is_unseen) {
            return Err(TokenError::UnseenName);
        }
        let mut id = [0; ID_BYTES];
        getrandom::fill(&mut id)?;
        let secret = Secret::generate(&role)?;
        let (id, name, created_at) = (HEXLOWER.encode(&id), name.to_owned(), now);
        let info = TokenInfo {
            id,
            name,
            role,
            scopes: None,
            network_server: None,
            created_at,
            expires_at,
            created_by: None,
            confirmed_at: None,
        };
        Ok(Self { info, secret })
    }

    /// The same for some scopes of its role; all where none are named.
    pub fn narrowed_to(mut self, scopes: Option<BTreeSet<Scope>>) -> Result<Self, TokenError> {
        if let Some(scopes) = &scopes {
            if scopes.is_empty() {
                return Err(TokenError::NoScopes);
            }
            let role = &self.info.role;
            // The roles of a person may be others tomorrow.
            let may_have = |scope: &&Scope| role.person().is_some() || scope.is_of(role.name());
            if let Some(scope) = scopes.iter().find(|scope| !may_have(scope)) {
                return Err(TokenError::ScopeOfAnother { role: role.name(), scope: *scope });
            }
        }
        self.info.scopes = scopes;
        Ok(self)
    }

    /// The same for a network server of the settings.
    #[must_use]
    pub fn bound_to(mut self, network_server: Option<NetworkServerName>) -> Self {
        self.info.network_server = network_server;
        self
    }
}
