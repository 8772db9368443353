//! What goes wrong with routes that are in use.

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
    /// There is none.
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
        /// Which.
        key: RouteKey,
        /// What kind it is.
        kind: DestinationKind,
        /// What would have to be.
        why: &'static str,
    },
    /// The store did not, or something in it cannot be read.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}
