//! Retention: the records that wait, and when they will be removed undelivered, before it happens.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_delivery::{
    dispatch::Backlog,
    names::{GroupId, RouteName},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Collect},
    extract::{Parameters, parameter},
    paging::{self, PageEnd, Window},
};
use crate::service::Service;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The group; an admin names it, a partner has its own.
    #[param(inline)]
    group: Option<GroupId>,
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "paging::limit")]
    limit: Option<usize>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Retention {
    /// After so many hours a record is removed, delivered or not.
    hours: u32,
    backlogs: Vec<Backlog>,
    #[serde(flatten)]
    end: PageEnd,
}

/// A partner sees what waits for it, an admin all.
#[utoipa::path(
    get,
    path = "/v1/retention",
    operation_id = "getRetention",
    tag = "records",
    summary = "Get the records that wait, and the time of their removal",
    params(Wanted),
    responses((status = 200, description = "The records that wait.", body = Retention)),
)]
pub(super) async fn show(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    Parameters(Wanted { group, after, limit }): Parameters<Wanted>,
) -> Result<Json<Retention>, Problem> {
    let groups = authorized.reach.groups(group)?;
    let from = after.as_deref().map(place_of).transpose()?;
    let backlogs = service.dispatcher.backlogs(groups.as_ref(), Timestamp::now()).await?;
    let is_later = |backlog: &Backlog| {
        let place = (&backlog.group, backlog.route.as_ref());
        from.as_ref().is_none_or(|(group, route)| place > (group, route.as_ref()))
    };
    let later = backlogs.into_iter().filter(is_later);
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let (backlogs, end) = paging::page(later, window, place);
    Ok(Json(Retention { hours: service.config.retention.hours, backlogs, end }))
}

/// The place of a backlog in the list: the group, and the route where it is one's.
fn place(backlog: &Backlog) -> String {
    let route = backlog.route.as_ref().map_or("", RouteName::as_str);
    format!("{}/{route}", backlog.group)
}

fn place_of(text: &str) -> Result<(GroupId, Option<RouteName>), Problem> {
    let (group, route) = text.split_once('/').unwrap_or((text, ""));
    let route = if route.is_empty() { None } else { Some(parameter("after", route)?) };
    Ok((parameter("after", group)?, route))
}
