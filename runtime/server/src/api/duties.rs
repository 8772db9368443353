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

/// The ways in which a sender is recognized, by their names in the document.
const SCHEMES: [&str; 3] = ["token", "password", "session"];

/// A handler that is reached with a token alone: its first argument is [`Authorized`].
pub(super) trait Guarded<Arguments> {
    /// The scope that the token needs, and the roles of those who may.
    const NEEDS: Needs;
}

/// The needs of a handler: a scope, and one of some roles.
#[derive(Clone, Copy)]
pub(super) struct Needs {
    scope: Scope,
    roles: &'static [&'static str],
}

impl Needs {
    /// Returns the needs of a duty.
    pub(super) const fn of<D: Duty>() -> Self {
        Self { scope: D::SCOPE, roles: D::ROLES }
    }
}

macro_rules! guarded {
    ($($argument:ident)*) => {
        impl<Handler, Answer, D, $($argument,)*> Guarded<(Authorized<D>, $($argument,)*)> for Handler
        where
            Handler: Fn(Authorized<D>, $($argument,)*) -> Answer,
            D: Duty,
        {
            const NEEDS: Needs = Needs::of::<D>();
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
            $crate::api::duties::needs_of(&$($part)::+),
        )),+])
    };
}
pub(super) use routes;
pub(super) use utoipa_axum::routes as open_routes;

/// Returns the needs of a handler.
pub(super) fn needs_of<H: Guarded<Arguments>, Arguments>(_: &H) -> Needs {
    H::NEEDS
}

/// Puts handlers of one path together, each described with the scope that it asks for.
pub(super) fn joined<const N: usize>(
    handlers: [(UtoipaMethodRouter<Arc<Service>>, Needs); N],
) -> UtoipaMethodRouter<Arc<Service>> {
    let (mut schemas, mut paths, mut router) = (Vec::new(), Paths::new(), MethodRouter::new());
    for ((own_schemas, own_paths, own_router), needs) in handlers {
        schemas.extend(own_schemas);
        for (path, mut item) in own_paths.paths {
            operations(&mut item).for_each(|operation| require(operation, needs));
            paths.paths.entry(path).or_default().merge_operations(item);
        }
        router = router.merge(own_router);
    }
    (schemas, paths, router)
}

/// Writes into the description of an operation which scope it needs, and which roles may.
pub(super) fn require(operation: &mut Operation, needs: Needs) {
    let needed = |scheme| SecurityRequirement::new(scheme, [needs.scope.as_str()]);
    operation.security = Some(SCHEMES.map(needed).into());
    let roles = ExtensionsBuilder::new().add(ROLES, json!(needs.roles)).build();
    match &mut operation.extensions {
        Some(extensions) => extensions.merge(roles),
        none => *none = Some(roles),
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}
