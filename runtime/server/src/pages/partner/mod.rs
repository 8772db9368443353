//! The pages of a partner: its objects, routes, commands and schedules, its people and tokens, and its approval.

mod alerts;
mod approval;
mod commands;
mod connectivity;
pub(super) mod entered;
pub(super) mod frame;
mod groups;
mod home;
mod import;
pub(super) mod objects;
mod people;
mod rhythms;
mod routes;
mod schedules;
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
        .merge(alerts::routes())
        .merge(commands::routes())
        .merge(schedules::routes())
        .merge(connectivity::routes())
        .merge(people::routes())
        .merge(tokens::routes())
        .merge(approval::routes())
}
