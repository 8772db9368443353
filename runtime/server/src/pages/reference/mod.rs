//! The reference of the interface: every request with what it takes and answers, out of the document that the server
//! serves, and a form to try it.

mod curl;
mod document;
mod operation;
mod overview;
mod served;
mod shape;
mod trial;
mod types;
mod words;

use std::sync::Arc;

use axum::{Router, routing::get};

use crate::service::Service;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/reference", get(overview::show))
        .route("/reference/{operation}", get(operation::show))
        .route("/reference/types/{name}", get(types::show))
}
