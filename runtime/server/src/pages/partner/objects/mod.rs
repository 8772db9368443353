//! The objects of a partner: listed, drawn on a map, shown one by one, made and changed.

mod area;
mod download;
mod edit;
mod list;
pub(super) mod listing;
mod map;
mod one;
mod place;
pub(in crate::pages) mod records;
mod sheet_row;
pub(in crate::pages) mod suggested;
mod values;

use std::sync::Arc;

use axum::Router;

use crate::service::Service;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .merge(list::routes())
        .merge(map::routes())
        .merge(download::routes())
        .merge(edit::routes())
        .merge(one::routes())
        .merge(place::routes())
}
