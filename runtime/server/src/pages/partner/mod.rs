//! The pages of a partner: its objects, routes and commands, its people and tokens, and its approval.

mod approval;
mod commands;
mod connectivity;
mod entered;
pub(super) mod frame;
mod groups;
mod home;
mod import;
mod objects;
mod people;
mod routes;
pub(super) mod tokens;

use std::sync::Arc;

use axum::Router;

use crate::service::Service;

/// Returns the pages of partners.
pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .merge(home::routes())
        .merge(objects::routes())
        .merge(import::routes())
        .merge(routes::routes())
        .merge(commands::routes())
        .merge(connectivity::routes())
        .merge(people::routes())
        .merge(tokens::routes())
        .merge(approval::routes())
}
