//! Requests for decoders: a partner asks for one, follows it, and accepts what it has paid for.

mod ask;
mod draft;
mod list;
mod path;
mod shown;
mod step_forms;
mod steps;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::service::Service;
use path::PATH;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(PATH, get(list::list).post(ask::ask))
        .route("/requests/new", get(ask::blank))
        .route("/requests/{id}", get(shown::show))
        .route("/requests/{id}/{step}", post(steps::take))
}
