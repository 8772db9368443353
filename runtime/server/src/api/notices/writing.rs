//! Notices as admins make, change, follow up and take them back.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_registry::ledger::AuditEntry;
use champollion_service::notices::{
    HookTelling, MailTelling, Notice, NoticeChange, NoticeChanged, NoticeFault, NoticeFollowUp,
    NoticeWish, NoticesTurn,
};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::Shown;
use crate::{
    api::{
        Problem,
        authorized::{Administer, Authorized},
        bodiless::NoBody,
        extract::{JsonBody, PathParts, path_part, to_the_end},
    },
    authors::{AuditedAuthor, Author},
    service::Service,
};

/// Planned work is told before it begins, an incident while it lasts.
#[utoipa::path(
    post,
    path = "/v1/notices",
    operation_id = "addNotice",
    tag = "operation",
    summary = "Tell of planned work or an incident",
    request_body = NoticeWish,
    responses(
        (status = 201, description = "The notice.", body = Shown),
        (status = 400, description = "invalid-notice"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn add(
    authorized: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    JsonBody(wish): JsonBody<NoticeWish>,
) -> Result<(StatusCode, Json<Shown>), Problem> {
    let author = authorized.author(&service);
    let added = to_the_end(async move {
        let turn = service.notices.turn().await;
        let changed = turn.add(wish, Timestamp::now(), |group| service.has_group(group))?;
        made_durable(&service, &turn, changed, ("add", &author)).await
    });
    Ok((StatusCode::CREATED, added.await?))
}

#[utoipa::path(
    patch,
    path = "/v1/notices/{id}",
    operation_id = "changeNotice",
    tag = "operation",
    summary = "Give a notice another text, begin or end",
    request_body = NoticeChange,
    responses(
        (status = 200, description = "The notice.", body = Shown),
        (status = 400, description = "invalid-notice"),
        (status = 404, description = "unknown-notice"),
        (status = 409, description = "notice-cancelled"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn change(
    authorized: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(change): JsonBody<NoticeChange>,
) -> Result<Json<Shown>, Problem> {
    LaterWord::Change(change).say(&authorized, service, &id).await
}

/// The end may be told with it, where it is known now.
#[utoipa::path(
    post,
    path = "/v1/notices/{id}/follow-ups",
    operation_id = "followUpNotice",
    tag = "operation",
    summary = "Add a later word to a notice",
    request_body = NoticeFollowUp,
    responses(
        (status = 200, description = "The notice.", body = Shown),
        (status = 400, description = "invalid-notice"),
        (status = 404, description = "unknown-notice"),
        (status = 409, description = "notice-cancelled"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn follow_up(
    authorized: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(word): JsonBody<NoticeFollowUp>,
) -> Result<Json<Shown>, Problem> {
    LaterWord::FollowUp(word).say(&authorized, service, &id).await
}

/// It stays to be seen, and leaves nothing out of the figures from that moment on.
#[utoipa::path(
    post,
    path = "/v1/notices/{id}/cancel",
    operation_id = "cancelNotice",
    tag = "operation",
    summary = "Take a notice back",
    responses(
        (status = 200, description = "The notice.", body = Shown),
        (status = 404, description = "unknown-notice"),
        (status = 409, description = "notice-cancelled"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn cancel(
    authorized: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    NoBody: NoBody,
) -> Result<Json<Shown>, Problem> {
    LaterWord::Cancel.say(&authorized, service, &id).await
}

/// A word on a notice that there is.
enum LaterWord {
    Change(NoticeChange),
    FollowUp(NoticeFollowUp),
    Cancel,
}

impl LaterWord {
    /// The act, as events and the audit name it.
    const fn act(&self) -> &'static str {
        match self {
            Self::Change(_) => "change",
            Self::FollowUp(_) => "follow-up",
            Self::Cancel => "cancel",
        }
    }

    /// Makes the word durable, and gives the notice as it is with it.
    async fn say(
        self,
        authorized: &Authorized<Administer>,
        service: Arc<Service>,
        id: &str,
    ) -> Result<Json<Shown>, Problem> {
        let id: Uuid = path_part("notice", id)?;
        let author = authorized.author(&service);
        to_the_end(async move {
            let (turn, now, act) = (service.notices.turn().await, Timestamp::now(), self.act());
            let changed = match self {
                Self::Change(change) => turn.change(id, change, now).await?,
                Self::FollowUp(word) => turn.follow_up(id, word, now).await?,
                Self::Cancel => turn.cancel(id, now).await?,
            };
            made_durable(&service, &turn, changed, (act, &author)).await
        })
        .await
    }
}

/// Makes a change durable with its line of the audit and the messages that tell of it, and takes it over.
async fn made_durable(
    service: &Service,
    turn: &NoticesTurn<'_>,
    changed: NoticeChanged,
    (act, author): (&str, &AuditedAuthor),
) -> Result<Json<Shown>, Problem> {
    let NoticeChanged { mut batch, notice } = changed;
    let event = format!("notice.{act}");
    // Readers and systems are told by the sender of the outbox, as many at a time as a batch takes.
    let now = Timestamp::now();
    if service.mailer.is_some() {
        // Without a mail server nobody is written to: what waited for one would come when it is past.
        MailTelling::new(notice.clone(), now).put(&mut batch).map_err(NoticeFault::from)?;
    }
    HookTelling::new(notice.clone(), &event, now).put(&mut batch).map_err(NoticeFault::from)?;
    let Notice { title, begin, end, scope, leaves_out, .. } = &notice;
    let line = AuditEntry::of_act(&format!("notice-{act}"), notice.id).with(json!({
        "title": title, "begin": begin, "end": end, "scope": scope, "leavesOut": leaves_out,
    }));
    author.commit(batch, line).await?;
    let notice = Notice::clone(&*turn.apply(notice));
    Ok(Json(Shown::new(notice, Timestamp::now())))
}
