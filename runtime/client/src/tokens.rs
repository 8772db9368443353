//! Tokens: made, listed and revoked by admins.

use std::fmt::Display;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, Client, ClientError,
    client::{ask, tell},
    pages::all,
};

/// The role of a token, which says what its holder may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The role of those who may do everything.
    Admin,
    /// May hand over frames.
    Lns,
    /// The role of those who may publish decoders.
    Publisher,
    /// Get the records of one group.
    Partner,
}

impl Role {
    /// All roles, in the order in which people are told them.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Lns, Self::Publisher, Self::Partner];

    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Lns => "lns",
            Self::Publisher => "publisher",
            Self::Partner => "partner",
        }
    }
}

/// A token that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRequest {
    /// The person or the purpose that it is for.
    pub name: String,
    /// The role of the token.
    pub role: Role,
    /// The group whose records a partner gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The scopes that it is narrowed to; all of its role where they are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// The moment at which it ends; never where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The network server of the settings that hands over frames with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_server: Option<String>,
}

impl TokenRequest {
    /// A token that never ends.
    #[must_use]
    pub fn new(name: impl Into<String>, role: Role) -> Self {
        Self {
            name: name.into(),
            role,
            group: None,
            scopes: None,
            expires_at: None,
            network_server: None,
        }
    }
}

/// A token without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The name that it is revoked by.
    pub id: String,
    /// The person or the purpose that it was made for.
    pub name: String,
    /// The role of the token.
    pub role: Role,
    /// The group whose records a partner gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The scopes that it is narrowed to; all of its role where they are absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// The network server of the settings whose frames its holder hands over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_server: Option<String>,
    /// The moment at which it was made.
    pub created_at: Timestamp,
    /// The moment at which it ends; never where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A token that was just made.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct CreatedToken {
    /// The token without its secret.
    #[serde(flatten)]
    pub info: Token,
    /// The secret, which no other answer shows.
    pub token: String,
}

/// The tokens that there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenList {
    /// The tokens, without their secrets.
    pub tokens: Vec<Token>,
}

/// The holder of a token, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The id of the token, by which it is revoked.
    pub token: String,
    /// The name of the token.
    pub name: String,
    /// The role of the token.
    pub role: Role,
    /// The groups whose records and routes it sees; absent of an admin, who sees all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// All that it may do.
    pub scopes: Vec<String>,
    /// The network server that it speaks for, where it is bound to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_server: Option<String>,
    /// The moment at which the token ends; absent where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Client {
    /// Gets the holder of the client's token: `GET /v1/me`.
    pub async fn me(&self) -> Result<Answer<Me>, ClientError> {
        ask(self.get("v1/me")).await
    }

    /// Makes a token: `POST /v1/tokens`.
    pub async fn create_token(
        &self,
        wish: &TokenRequest,
    ) -> Result<Answer<CreatedToken>, ClientError> {
        ask(self.post("v1/tokens").json(wish)).await
    }

    /// Lists tokens, without their secrets: `GET /v1/tokens`.
    pub async fn tokens(&self) -> Result<Answer<TokenList>, ClientError> {
        all("tokens", None, || self.get("v1/tokens")).await
    }

    /// Ends a token at once: `DELETE /v1/tokens/{id}`.
    pub async fn revoke_token(&self, id: impl Display) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/tokens/{id}"))).await
    }
}
