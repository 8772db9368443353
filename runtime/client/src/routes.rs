//! Routes: which records of a group go to whom.

use std::fmt::Display;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

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
    /// The zone of local moments.
    #[serde(default, rename = "timeZone", skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Whether measurements are left out that were handed over before.
    #[serde(default, rename = "onlyNew", skip_serializing_if = "std::ops::Not::not")]
    pub only_new: bool,
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
    /// The author of its pause, while it is paused.
    #[serde(default, rename = "pausedBy", skip_serializing_if = "Option::is_none")]
    pub paused_by: Option<Author>,
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
    /// The reason why it hands nothing over, or not all, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
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
    /// The number of records that were skipped, since the recipient never takes them.
    #[serde(default)]
    pub skipped: u64,
    /// The first of the records that the recipient refused, and that are tried again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
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
    /// The word for the kind of a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
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

/// A rotation of signing secrets.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretRotation {
    /// The new secret; the server makes one where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The hours for which the old secret is used beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap_hours: Option<u32>,
}

/// The events of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouteEventList {
    /// The events, the oldest first.
    pub events: Vec<RouteEvent>,
    /// The cursor to go on after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<bool>,
}

/// An event of a group: what became of one of its routes, or of its inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteEvent {
    /// The place of the event.
    pub cursor: String,
    /// The moment of the event.
    pub at: Timestamp,
    /// The type of the event.
    #[serde(rename = "type")]
    pub kind: String,
    /// The route; absent where records wait in the inbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The event for people.
    pub message: String,
    /// The number of records that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// The moment at which the first of them is removed undelivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_expiry: Option<Timestamp>,
}

#[derive(Serialize)]
struct WantedEvents<'of> {
    group: Option<&'of str>,
    after: Option<&'of str>,
    limit: usize,
}

#[derive(Serialize)]
struct Tried<'of> {
    group: Option<&'of str>,
    record: Option<&'of str>,
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

    /// Hands something over that says that it is a test: `POST /v1/routes/{name}/test`. It is made of `latest`, of
    /// the record of an id, or of none. What comes of it is the answer, whether it worked or not.
    pub async fn test_route(
        &self,
        group: Option<&str>,
        name: impl Display,
        record: Option<&str>,
    ) -> Result<Answer<Attempt>, ClientError> {
        let query = Tried { group, record };
        ask(self.post(format_args!("v1/routes/{name}/test")).query(&query)).await
    }

    /// Changes the members of a route that are said, and keeps all others: `PATCH /v1/routes/{name}`.
    pub async fn change_route(
        &self,
        group: Option<&str>,
        name: impl Display,
        patch: &Json,
    ) -> Result<Answer<MadeRoute>, ClientError> {
        let request = self.patch(format_args!("v1/routes/{name}")).query(&OfGroup { group });
        ask(request.json(patch)).await
    }

    /// Signs with a new secret, and for a while with the old one too: `POST /v1/routes/{name}/secrets/rotate`.
    pub async fn rotate_route_secrets(
        &self,
        group: Option<&str>,
        name: impl Display,
        rotation: &SecretRotation,
    ) -> Result<Answer<MadeRoute>, ClientError> {
        let request = self.post(format_args!("v1/routes/{name}/secrets/rotate"));
        ask(request.query(&OfGroup { group }).json(rotation)).await
    }

    /// Ends the overlap of a rotation: `POST /v1/routes/{name}/secrets/retire`.
    pub async fn retire_route_secrets(
        &self,
        group: Option<&str>,
        name: impl Display,
    ) -> Result<Answer<Route>, ClientError> {
        let request = self.post(format_args!("v1/routes/{name}/secrets/retire"));
        ask(request.query(&OfGroup { group })).await
    }

    /// Skips a record that the recipient never takes: `POST /v1/routes/{name}/skip`.
    pub async fn skip_record(
        &self,
        group: Option<&str>,
        name: impl Display,
        record: &str,
    ) -> Result<Answer<Route>, ClientError> {
        let request = self.post(format_args!("v1/routes/{name}/skip")).query(&OfGroup { group });
        ask(request.json(&json!({ "record": record }))).await
    }

    /// Lists what became of routes: `GET /v1/events`.
    pub async fn events(
        &self,
        group: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Answer<RouteEventList>, ClientError> {
        ask(self.get("v1/events").query(&WantedEvents { group, after, limit })).await
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
