//! The routes of a partner: what becomes of them, new ones, and changes.

mod definition;
mod list;
mod new;
mod one;

use std::sync::Arc;

use axum::Router;

use crate::service::Service;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().merge(list::routes()).merge(new::routes()).merge(one::routes())
}
