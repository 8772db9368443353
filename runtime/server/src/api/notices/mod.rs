//! Notices: made and followed up by admins, seen by those whom they concern.

mod feeds;
mod readers;
mod table;
mod writing;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use champollion_delivery::formats::Layout;
use champollion_service::notices::{Notice, NoticeFault, NoticeState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Problem,
    authorized::{Authorized, Inspect},
    extract::{Parameters, PathParts, parameter, path_part},
    paging::{self, PageEnd, Window, limit},
    tables::Shape,
};
use crate::{auth::Reach, notices::seen, service::Service};

pub(super) use feeds::{__path_calendar, __path_feed, calendar, feed};
pub(super) use readers::{
    __path_hook, __path_put_hook, __path_put_reader, __path_reader, __path_remove_hook, hook,
    put_hook, put_reader, reader, remove_hook,
};
pub(super) use writing::{
    __path_add, __path_cancel, __path_change, __path_follow_up, add, cancel, change, follow_up,
};

/// A notice with its state now.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShownNotice)]
pub(super) struct Shown {
    #[serde(flatten)]
    notice: Notice,
    /// The state of the notice at the moment of the answer.
    state: NoticeState,
}

impl Shown {
    fn new(notice: Notice, now: Timestamp) -> Self {
        Self { state: notice.state(now), notice }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct NoticeList {
    notices: Vec<Shown>,
    #[serde(flatten)]
    end: PageEnd,
}

/// The parameters of the list of notices.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct NoticeListing {
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "limit")]
    limit: Option<usize>,
    /// Only notices in this state.
    #[param(inline)]
    state: Option<NoticeState>,
    /// The layout of a table of CSV: `international` where it is left out, or `french`.
    #[param(inline)]
    layout: Option<Layout>,
}

#[utoipa::path(
    get,
    path = "/v1/notices",
    operation_id = "listNotices",
    tag = "operation",
    summary = "List the notices of planned work and incidents that concern the sender",
    params(NoticeListing),
    responses(
        (
            status = 200,
            description = "The notices, the latest first. With the Accept header they are a table of CSV or a \
                           workbook, without pages.",
            body = NoticeList,
        ),
        (status = 406, description = "not-acceptable"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(super) async fn list(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    Parameters(listing): Parameters<NoticeListing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let NoticeListing { after, limit, state, layout } = listing;
    let shape = Shape::of((&headers, layout), &service, &authorized.principal)?;
    let from: Option<Uuid> = after.as_deref().map(|id| parameter("after", id)).transpose()?;
    let now = Timestamp::now();
    let notices = service.notices.latest(from).into_iter();
    let wanted = notices.filter(|notice| state.is_none_or(|state| notice.state(now) == state));
    let shown =
        wanted.filter_map(|notice| Some(Shown::new(seen(&notice, &authorized.reach)?, now)));
    if let Shape::Table(shape) = shape {
        let shown: Vec<Shown> = shown.collect();
        let rows = async move { table::rows(shown.into_iter()) };
        return shape.answer("Notices", &table::HEADINGS, rows).await;
    }
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let (notices, end) = paging::page(shown, window, |shown| shown.notice.id.to_string());
    Ok(Json(NoticeList { notices, end }).into_response())
}

/// A notice about groups of others is as unknown as one that does not exist.
#[utoipa::path(
    get,
    path = "/v1/notices/{id}",
    operation_id = "getNotice",
    tag = "operation",
    summary = "Get a notice with its later words",
    responses(
        (status = 200, description = "The notice.", body = Shown),
        (status = 404, description = "unknown-notice"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<Shown>, Problem> {
    let id: Uuid = path_part("notice", &id)?;
    let notice = seen_notice(&service, &authorized.reach, id)?;
    Ok(Json(Shown::new(notice, Timestamp::now())))
}

fn seen_notice(service: &Service, reach: &Reach, id: Uuid) -> Result<Notice, NoticeFault> {
    let notice = service.notices.get(id).and_then(|notice| seen(&notice, reach));
    notice.ok_or(NoticeFault::Unknown(id))
}
