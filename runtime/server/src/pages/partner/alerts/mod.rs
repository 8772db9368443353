//! Alerts of a partner: those that are raised, and the rules that raise them, each made, tried and changed by a form.

mod condition;
mod definition;
mod form;
mod list;
mod parts;
mod place;
mod quantities;
mod rule;
mod trial;
mod words;

use std::sync::Arc;

use axum::Router;

use crate::service::Service;

/// The path of the alerts of a partner.
const PATH: &str = "/partner/alerts";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().merge(list::routes()).merge(rule::routes())
}
