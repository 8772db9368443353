//! The approval of a partner: asked for by those who are to be one, shown to those who are, and asked for anew.

mod asking;
mod declaration;
mod heading_fields;
mod of_partner;
mod own;
mod request;

use std::sync::Arc;

use axum::Router;

use crate::service::Service;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().merge(of_partner::routes()).merge(asking::routes()).merge(own::routes())
}
