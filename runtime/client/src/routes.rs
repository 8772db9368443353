//! Routes: which records of a group go to whom.

use std::fmt::Display;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{
    Answer, Client, ClientError,
    client::{OfGroup, ask, tell},
    pages::all,
};

/// The routes that the token sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouteList {
    /// The routes that the token sees.
    pub routes: Vec<Route>,
}

/// A route, its secrets hidden. `docs/delivery.md` says what may stand in filter and destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// The group whose records it takes.
    pub group: String,
    /// The name of the variable.
    pub name: String,
    /// Words of its owner's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The records that it takes.
    #[serde(default)]
    pub filter: Map<String, Json>,
    /// The shape in which it hands them over.
    pub shape: String,
    /// The destination: an object whose one member is its kind.
    pub to: Map<String, Json>,
    /// Whether nothing is handed over for a while.
    pub paused: bool,
    /// The author of the route, where it is known.
    #[serde(default, rename = "madeBy", skip_serializing_if = "Option::is_none")]
    pub made_by: Option<Author>,
    /// The author of its last change.
    #[serde(default, rename = "changedBy", skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<Author>,
    /// The state of the route.
    pub status: RouteStatus,
}

/// The author of a change of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The id of the token.
    pub token: String,
    /// The name of the token.
    pub name: String,
    /// The moment of the change.
    pub at: Timestamp,
}

/// The state of a route, and its past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteStatus {
    /// Whether it hands records over.
    pub state: RouteState,
    /// The moment until which its recipient is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The reason why its recipient wants nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// The number of records that it is not done with yet.
    pub waiting: u64,
    /// The moment at which the oldest of them was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_waiting: Option<Timestamp>,
    /// The number of records that were delivered.
    pub delivered: u64,
    /// The number of records that were removed undelivered, since their time was over.
    pub expired: u64,
    /// The number of attempts that failed since the last one that did not.
    pub failures_in_a_row: u32,
    /// The moment at which the next file is made, where records go in files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_file: Option<Timestamp>,
    /// The file that is made and not in its place yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_file: Option<String>,
    /// The last attempt that worked, since the server was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Attempt>,
    /// The last attempt that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<Attempt>,
}

/// The state of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteState {
    /// It hands records over.
    Running,
    /// Its recipient failed and is left alone for a while.
    BackingOff,
    /// The route was paused.
    Paused,
    /// Its recipient wants nothing any more.
    Stopped,
}

impl RouteState {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::BackingOff => "backing-off",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
        }
    }
}

/// A recipient's word that it wants nothing any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// The moment at which it came.
    pub at: Timestamp,
    /// The words of the recipient.
    pub reason: String,
}

/// An attempt to hand something over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The moment at which it began.
    pub at: Timestamp,
    /// The name of what was handed over.
    pub id: String,
    /// The number of records that it held.
    pub count: u64,
    /// The first of them.
    pub records: Vec<String>,
    /// The outcome of the attempt.
    pub outcome: AttemptOutcome,
    /// The status of the recipient's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The reason of a failure, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The time that it took.
    pub milliseconds: u64,
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptOutcome {
    /// The recipient has it.
    Taken,
    /// It is handed over again.
    Failed,
    /// The recipient wants nothing any more.
    Gone,
}

impl AttemptOutcome {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }
}

/// The last attempts of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptList {
    /// The attempts, the latest first.
    pub attempts: Vec<Attempt>,
}

/// The record that a new route begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beginning {
    /// The first that comes from now on.
    Now,
    /// The oldest that is kept.
    Oldest,
}

/// A route that was made or changed.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MadeRoute {
    /// The route that was made.
    #[serde(flatten)]
    pub route: Route,
    /// The secret that its requests are signed with, where that was made by the server. Shown once.
    #[serde(default)]
    pub signing_secret: Option<String>,
}

#[derive(Serialize)]
struct Put<'of> {
    group: Option<&'of str>,
    from: Beginning,
}

/// The functions take the group where the token is an admin's.
impl Client {
    /// Lists routes, of one group or of all that the token sees: `GET /v1/routes`.
    pub async fn routes(&self, group: Option<&str>) -> Result<Answer<RouteList>, ClientError> {
        all("routes", None, || self.get("v1/routes").query(&OfGroup { group })).await
    }

    /// Shows a route: `GET /v1/routes/{name}`.
    pub async fn route(
        &self,
        group: Option<&str>,
        name: impl Display,
    ) -> Result<Answer<Route>, ClientError> {
        ask(self.get(format_args!("v1/routes/{name}")).query(&OfGroup { group })).await
    }

    /// Makes a route, or changes one: `PUT /v1/routes/{name}`. The route is as `docs/delivery.md` says.
    pub async fn put_route(
        &self,
        group: Option<&str>,
        name: impl Display,
        route: &Json,
        from: Beginning,
    ) -> Result<Answer<MadeRoute>, ClientError> {
        let request = self.put(format_args!("v1/routes/{name}")).query(&Put { group, from });
        ask(request.json(route)).await
    }

    /// Removes a route: `DELETE /v1/routes/{name}`.
    pub async fn remove_route(
        &self,
        group: Option<&str>,
        name: impl Display,
    ) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/routes/{name}")).query(&OfGroup { group })).await
    }

    /// Has a route hand nothing over for a while: `POST /v1/routes/{name}/pause`.
    pub async fn pause_route(
        &self,
        group: Option<&str>,
        name: impl Display,
    ) -> Result<Answer<Route>, ClientError> {
        ask(self.post(format_args!("v1/routes/{name}/pause")).query(&OfGroup { group })).await
    }

    /// Has a route go on: `POST /v1/routes/{name}/resume`.
    pub async fn resume_route(
        &self,
        group: Option<&str>,
        name: impl Display,
    ) -> Result<Answer<Route>, ClientError> {
        ask(self.post(format_args!("v1/routes/{name}/resume")).query(&OfGroup { group })).await
    }

    /// Hands something over that is no record: `POST /v1/routes/{name}/test`. What comes of it is the answer,
    /// whether it worked or not.
    pub async fn test_route(
        &self,
        group: Option<&str>,
        name: impl Display,
    ) -> Result<Answer<Attempt>, ClientError> {
        ask(self.post(format_args!("v1/routes/{name}/test")).query(&OfGroup { group })).await
    }

    /// Shows what was tried of late: `GET /v1/routes/{name}/attempts`.
    pub async fn route_attempts(
        &self,
        group: Option<&str>,
        name: impl Display,
        limit: Option<usize>,
    ) -> Result<Answer<AttemptList>, ClientError> {
        let request =
            || self.get(format_args!("v1/routes/{name}/attempts")).query(&OfGroup { group });
        all("attempts", limit, request).await
    }
}
