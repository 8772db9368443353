//! The nodes that share the store.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use super::{
    Problem,
    authorized::{Authorized, ReadMetrics},
};
use crate::{cluster::ShownNode, service::Service};

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct NodeList {
    /// The nodes, those that were started first first. A server with a store of its own is the only one.
    nodes: Vec<ShownNode>,
}

#[utoipa::path(
    get,
    path = "/v1/nodes",
    operation_id = "listNodes",
    tag = "operation",
    summary = "List the nodes that share the store: version, load, leases, lag",
    responses((status = 200, description = "The nodes.", body = NodeList)),
)]
pub(super) async fn list(
    _: Authorized<ReadMetrics>,
    State(service): State<Arc<Service>>,
) -> Result<Json<NodeList>, Problem> {
    let nodes = service.cluster.list().await.map_err(|error| Problem::internal(&error))?;
    Ok(Json(NodeList { nodes }))
}
