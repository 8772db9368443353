//! Routes of handlers that need a token. The description of each is completed by the duty of its handler, so that
//! the document says of roles and scopes what [`Authorized`] asks for.

use std::sync::Arc;

use axum::routing::MethodRouter;
use serde_json::json;
use utoipa::openapi::{
    extensions::ExtensionsBuilder,
    path::{Operation, PathItem, Paths},
    security::SecurityRequirement,
};
use utoipa_axum::router::UtoipaMethodRouter;

use super::authorized::{Authorized, Duty};
use crate::{auth::Scope, service::Service};

/// The member of an operation that lists the roles which have its scope.
pub(super) const ROLES: &str = "x-roles";

/// The ways in which a token is presented, by their names in the document.
const SCHEMES: [&str; 2] = ["token", "password"];

/// A handler that is reached with a token alone: its first argument is [`Authorized`].
pub(super) trait Guarded<Arguments> {
    /// The scope that the token needs.
    const SCOPE: Scope;
}

macro_rules! guarded {
    ($($argument:ident)*) => {
        impl<Handler, Answer, D, $($argument,)*> Guarded<(Authorized<D>, $($argument,)*)> for Handler
        where
            Handler: Fn(Authorized<D>, $($argument,)*) -> Answer,
            D: Duty,
        {
            const SCOPE: Scope = D::SCOPE;
        }
    };
}

guarded! {}
guarded! { A }
guarded! { A B }
guarded! { A B C }
guarded! { A B C E }
guarded! { A B C E F }
guarded! { A B C E F G }

/// Makes the routes of handlers of one path that need a token. The routes of those that need none are made by
/// `open_routes!`.
macro_rules! routes {
    ($($($part:ident)::+),+ $(,)?) => {
        $crate::api::duties::joined([$((
            utoipa_axum::routes!($($part)::+),
            $crate::api::duties::scope_of(&$($part)::+),
        )),+])
    };
}
pub(super) use routes;
pub(super) use utoipa_axum::routes as open_routes;

/// Returns the scope that a handler asks for.
pub(super) fn scope_of<H: Guarded<Arguments>, Arguments>(_: &H) -> Scope {
    H::SCOPE
}

/// Puts handlers of one path together, each described with the scope that it asks for.
pub(super) fn joined<const N: usize>(
    handlers: [(UtoipaMethodRouter<Arc<Service>>, Scope); N],
) -> UtoipaMethodRouter<Arc<Service>> {
    let (mut schemas, mut paths, mut router) = (Vec::new(), Paths::new(), MethodRouter::new());
    for ((own_schemas, own_paths, own_router), scope) in handlers {
        schemas.extend(own_schemas);
        for (path, mut item) in own_paths.paths {
            operations(&mut item).for_each(|operation| require(operation, scope));
            paths.paths.entry(path).or_default().merge_operations(item);
        }
        router = router.merge(own_router);
    }
    (schemas, paths, router)
}

/// Writes into the description of an operation which scope it needs, and which roles have the scope.
pub(super) fn require(operation: &mut Operation, scope: Scope) {
    let needed = |scheme| SecurityRequirement::new(scheme, [scope.as_str()]);
    operation.security = Some(SCHEMES.map(needed).into());
    let roles = ExtensionsBuilder::new().add(ROLES, json!(scope.roles())).build();
    match &mut operation.extensions {
        Some(extensions) => extensions.merge(roles),
        none => *none = Some(roles),
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}
