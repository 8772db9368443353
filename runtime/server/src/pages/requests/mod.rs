//! Requests for decoders: a partner asks for one, follows it, and accepts what it has paid for.

mod ask;
mod draft;
mod list;
mod shown;
mod step_forms;
mod steps;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::service::Service;

/// The path of the list of requests.
const PATH: &str = "/requests";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(PATH, get(list::list).post(ask::ask))
        .route("/requests/new", get(ask::blank))
        .route("/requests/{id}", get(shown::show))
        .route("/requests/{id}/{step}", post(steps::take))
}

/// Returns the address of a request.
fn path_of(id: &str) -> String {
    format!("{PATH}/{id}")
}
