//! Records: pulled by their partner, or followed as they come, and removed once acknowledged.

mod answer;
mod stream;
mod wanted;

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap, response::Response};
use champollion_delivery::{
    names::{GroupId, RouteKey, RouteName},
    records::Cursor,
};
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Acknowledge, Authorized, Collect},
    extract::{JsonBody, Parameters},
};
use crate::{auth::AuthError, service::Service};

pub(super) use stream::follow;
use wanted::{Reader, Wanted};

pub(super) async fn pull(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Response, Problem> {
    let layout = answer::layout(wanted.format(), &headers)?;
    let wish = wanted.understood(&authorized)?;
    let Authorized { principal, .. } = &authorized;
    let bytes = answer::bytes(layout, service.config.http.page_bytes);
    let reader = Reader::new(&service, principal.token.clone(), bytes);
    let group = wish.group.clone();
    let (page, place) = match wish.place_to_wait(&service, &reader.token)? {
        // While it waits it takes nobody's place who is answered at once.
        Some(waiting) => {
            let page = tokio::select! {
                page = wish.pull(&service, &reader) => page?,
                // A token that ends while it waits gets nothing more.
                () = service.tokens.ended(&reader.token) => return Err(AuthError::Unknown.into()),
            };
            drop(waiting);
            (page, service.place_to_answer(&reader.token, &group)?)
        }
        None => {
            let place = service.place_to_answer(&reader.token, &group)?;
            (wish.pull(&service, &reader).await?, place)
        }
    };
    answer::write(page, layout, place).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Acknowledgement {
    /// The last record that was processed: `next` of a page, or a record's own `cursor`.
    cursor: Cursor,
    group: Option<GroupId>,
    route: Option<RouteName>,
}

#[derive(Serialize)]
pub(super) struct Acknowledged {
    /// The number of records that were removed.
    removed: u64,
}

pub(super) async fn acknowledge(
    authorized: Authorized<Acknowledge>,
    State(service): State<Arc<Service>>,
    JsonBody(Acknowledgement { cursor, group, route }): JsonBody<Acknowledgement>,
) -> Result<Json<Acknowledged>, Problem> {
    let group = authorized.principal.group(group)?;
    let of = match &route {
        Some(name) => format!("{group}/{name}"),
        None => group.to_string(),
    };
    let removed = match route {
        Some(name) => service.dispatcher.acknowledge(&RouteKey { group, name }, cursor).await?,
        None => service.mailbox.acknowledge(&group, cursor).await?,
    };
    metrics::counter!("champollion_records_removed_total", "reason" => "acknowledged")
        .increment(removed);
    let by = authorized.principal.actor();
    service.summaries.add("acknowledge", &by, of, ("removed", removed));
    Ok(Json(Acknowledged { removed }))
}
