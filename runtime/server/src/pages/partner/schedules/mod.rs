//! Schedules of commands: their list, the form of a new one, and the page of one with its next moments.

mod list;
mod one;
mod plan;

use std::sync::Arc;

use axum::Router;

use crate::service::Service;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().merge(list::routes()).merge(one::routes())
}
