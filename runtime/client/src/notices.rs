//! Notices of planned work and incidents.

use std::fmt::Display;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Answer, Client, ClientError,
    client::{ask, tell, text},
    pages::all,
};

/// A notice, with its state at the moment of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The id of the notice.
    pub id: Uuid,
    /// The kind: `planned` or `incident`.
    pub kind: String,
    /// The title for people.
    pub title: String,
    /// The text for people.
    pub text: String,
    /// The moment at which it begins.
    pub begin: Timestamp,
    /// The moment at which it ends; absent of an incident that lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// The objects that it is about.
    pub scope: NoticeScope,
    /// Whether the days that it touches are left out of the figures of its objects.
    pub leaves_out: bool,
    /// The moment at which it was changed last.
    pub changed_at: Timestamp,
    /// Later words on it, the oldest first.
    pub follow_ups: Vec<NoticeWord>,
    /// The state: `planned`, `in-force`, `over` or `cancelled`.
    pub state: String,
}

/// The objects that a notice is about; a part that is empty is all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeScope {
    /// The groups that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The use cases that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub use_cases: Vec<String>,
    /// The gateways that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gateways: Vec<String>,
}

/// A later word on a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeWord {
    /// The moment at which it was written.
    pub at: Timestamp,
    /// The text for people.
    pub text: String,
}

/// The notices that concern the sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeList {
    /// The notices, the latest first.
    pub notices: Vec<Notice>,
}

/// A notice that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeRequest {
    /// The kind: `planned` or `incident`.
    pub kind: String,
    /// The title for people.
    pub title: String,
    /// The text for people.
    pub text: String,
    /// The moment at which it begins; of an incident now, where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin: Option<Timestamp>,
    /// The moment at which it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// The objects that it is about.
    pub scope: NoticeScope,
    /// Whether the days that it touches are left out of the figures of its objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaves_out: Option<bool>,
}

/// A change of a notice: what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeChange {
    /// Another title for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Another text for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Another moment of the begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin: Option<Timestamp>,
    /// Another moment of the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Whether the days that it touches are left out of the figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaves_out: Option<bool>,
}

/// A later word that is to be added, with the end where it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoticeFollowUp {
    /// The text for people.
    pub text: String,
    /// The end of the notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
}

/// The wish of a person to be mailed notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeReader {
    /// Whether mails are wanted.
    pub mail: bool,
    /// The language of the mails: `en` or `fr`.
    pub language: String,
}

/// A system that is told of notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeHook {
    /// The address that is posted to.
    pub url: String,
    /// The secret that requests are signed with, which is shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl Client {
    /// Gets whether the sender is mailed notices: `GET /v1/me/notices`.
    pub async fn notice_reader(&self) -> Result<Answer<NoticeReader>, ClientError> {
        ask(self.get("v1/me/notices")).await
    }

    /// Says whether the sender is mailed notices: `PUT /v1/me/notices`.
    pub async fn put_notice_reader(
        &self,
        reader: &NoticeReader,
    ) -> Result<Answer<NoticeReader>, ClientError> {
        ask(self.put("v1/me/notices").json(reader)).await
    }

    /// Gets the system of a group that is told of notices: `GET /v1/groups/{group}/notice-hook`.
    pub async fn notice_hook(
        &self,
        group: impl Display,
    ) -> Result<Answer<NoticeHook>, ClientError> {
        ask(self.get(format_args!("v1/groups/{group}/notice-hook"))).await
    }

    /// Has a system of a group told of notices: `PUT /v1/groups/{group}/notice-hook`.
    pub async fn put_notice_hook(
        &self,
        group: impl Display,
        url: &str,
    ) -> Result<Answer<NoticeHook>, ClientError> {
        let body = serde_json::json!({ "url": url });
        ask(self.put(format_args!("v1/groups/{group}/notice-hook")).json(&body)).await
    }

    /// Has no system of a group told of notices: `DELETE /v1/groups/{group}/notice-hook`.
    pub async fn remove_notice_hook(&self, group: impl Display) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/groups/{group}/notice-hook"))).await
    }

    /// Lists notices, or those in one state: `GET /v1/notices`.
    pub async fn notices(&self, state: Option<&str>) -> Result<Answer<NoticeList>, ClientError> {
        let wanted = state.map(|state| ("state", state));
        all("notices", None, || self.get("v1/notices").query(&wanted.as_slice())).await
    }

    /// Makes a notice: `POST /v1/notices`.
    pub async fn add_notice(&self, wish: &NoticeRequest) -> Result<Answer<Notice>, ClientError> {
        ask(self.post("v1/notices").json(wish)).await
    }

    /// Gets a notice: `GET /v1/notices/{id}`.
    pub async fn notice(&self, id: Uuid) -> Result<Answer<Notice>, ClientError> {
        ask(self.get(format_args!("v1/notices/{id}"))).await
    }

    /// Changes a notice: `PATCH /v1/notices/{id}`.
    pub async fn change_notice(
        &self,
        id: Uuid,
        change: &NoticeChange,
    ) -> Result<Answer<Notice>, ClientError> {
        ask(self.patch(format_args!("v1/notices/{id}")).json(change)).await
    }

    /// Adds a later word: `POST /v1/notices/{id}/follow-ups`.
    pub async fn follow_up_notice(
        &self,
        id: Uuid,
        word: &NoticeFollowUp,
    ) -> Result<Answer<Notice>, ClientError> {
        ask(self.post(format_args!("v1/notices/{id}/follow-ups")).json(word)).await
    }

    /// Takes a notice back: `POST /v1/notices/{id}/cancel`.
    pub async fn cancel_notice(&self, id: Uuid) -> Result<Answer<Notice>, ClientError> {
        ask(self.post(format_args!("v1/notices/{id}/cancel"))).await
    }

    /// Gets the notices as a calendar: `GET /v1/notices/calendar`.
    pub async fn calendar_of_notices(&self) -> Result<String, ClientError> {
        text(self.get("v1/notices/calendar")).await
    }

    /// Gets the notices as a feed: `GET /v1/notices/feed`.
    pub async fn feed_of_notices(&self) -> Result<String, ClientError> {
        text(self.get("v1/notices/feed")).await
    }
}
