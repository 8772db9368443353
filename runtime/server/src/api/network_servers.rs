//! The check of network servers: what is connected, what was seen, and what is wrong.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_lns::NetworkServerName;
use serde::Serialize;

use super::{
    Problem,
    authorized::{Authorized, ReadMetrics},
    extract::{Parameters, parameter},
    paging::{self, Listing, PageEnd, Window},
};
use crate::{mqtt::LeftSession, network_servers::check::NetworkServerCheck, service::Service};

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NetworkServerList {
    /// The network servers of the settings, in the order of their names.
    network_servers: Vec<NetworkServerCheck>,
    /// Sessions at brokers that the settings have no more, and that could not be ended yet.
    left_sessions: Vec<LeftSession>,
    #[serde(flatten)]
    end: PageEnd,
}

#[utoipa::path(
    get,
    path = "/v1/network-servers",
    operation_id = "checkNetworkServers",
    tag = "operation",
    summary = "Check the network servers: what is connected, what was seen, what is wrong",
    params(Listing),
    responses((status = 200, description = "The network servers of the settings.", body = NetworkServerList)),
)]
pub(super) async fn check(
    _: Authorized<ReadMetrics>,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<NetworkServerList>, Problem> {
    let from: Option<NetworkServerName> =
        after.as_deref().map(|name| parameter("after", name)).transpose()?;
    let checked = service.check_network_servers().into_iter();
    let later = checked.filter(|one| from.as_ref().is_none_or(|from| one.name > *from));
    let place = |one: &NetworkServerCheck| one.name.to_string();
    let (network_servers, end) =
        paging::page(later, Window::new(after, limit, service.config.http.page_bytes), place);
    let left_sessions = service.broker_sessions.left();
    Ok(Json(NetworkServerList { network_servers, left_sessions, end }))
}
