//! Errors of routes that are in use.

use crate::{
    mailbox::DeliveryError,
    names::{GroupId, RouteKey},
    routes::{DestinationKind, RouteError},
};

/// Most routes of one group.
pub(super) const ROUTES_OF_A_GROUP: usize = 100;

/// Why a route is not changed, or not asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DispatchError {
    /// No route has this name.
    #[error("the group {} has no route {}", .0.group, .0.name)]
    Unknown(RouteKey),
    /// It cannot be like that.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// The group has enough.
    #[error("the group {0} has {ROUTES_OF_A_GROUP} routes, which is the limit")]
    TooMany(GroupId),
    /// Only some kinds of routes can do that.
    #[error("the route {key} goes {kind}: {why}")]
    WrongKind {
        /// The route that is asked for.
        key: RouteKey,
        /// The kind of the route's destination.
        kind: DestinationKind,
        /// The kind that would be needed.
        why: &'static str,
    },
    /// The store did not, or something in it cannot be read.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}
