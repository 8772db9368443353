//! Alerts: what was raised, and by which rules.

mod commanding;
mod declared;
pub(super) mod rules;
mod table;

use std::{cmp::Reverse, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use champollion_delivery::{formats::Layout, names::GroupId};
use champollion_registry::ledger::AuditEntry;
use champollion_service::alerts::{Acknowledgement, Alert};
use champollion_store::Batch;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::task::yield_now;
use uuid::Uuid;

use super::{
    Problem,
    authorized::{Authorized, ManageRoutes, ReadRoutes},
    extract::{JsonBody, OfGroup, Parameters, PathParts, path_part, to_the_end},
    paging::{self, PageEnd, Window},
    quotas::known_groups,
    tables::{Rows, Shape},
};
use crate::{auth::Reach, authors::Author, service::Service};

pub(crate) use declared::Terms;

/// Alerts that are read at once for a table.
const AT_ONCE: usize = 500;

/// Longest note of a person, in characters.
const NOTE_CHARACTERS: usize = 500;

/// The alerts that are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The group; all that the sender sees where it is left out.
    #[param(inline)]
    group: Option<GroupId>,
    /// The state of the alerts: the open ones where it is left out.
    #[serde(default)]
    #[param(inline)]
    state: AlertState,
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most alerts of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "paging::limit")]
    limit: Option<usize>,
    /// The layout of a table of CSV: `international` where it is left out, or `french`.
    #[param(inline)]
    layout: Option<Layout>,
}

/// The state of alerts.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
enum AlertState {
    /// Those that are not over.
    #[default]
    Open,
    /// Those that are not over and that nobody has acknowledged.
    Unacknowledged,
    /// All that are kept.
    All,
}

impl AlertState {
    fn has(self, alert: &Alert) -> bool {
        match self {
            Self::Open => alert.is_open(),
            Self::Unacknowledged => alert.is_open() && alert.acknowledged.is_none(),
            Self::All => true,
        }
    }
}

/// The list of alerts.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct AlertList {
    alerts: Vec<Alert>,
    #[serde(flatten)]
    end: PageEnd,
}

#[utoipa::path(
    get,
    path = "/v1/alerts",
    operation_id = "listAlerts",
    tag = "alerts",
    summary = "List alerts, the latest first",
    params(Wanted),
    responses(
        (
            status = 200,
            description = "The alerts. With the Accept header they are a table of CSV or a workbook, without pages.",
            body = AlertList,
        ),
        (status = 406, description = "not-acceptable"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(super) async fn list(
    authorized: Authorized<ReadRoutes>,
    State(service): State<Arc<Service>>,
    Parameters(Wanted { group, state, after, limit, layout }): Parameters<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shape = Shape::of((&headers, layout), &service, &authorized.principal)?;
    let groups = groups(&authorized.reach, &service, group)?;
    let from = after.as_deref().map(|id| super::extract::parameter("after", id)).transpose()?;
    if let Shape::Table(shape) = shape {
        return table::answer(shape, rows(service, (groups, state), from)).await;
    }
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let lookups = window.lookups();
    let alerts = match (state, &*groups) {
        (AlertState::Open | AlertState::All, [_]) => {
            found(&service, (&groups, state), from, lookups).await?
        }
        // Of very many that are open there may be few, and of many groups each is looked at.
        _ => {
            let only = groups.first().filter(|_| groups.len() == 1);
            let turn = service.expensive_turn(&authorized.principal, only)?;
            let looked = turn
                .see_through(async move { found(&service, (&groups, state), from, lookups).await });
            looked.await??
        }
    };
    let (alerts, end) = paging::page(alerts, window, |alert: &Alert| alert.id.to_string());
    Ok(Json(AlertList { alerts, end }).into_response())
}

/// The rows of a table of alerts after one. No more of them are read at once than of a page.
async fn rows(
    service: Arc<Service>,
    (groups, state): (Vec<GroupId>, AlertState),
    mut after: Option<Uuid>,
) -> Result<Rows, Problem> {
    let mut rows = Rows::default();
    loop {
        let some = found(&service, (&groups, state), after, AT_ONCE).await?;
        rows.add(some.iter().map(table::row))?;
        match some.last() {
            Some(last) if some.len() == AT_ONCE => after = Some(last.id),
            _ => return Ok(rows),
        }
        yield_now().await;
    }
}

/// The groups that are asked about: the one that is named, or all that the sender sees.
pub(super) fn groups(
    reach: &Reach,
    service: &Service,
    named: Option<GroupId>,
) -> Result<Vec<GroupId>, Problem> {
    let seen = reach.groups(named)?.unwrap_or_else(|| known_groups(service));
    Ok(seen.into_iter().collect())
}

/// The alerts of groups in a state, after one, the latest first.
async fn found(
    service: &Service,
    (groups, state): (&[GroupId], AlertState),
    after: Option<Uuid>,
    limit: usize,
) -> Result<Vec<Alert>, Problem> {
    let (book, has) = (&service.alerts.book, |alert: &Alert| state.has(alert));
    let mut latest: Vec<Alert> = Vec::new();
    for group in groups {
        let found = match state {
            AlertState::All => book.page(group, after, limit, has).await,
            AlertState::Open | AlertState::Unacknowledged => {
                book.open_page(group, after, limit, has).await
            }
        };
        latest.extend(found.map_err(|error| Problem::internal(&error))?);
        // Later ids are greater, in whatever group.
        latest.sort_by_key(|alert| Reverse(alert.id));
        latest.truncate(limit);
    }
    Ok(latest)
}

#[utoipa::path(
    get,
    path = "/v1/alerts/{id}",
    operation_id = "getAlert",
    tag = "alerts",
    summary = "Get an alert",
    params(OfGroup),
    responses(
        (status = 200, description = "The alert.", body = Alert),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-alert"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<ReadRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<Alert>, Problem> {
    let id: Uuid = path_part("id of an alert", &id)?;
    let group = authorized.reach.group(group)?;
    Ok(Json(service.alerts.book.alert(&group, id).await?))
}

/// The body of a request that acknowledges an alert.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AcknowledgementRequest {
    /// The words of the person about the alert.
    #[serde(default)]
    #[schema(max_length = 500)]
    note: String,
}

/// The alert stays open until all is well again; a person looks after it.
#[utoipa::path(
    post,
    path = "/v1/alerts/{id}/acknowledge",
    operation_id = "acknowledgeAlert",
    tag = "alerts",
    summary = "Acknowledge an alert: somebody looks after it",
    params(OfGroup),
    request_body = AcknowledgementRequest,
    responses(
        (status = 200, description = "The alert.", body = Alert),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-alert"),
        (status = 409, description = "already-acknowledged"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn acknowledge(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
    JsonBody(AcknowledgementRequest { note }): JsonBody<AcknowledgementRequest>,
) -> Result<Json<Alert>, Problem> {
    let id: Uuid = path_part("id of an alert", &id)?;
    let group = authorized.reach.group(group)?;
    if note.chars().count() > NOTE_CHARACTERS {
        let detail = format!("note has more than {NOTE_CHARACTERS} characters: shorten it");
        return Err(Problem::bad_request("invalid-body", detail).with("path", "note"));
    }
    let (by, author) = (authorized.principal.name.clone(), authorized.author(&service));
    let acknowledged = to_the_end(async move {
        let acknowledgement = Acknowledgement { by, at: Timestamp::now(), note };
        let act = AuditEntry::of_act("alert-acknowledge", id)
            .with(json!({ "group": group, "note": acknowledgement.note }));
        let (mut batch, of) = (Batch::new(), (&group, id));
        let alert = service.alerts.book.acknowledge(&mut batch, of, acknowledgement).await?;
        author.commit(batch, act).await?;
        Ok(alert)
    });
    Ok(Json(acknowledged.await?))
}
