//! People and their grants.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Answer, Client, ClientError,
    client::{ask, tell},
    pages::all,
};

/// A person with the grants that the sender may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The id of the person.
    pub id: Uuid,
    /// The scope whose owners look after the account.
    pub home: String,
    /// The name of the person.
    pub name: String,
    /// The first name of the person.
    pub first_name: String,
    /// The personal e-mail address.
    pub email: String,
    /// The moment at which the account was made.
    pub created_at: Timestamp,
    /// The moment at which it was suspended; absent of a person who is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_at: Option<Timestamp>,
    /// The grants, the oldest first.
    pub grants: Vec<Grant>,
}

/// A role of a person within a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The id of the grant, by which it is revoked.
    pub id: Uuid,
    /// The scope: the territory, a partner, a group or a sub-group.
    pub scope: String,
    /// The role that the person has there.
    pub role: String,
    /// The moment at which it was granted.
    pub granted_at: Timestamp,
    /// The name of the one who granted it.
    pub granted_by: String,
    /// The moment at which it was last confirmed; absent where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    /// The moment of the last request that it let in; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// The people that the sender may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonList {
    /// The people, the oldest first.
    pub people: Vec<Person>,
}

/// A grant that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrantRequest {
    /// The scope: `territory`, `partner:NAME`, `group:NAME` or `sub-group:GROUP/NAME`.
    pub scope: String,
    /// The role that the person has there.
    pub role: String,
}

/// A person who is to be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonRequest {
    /// The name of the person.
    pub name: String,
    /// The first name of the person.
    pub first_name: String,
    /// The personal e-mail address.
    pub email: String,
    /// The scope whose owners look after the account; the smallest one that fits where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    /// The first grants of the person.
    pub grants: Vec<GrantRequest>,
}

/// A correction of what is known of a person; what it does not say stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonChange {
    /// Another name of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another first name of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Another e-mail address of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl Client {
    /// Lists people: `GET /v1/people`.
    pub async fn people(&self) -> Result<Answer<PersonList>, ClientError> {
        all("people", None, || self.get("v1/people")).await
    }

    /// Adds a person: `POST /v1/people`.
    pub async fn add_person(&self, wish: &PersonRequest) -> Result<Answer<Person>, ClientError> {
        ask(self.post("v1/people").json(wish)).await
    }

    /// Gets a person: `GET /v1/people/{id}`.
    pub async fn person(&self, id: Uuid) -> Result<Answer<Person>, ClientError> {
        ask(self.get(format_args!("v1/people/{id}"))).await
    }

    /// Corrects what is known of a person: `PATCH /v1/people/{id}`.
    pub async fn change_person(
        &self,
        person: Uuid,
        change: &PersonChange,
    ) -> Result<Answer<Person>, ClientError> {
        ask(self.patch(format_args!("v1/people/{person}")).json(change)).await
    }

    /// Grants a person a role: `POST /v1/people/{id}/grants`.
    pub async fn grant(
        &self,
        person: Uuid,
        wish: &GrantRequest,
    ) -> Result<Answer<Grant>, ClientError> {
        ask(self.post(format_args!("v1/people/{person}/grants")).json(wish)).await
    }

    /// Takes a role from a person: `DELETE /v1/people/{id}/grants/{grant}`.
    pub async fn revoke_grant(&self, person: Uuid, grant: Uuid) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/people/{person}/grants/{grant}"))).await
    }

    /// Notes that a grant is still right: `POST /v1/people/{id}/grants/{grant}/confirm`.
    pub async fn confirm_grant(
        &self,
        person: Uuid,
        grant: Uuid,
    ) -> Result<Answer<Grant>, ClientError> {
        ask(self.post(format_args!("v1/people/{person}/grants/{grant}/confirm"))).await
    }

    /// Suspends a person, whose tokens and sessions end for good: `POST /v1/people/{id}/suspend`.
    pub async fn suspend_person(&self, person: Uuid) -> Result<Answer<Person>, ClientError> {
        ask(self.post(format_args!("v1/people/{person}/suspend"))).await
    }

    /// Puts the grants of a suspended person in force again: `POST /v1/people/{id}/resume`.
    pub async fn resume_person(&self, person: Uuid) -> Result<Answer<Person>, ClientError> {
        ask(self.post(format_args!("v1/people/{person}/resume"))).await
    }
}
