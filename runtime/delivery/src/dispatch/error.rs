//! Errors of routes that are in use.

use crate::{
    mailbox::DeliveryError,
    names::{GroupId, RouteKey},
    routes::{DestinationKind, RouteError},
};

/// Most routes of one group, where the operator does not say.
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
    #[error("the group {group} has {limit} routes, which is the limit")]
    TooMany {
        /// The group that has enough.
        group: GroupId,
        /// The most routes that it may have.
        limit: usize,
    },
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
    /// The group has no such record, or the route is done with it.
    #[error("{reason}")]
    NoSuchRecord {
        /// The record that is asked for, and why it is not there.
        reason: String,
    },
    /// The store did not, or something in it cannot be read.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}
