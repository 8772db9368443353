//! Sign-in of people: sessions, passwords, second factors.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Answer, Client, ClientError,
    client::{ask, tell},
};

/// The words by which a person signs in.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct SignInRequest {
    /// The e-mail address of the person.
    pub email: String,
    /// The password of the person.
    pub password: String,
    /// The code of the second factor, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The home of the account that is meant, where the person has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
}

/// A session that has begun; its cookie is in a header of the answer, for browsers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The id of the person.
    pub person: Uuid,
    /// The first name and the name.
    pub name: String,
    /// The moment at which the session ends in any case.
    pub ends_at: Timestamp,
}

/// A session that has ended.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndedSession {
    /// The address at which the provider ends its session too; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_at: Option<String>,
}

/// A session of the sender that goes on, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnSession {
    /// The id by which the session is ended.
    pub id: String,
    /// Whether it is the session of the request.
    pub current: bool,
    /// The moment of the sign-in.
    pub created_at: Timestamp,
    /// The moment at which it ends in any case.
    pub ends_at: Timestamp,
    /// The last request with it; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// The sessions of the sender that go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSessionList {
    /// The sessions, the latest first.
    pub sessions: Vec<OwnSession>,
}

/// A one-time link by which a person chooses a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// The address to hand to the person; absent where it was mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The secret at its end; absent where it was mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The address that the link was mailed to, where the server sends mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailed_to: Option<String>,
    /// The moment from which on it is of no use.
    pub expires_at: Timestamp,
}

/// A second factor that is to be confirmed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The secret in base 32, to be typed into an authenticator.
    pub secret: String,
    /// The same as an `otpauth` address, which authenticators read as a QR code.
    pub address: String,
}

impl Client {
    /// Begins a session: `POST /v1/session`.
    pub async fn sign_in(&self, wish: &SignInRequest) -> Result<Answer<Session>, ClientError> {
        ask(self.post("v1/session").json(wish)).await
    }

    /// Ends the session of the sender: `DELETE /v1/session`.
    pub async fn sign_out(&self) -> Result<(), ClientError> {
        tell(self.delete("v1/session")).await
    }

    /// Lists the sessions of the person who sends the request: `GET /v1/me/sessions`.
    pub async fn own_sessions(&self) -> Result<Answer<OwnSessionList>, ClientError> {
        ask(self.get("v1/me/sessions")).await
    }

    /// Ends a session of the person who sends the request: `DELETE /v1/me/sessions/{id}`.
    pub async fn end_own_session(&self, id: &str) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/me/sessions/{id}"))).await
    }

    /// Ends the session of the sender, and gives the address at which the provider ends its own:
    /// `POST /v1/session/openid/end`.
    pub async fn sign_out_of_openid(&self) -> Result<Answer<EndedSession>, ClientError> {
        ask(self.post("v1/session/openid/end")).await
    }

    /// Takes the identity at the provider of OpenID Connect from a person: `DELETE /v1/people/{id}/openid`.
    pub async fn unlink_openid(&self, person: Uuid) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/people/{person}/openid"))).await
    }

    /// Makes a one-time link for a person: `POST /v1/people/{id}/invitation`.
    pub async fn invite(&self, person: Uuid) -> Result<Answer<Invitation>, ClientError> {
        ask(self.post(format_args!("v1/people/{person}/invitation"))).await
    }

    /// Chooses a password by the secret of a one-time link: `POST /v1/password`.
    pub async fn choose_password(&self, link: &str, password: &str) -> Result<(), ClientError> {
        let chosen = json!({ "link": link, "password": password });
        tell(self.post("v1/password").json(&chosen)).await
    }

    /// Asks for a mail with a link to choose another password: `POST /v1/password/forgotten`.
    pub async fn forget_password(&self, email: &str) -> Result<(), ClientError> {
        tell(self.post("v1/password/forgotten").json(&json!({ "email": email }))).await
    }

    /// Changes the password of the sender: `PUT /v1/me/password`.
    pub async fn change_password(&self, current: &str, password: &str) -> Result<(), ClientError> {
        let changed = json!({ "current": current, "password": password });
        tell(self.put("v1/me/password").json(&changed)).await
    }

    /// Begins a second factor of the sender: `POST /v1/me/second-factor`.
    pub async fn begin_second_factor(&self) -> Result<Answer<SecondFactor>, ClientError> {
        ask(self.post("v1/me/second-factor")).await
    }

    /// Confirms the second factor of the sender: `POST /v1/me/second-factor/confirm`.
    pub async fn confirm_second_factor(&self, code: &str) -> Result<(), ClientError> {
        tell(self.post("v1/me/second-factor/confirm").json(&json!({ "code": code }))).await
    }

    /// Removes the second factor of a person: `DELETE /v1/people/{id}/second-factor`.
    pub async fn remove_second_factor(&self, person: Uuid) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/people/{person}/second-factor"))).await
    }
}
