//! The places of groups among several databases.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Answer, Client, ClientError, client::ask, pages::all};

/// The databases, and the groups that lie in each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPlaceList {
    /// The databases, the home database first; none where the server has one alone, or a folder.
    pub databases: Vec<GroupDatabase>,
    /// The groups, in the order of their names.
    pub groups: Vec<GroupPlace>,
}

/// A database in which groups lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupDatabase {
    /// The name by which the settings of the server know it.
    pub name: String,
    /// The hosts and the database.
    pub server: String,
    /// Whether it takes changes.
    pub ready: bool,
    /// The number of groups that lie in it.
    pub groups: u64,
    /// The number of devices that lie in it.
    pub devices: u64,
}

/// The place of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupPlace {
    /// The name of the group.
    pub group: String,
    /// The name of the database in which it lies.
    pub database: String,
}

impl Client {
    /// Lists databases and the places of groups: `GET /v1/groups/places`.
    pub async fn group_places(&self) -> Result<Answer<GroupPlaceList>, ClientError> {
        all("groups", None, || self.get("v1/groups/places")).await
    }

    /// Places a group of which nothing was written yet: `PUT /v1/groups/{group}/place`.
    pub async fn place_group(
        &self,
        group: impl Display,
        database: &str,
    ) -> Result<Answer<GroupPlace>, ClientError> {
        let wanted = json!({ "database": database });
        ask(self.put(format_args!("v1/groups/{group}/place")).json(&wanted)).await
    }
}
