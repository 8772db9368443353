//! Those who want to be told of notices: people by mail, and systems of groups by webhook.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_delivery::{destinations::push::SigningKey, names::GroupId};
use champollion_registry::ledger::AuditEntry;
use champollion_service::notices::{NoticeFault, NoticeHook, NoticeReader};
use champollion_store::Batch;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::{
    api::{
        Problem,
        authorized::{Authorized, ManageRoutes, ReadRoutes, Recognized},
        extract::{JsonBody, PathParts, SecretBody, path_part, to_the_end},
        sign_in::person_of,
    },
    auth::Reach,
    authors::{AuditedAuthor, Author},
    outbox,
    service::Service,
};

/// Longest address of a system in bytes.
const URL_BYTES: usize = 1_000;

/// A system that is to be told of notices.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoticeHookRequest)]
pub(in crate::api) struct WantedHook {
    /// The address that is posted to.
    #[schema(value_type = String, format = "uri")]
    url: Url,
}

/// A system that is told of notices.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = NoticeHook)]
pub(in crate::api) struct ShownHook {
    /// The address that is posted to.
    url: String,
    /// The secret that requests are signed with, which is shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[utoipa::path(
    get,
    path = "/v1/me/notices",
    operation_id = "getNoticeReader",
    tag = "people",
    summary = "Get whether the sender, who is a person, is mailed notices",
    security(("session" = []), ("token" = []), ("password" = [])),
    extensions(("x-roles" = json!(crate::auth::EVERYBODY))),
    responses((status = 200, description = "The wish of the person.", body = NoticeReader)),
)]
pub(in crate::api) async fn reader(
    Recognized { principal, .. }: Recognized,
    State(service): State<Arc<Service>>,
) -> Result<Json<NoticeReader>, Problem> {
    let person = person_of(&service, &principal)?;
    let reader = NoticeReader::of(&*service.store, person.id).await;
    Ok(Json(reader.map_err(NoticeFault::from)?))
}

/// Mails are about what the person works with, or owns.
#[utoipa::path(
    put,
    path = "/v1/me/notices",
    operation_id = "putNoticeReader",
    tag = "people",
    summary = "Say whether the sender, who is a person, is mailed notices",
    request_body = NoticeReader,
    security(("session" = []), ("token" = []), ("password" = [])),
    extensions(("x-roles" = json!(crate::auth::EVERYBODY))),
    responses(
        (status = 200, description = "The wish of the person.", body = NoticeReader),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn put_reader(
    Recognized { principal, .. }: Recognized,
    State(service): State<Arc<Service>>,
    JsonBody(reader): JsonBody<NoticeReader>,
) -> Result<Json<NoticeReader>, Problem> {
    let person = person_of(&service, &principal)?;
    let author = AuditedAuthor::new(&service.registry, principal.actor());
    let mut batch = Batch::new();
    reader.put(&mut batch, person.id).map_err(NoticeFault::from)?;
    to_the_end(async move {
        let act = AuditEntry::of_act("notice-reader", person.id).with(json!(reader));
        author.commit(batch, act).await?;
        Ok(Json(reader))
    })
    .await
}

#[utoipa::path(
    get,
    path = "/v1/groups/{group}/notice-hook",
    operation_id = "getNoticeHook",
    tag = "routes",
    summary = "Get the system of a group that is told of notices",
    responses(
        (status = 200, description = "The system, without its secret.", body = ShownHook),
        (status = 404, description = "unknown-group, no-notice-hook"),
    ),
)]
pub(in crate::api) async fn hook(
    authorized: Authorized<ReadRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(group): PathParts<String>,
) -> Result<Json<ShownHook>, Problem> {
    let group = own_group(&service, &authorized.reach, &group)?;
    let hook = NoticeHook::of(&*service.store, &group).await.map_err(NoticeFault::from)?;
    let hook = hook.ok_or_else(|| no_hook(&group))?;
    Ok(Json(ShownHook { url: hook.url, secret: None }))
}

/// Requests are signed as Standard Webhooks says, by a secret that is made each time.
#[utoipa::path(
    put,
    path = "/v1/groups/{group}/notice-hook",
    operation_id = "putNoticeHook",
    tag = "routes",
    summary = "Have a system of a group told of notices",
    request_body = WantedHook,
    responses(
        (status = 200, description = "The system, with its new secret.", body = ShownHook),
        (status = 400, description = "invalid-notice-hook"),
        (status = 404, description = "unknown-group"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn put_hook(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(group): PathParts<String>,
    SecretBody(WantedHook { url }): SecretBody<WantedHook>,
) -> Result<Json<ShownHook>, Problem> {
    let group = own_group(&service, &authorized.reach, &group)?;
    let delivery = &service.config.delivery;
    check(&url, delivery.plain_http)?;
    let secret = SigningKey::generate().reveal().to_owned();
    let checked = outbox::check_system(&delivery.limits(), &group, (url.as_str(), &secret));
    checked.map_err(|reason| {
        Problem::bad_request("invalid-notice-hook", reason).with("path", "url")
    })?;
    let hook = NoticeHook { url: url.into(), secret };
    let mut batch = Batch::new();
    hook.put(&mut batch, &group).map_err(NoticeFault::from)?;
    let author = authorized.author(&service);
    to_the_end(async move {
        // The audit shows where notices go, without the query of the address, which may be a secret.
        let act = AuditEntry::of_act("notice-hook-put", &group).with(json!({ "url": hook.url }));
        author.commit(batch, act).await?;
        Ok(Json(ShownHook { url: hook.url, secret: Some(hook.secret) }))
    })
    .await
}

#[utoipa::path(
    delete,
    path = "/v1/groups/{group}/notice-hook",
    operation_id = "removeNoticeHook",
    tag = "routes",
    summary = "Have no system of a group told of notices any more",
    responses(
        (status = 204, description = "It is done."),
        (status = 404, description = "unknown-group, no-notice-hook"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn remove_hook(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(group): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let group = own_group(&service, &authorized.reach, &group)?;
    let before = NoticeHook::of(&*service.store, &group).await.map_err(NoticeFault::from)?;
    before.ok_or_else(|| no_hook(&group))?;
    let author = authorized.author(&service);
    to_the_end(async move {
        let mut batch = Batch::new();
        NoticeHook::delete(&mut batch, &group);
        author.commit(batch, AuditEntry::of_act("notice-hook-remove", &group).essential()).await?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// The group of a path. One of others is as unknown as one that does not exist.
fn own_group(service: &Service, reach: &Reach, text: &str) -> Result<GroupId, Problem> {
    let group: GroupId = path_part("group", text)?;
    if !service.has_group(&group) || !reach.sees(&group) {
        let detail = format!("there is no group {group}, or it is not yours");
        return Err(Problem::not_found("unknown-group", detail));
    }
    Ok(group)
}

fn no_hook(group: &GroupId) -> Problem {
    let detail = format!("no system of the group {group} is told of notices: name one with PUT");
    Problem::not_found("no-notice-hook", detail)
}

/// Checks the address of a system as it is written. The address of a name is checked when it is connected to.
fn check(url: &Url, is_plain_allowed: bool) -> Result<(), Problem> {
    let refused =
        |detail: &str| Err(Problem::bad_request("invalid-notice-hook", detail).with("path", "url"));
    match url.scheme() {
        "https" => {}
        "http" if is_plain_allowed => {}
        _ => return refused("url must begin with https://, as in https://city.example/notices"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("url holds a user or a password: leave them out, requests are signed");
    }
    if url.as_str().len() > URL_BYTES {
        return refused("url has more than 1000 bytes: write a shorter one");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_secured_and_holds_no_password() {
        let checked = |text: &str, plain| check(&text.parse().unwrap(), plain);
        assert!(checked("https://city.example/notices", false).is_ok());
        assert!(checked("http://city.example/notices", true).is_ok());
        for text in ["http://city.example/", "ftp://city.example/", "https://a:b@city.example/"] {
            let refused = checked(text, false).unwrap_err();
            assert_eq!(refused.code(), "invalid-notice-hook", "{text}");
        }
    }
}
