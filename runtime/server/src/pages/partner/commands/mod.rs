//! Commands to objects: to one, or to a group and a part of it such as a street; followed, and taken back.

pub(super) mod declared;
mod follow;
mod of_device;
mod of_group;
pub(super) mod offered;
pub(super) mod shown;
pub(super) mod wish;

use std::sync::Arc;

use axum::Router;

use crate::service::Service;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().merge(of_group::routes()).merge(of_device::routes()).merge(follow::routes())
}
