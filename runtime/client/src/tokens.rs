//! Tokens: made, listed and revoked by admins, and by owners within what is theirs.

use std::fmt::Display;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
    /// The role of those who read the audit, and who has which rights.
    Auditor,
    /// The role of machines that read within a scope.
    Reader,
    /// The role of machines that acknowledge records, make routes and send commands.
    Operator,
    /// The role of machines that also manage objects, people, grants and tokens.
    Owner,
    /// The role of a person's token, which may do what the person's grants say.
    Person,
}

impl Role {
    /// All roles, in the order in which people are told them.
    pub const ALL: [Self; 9] = [
        Self::Admin,
        Self::Lns,
        Self::Publisher,
        Self::Partner,
        Self::Auditor,
        Self::Reader,
        Self::Operator,
        Self::Owner,
        Self::Person,
    ];

    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Lns => "lns",
            Self::Publisher => "publisher",
            Self::Partner => "partner",
            Self::Auditor => "auditor",
            Self::Reader => "reader",
            Self::Operator => "operator",
            Self::Owner => "owner",
            Self::Person => "person",
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
    /// The scope of a reader, an operator or an owner, such as `partner:city`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The person whose token it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
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
            scope: None,
            person: None,
            scopes: None,
            expires_at: None,
            network_server: None,
        }
    }
}

/// A token that a person makes for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnTokenRequest {
    /// The purpose of the token.
    pub name: String,
    /// The scopes that it is narrowed to; all that the person's grants give where they are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// The moment at which it ends; never where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
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
    /// The scope of a reader, an operator or an owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The person whose token it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
    /// The moment of the last request with it; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
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
    /// The one who made it; absent of the first one, and of those that were made before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<TokenMaker>,
    /// The moment at which it was last confirmed; absent where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
}

/// The one who made a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenMaker {
    /// The name of the person, or of the token by which it was made.
    pub name: String,
    /// The person; absent where it was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
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
    /// The person whose token it is; absent of a machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<MyPerson>,
    /// The roles and where they are had.
    #[serde(default)]
    pub grants: Vec<MyGrant>,
    /// The groups whose records and routes it sees; absent of an admin, who sees all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// All that it may do.
    pub scopes: Vec<String>,
    /// The network server that it speaks for, where it is bound to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_server: Option<String>,
    /// The time zone of the territory, by whose clocks people are told moments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The moment at which the token ends; absent where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The person whose token is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MyPerson {
    /// The id of the person.
    pub id: Uuid,
    /// The name of the person.
    pub name: String,
    /// The first name of the person.
    pub first_name: String,
    /// The personal e-mail address.
    pub email: String,
}

/// A role and where it is had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyGrant {
    /// The name of the role.
    pub role: String,
    /// The scope of the grant; absent of a role that reaches no group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
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

    /// Makes a token of the person who sends the request: `POST /v1/me/tokens`.
    pub async fn create_own_token(
        &self,
        wish: &OwnTokenRequest,
    ) -> Result<Answer<CreatedToken>, ClientError> {
        ask(self.post("v1/me/tokens").json(wish)).await
    }

    /// Lists the tokens of the person who sends the request: `GET /v1/me/tokens`.
    pub async fn own_tokens(&self) -> Result<Answer<TokenList>, ClientError> {
        all("tokens", None, || self.get("v1/me/tokens")).await
    }

    /// Ends a token of the person who sends the request: `DELETE /v1/me/tokens/{id}`.
    pub async fn revoke_own_token(&self, id: impl Display) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/me/tokens/{id}"))).await
    }

    /// Notes at a review that a token is still right: `POST /v1/tokens/{id}/confirm`.
    pub async fn confirm_token(&self, id: impl Display) -> Result<Answer<Token>, ClientError> {
        ask(self.post(format_args!("v1/tokens/{id}/confirm"))).await
    }

    /// Ends a token at once: `DELETE /v1/tokens/{id}`.
    pub async fn revoke_token(&self, id: impl Display) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/tokens/{id}"))).await
    }
}
