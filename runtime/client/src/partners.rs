//! Partners and the groups that they own.

use std::fmt::Display;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Answer, Client, ClientError, client::ask, pages::all};

/// A partner with its groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Partner {
    /// The short name, which grants use.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// The groups that it owns.
    pub groups: Vec<String>,
    /// The moment at which it was added.
    pub created_at: Timestamp,
    /// The tokens and routes that go on under the next owner of groups that have left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staying: Option<Staying>,
}

/// The tokens and routes that stay with groups that have left a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staying {
    /// The tokens of machines of these groups.
    pub tokens: Vec<StayingToken>,
    /// The routes of these groups.
    pub routes: Vec<StayingRoute>,
}

/// A token that stays with its group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StayingToken {
    /// The group in question.
    pub group: String,
    /// The id by which the token is revoked.
    pub id: String,
    /// The name of the token.
    pub name: String,
}

/// A route that stays with its group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StayingRoute {
    /// The group in question.
    pub group: String,
    /// The name of the route.
    pub name: String,
}

/// The partners that the sender may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerList {
    /// The partners, in the order of their short names.
    pub partners: Vec<Partner>,
}

/// A partner that is to be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartnerRequest {
    /// The short name, which never changes.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// The groups that it owns from now on.
    pub groups: Vec<String>,
}

/// A change of a partner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnerChange {
    /// Another name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Groups that it owns beside those of before.
    pub add_groups: Vec<String>,
    /// Groups that it owns no more.
    pub remove_groups: Vec<String>,
}

impl Client {
    /// Lists partners: `GET /v1/partners`.
    pub async fn partners(&self) -> Result<Answer<PartnerList>, ClientError> {
        all("partners", None, || self.get("v1/partners")).await
    }

    /// Adds a partner: `POST /v1/partners`.
    pub async fn add_partner(&self, wish: &PartnerRequest) -> Result<Answer<Partner>, ClientError> {
        ask(self.post("v1/partners").json(wish)).await
    }

    /// Gets a partner: `GET /v1/partners/{partner}`.
    pub async fn partner(&self, id: impl Display) -> Result<Answer<Partner>, ClientError> {
        ask(self.get(format_args!("v1/partners/{id}"))).await
    }

    /// Changes a partner: `PATCH /v1/partners/{partner}`.
    pub async fn change_partner(
        &self,
        id: impl Display,
        change: &PartnerChange,
    ) -> Result<Answer<Partner>, ClientError> {
        ask(self.patch(format_args!("v1/partners/{id}")).json(change)).await
    }
}
