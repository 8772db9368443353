//! Schedules of commands: their list, the form of a new one, and the page of one with its next moments.

mod list;
mod new;
mod one;
mod plan;
mod target;

use std::sync::Arc;

use axum::Router;

use crate::service::Service;

/// The path of the list of schedules.
const LIST: &str = "/partner/schedules";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().merge(list::routes()).merge(new::routes()).merge(one::routes())
}
