//! Records: pulled by their partner, or followed as they come, and removed once acknowledged.

mod answer;
mod stream;
mod wanted;

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap, response::Response};
use champollion_delivery::{
    dispatch::Holder,
    mailbox::Page,
    names::{GroupId, RouteKey, RouteName},
    records::Cursor,
};
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Acknowledge, Authorized, Collect, Duty},
    extract::{JsonBody, Parameters},
};
use crate::{auth::AuthError, service::Service};

// With what `routes!` looks for beside a handler.
pub(super) use answer::{XLSX, accepted};
pub(super) use stream::{__path_follow, follow};
use wanted::{Reader, Wanted};

#[utoipa::path(
    get,
    path = "/v1/records",
    operation_id = "pullRecords",
    tag = "records",
    summary = "Pull records; they stay until they are acknowledged or too old",
    params(Wanted),
    responses(
        (
            status = 200,
            description = "Some records, the oldest first.",
            content(
                (Page = "application/json"),
                (String = "application/x-ndjson"),
                (String = "text/csv"),
                (Vec<Object> = "application/senml+json"),
                (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
            headers(
                ("next-cursor" = String, description = "The cursor to go on after."),
                ("more-records" = String, description = "Whether there are more records: true or false."),
            ),
        ),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
        (status = 406, description = "not-acceptable"),
        (status = 409, description = "cursor-beyond-end, wrong-kind-of-route"),
        (status = 429, description = "too-many-expensive-requests, busy, quota-exceeded, too-many-followers"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(super) async fn pull(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Response, Problem> {
    let format = answer::format(wanted.format(), &headers)?;
    let options = answer::table_options(format, wanted.layout(), wanted.table()?)?;
    let has_columns = options.content.columns.is_some();
    let wish = wanted.understood(&authorized, &service, format)?;
    let Authorized { principal, .. } = &authorized;
    let bytes = answer::bytes(format, service.config.http.page_bytes);
    let reader = Reader::new(&service, principal.token.clone(), bytes);
    let (group, parts) = (wish.group.clone(), wish.parts().to_vec());
    let (page, place) = match wish.place_to_wait(&service, &reader.token)? {
        // While it waits it takes nobody's place who is answered at once.
        Some(waiting) => {
            let page = tokio::select! {
                page = wish.pull(&service, &reader) => page?,
                // A token that ends while it waits gets nothing more.
                () = service.right_ended(&reader.token, Collect::SCOPE, (&group, &parts)) => {
                    return Err(AuthError::Unknown.into());
                }
            };
            drop(waiting);
            (page, service.place_to_answer(&reader.token, &group)?)
        }
        None => {
            let place = service.place_to_answer(&reader.token, &group)?;
            (wish.pull(&service, &reader).await?, place)
        }
    };
    // Columns of one's own are expressions, one for each cell.
    let turn = has_columns.then(|| service.expensive.turn(&reader.token, Some(&group)));
    answer::write(page, format, options, (place, turn.transpose()?)).await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Acknowledgement {
    /// The last record that was processed: `next` of a page, or a record's own `cursor`.
    cursor: Cursor,
    group: Option<GroupId>,
    route: Option<RouteName>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Acknowledged {
    /// The number of records that were removed from the inbox, or that the route is done with now.
    removed: u64,
    /// The number of records that were deleted with that, since nobody is to get them any more.
    deleted: u64,
    /// The routes that still hold some of the records up to the cursor.
    #[serde(rename = "heldBy")]
    held_by: Vec<Holder>,
}

#[utoipa::path(
    post,
    path = "/v1/records/ack",
    operation_id = "acknowledgeRecords",
    tag = "records",
    summary = "Remove the records up to a cursor, since they are processed",
    request_body = Acknowledgement,
    responses(
        (
            status = 200,
            description = "The number of records that were removed and deleted, and who still holds some.",
            body = Acknowledged,
        ),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
        (status = 409, description = "cursor-beyond-end, wrong-kind-of-route"),
    ),
)]
pub(super) async fn acknowledge(
    authorized: Authorized<Acknowledge>,
    State(service): State<Arc<Service>>,
    JsonBody(Acknowledgement { cursor, group, route }): JsonBody<Acknowledgement>,
) -> Result<Json<Acknowledged>, Problem> {
    let group = authorized.reach.group(group)?;
    let of = match &route {
        Some(name) => format!("{group}/{name}"),
        None => group.to_string(),
    };
    let before = service.mailbox.removed(&group).await?;
    let removed = match route {
        Some(name) => {
            let key = RouteKey { group: group.clone(), name };
            service.dispatcher.acknowledge(&key, cursor).await?
        }
        None => service.mailbox.acknowledge(&group, cursor).await?,
    };
    let deleted = service.mailbox.removed(&group).await?.saturating_sub(before);
    let held_by = service.dispatcher.holders(&group, cursor).await?;
    metrics::counter!("champollion_records_removed_total", "reason" => "acknowledged")
        .increment(removed);
    let by = authorized.principal.actor();
    service.summaries.add("acknowledge", &by, of, ("removed", removed));
    Ok(Json(Acknowledged { removed, deleted, held_by }))
}
