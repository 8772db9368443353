//! Requests of partners, and of those who are to be: asked, checked, remarked on and decided.

mod asking;
mod checking;
mod deciding;
mod of_partner;
mod shown;

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_fleet::requests::{Request, RequestError, RequestState};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Problem,
    authorized::{Authorized, ReadPeople},
    extract::{Parameters, PathParts, parameter, path_part},
    paging::{self, PageEnd, Window, limit},
};
use crate::service::Service;
use shown::{Shown, Sight};

pub(super) use asking::{
    __path_answer, __path_ask, __path_look, __path_withdraw, answer, ask, look, withdraw,
};
pub(super) use checking::{__path_check, __path_remark, check, remark};
pub(super) use deciding::{__path_decide, decide};
pub(super) use of_partner::{
    __path_ask_again, __path_end, __path_show as __path_show_of_partner, ask_again, end,
    show as show_of_partner,
};

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RequestList)]
pub(super) struct List {
    requests: Vec<Shown>,
    #[serde(flatten)]
    end: PageEnd,
}

/// The parameters of the list of requests.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestListing {
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "limit")]
    limit: Option<usize>,
    /// Only requests in this state.
    #[param(inline)]
    state: Option<RequestState>,
}

#[utoipa::path(
    get,
    path = "/v1/approvals",
    operation_id = "listRequests",
    tag = "approvals",
    summary = "List the requests of partners, and of those who are to be",
    params(RequestListing),
    responses((status = 200, description = "The requests that the sender may see, the oldest first.", body = List)),
)]
pub(super) async fn list(
    authorized: Authorized<ReadPeople>,
    State(service): State<Arc<Service>>,
    Parameters(listing): Parameters<RequestListing>,
) -> Result<Json<List>, Problem> {
    let RequestListing { after, limit, state } = listing;
    let from: Option<Uuid> = after.as_deref().map(|id| parameter("after", id)).transpose()?;
    let is_wanted = |request: &Request| state.is_none_or(|state| request.state() == state);
    let requests = service.desk.after(from).into_iter().filter(is_wanted);
    let shown = requests.filter_map(|request| {
        let sight = Sight::of(&authorized.reach, &request)?;
        Some(Shown::new(request, sight))
    });
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let (requests, end) = paging::page(shown, window, Shown::place);
    Ok(Json(List { requests, end }))
}

/// A request of others is as unknown as one that does not exist.
#[utoipa::path(
    get,
    path = "/v1/approvals/{id}",
    operation_id = "getRequest",
    tag = "approvals",
    summary = "Get a request with its checks, remarks and decision",
    responses(
        (status = 200, description = "The request.", body = Shown),
        (status = 404, description = "unknown-request"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<ReadPeople>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<Shown>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    Ok(Json(Shown::new(request, sight)))
}

/// A request that the sender may see. Others are as unknown as those that do not exist.
fn seen<D>(
    authorized: &Authorized<D>,
    service: &Service,
    id: &str,
) -> Result<(Request, Sight), Problem> {
    let id: Uuid = path_part("request", id)?;
    let request = service.desk.get(id).ok_or(RequestError::Unknown(id))?;
    let sight = Sight::of(&authorized.reach, &request).ok_or(RequestError::Unknown(id))?;
    Ok((request, sight))
}
