//! The people of a partner: invited, given roles, suspended.

mod list;
mod one;

use std::sync::Arc;

use axum::Router;

use crate::service::Service;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().merge(list::routes()).merge(one::routes())
}
