//! Edits of a route that leave the rest of it as it is: a part of its definition, its signing secrets, and
//! records that its recipient never takes.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_delivery::{
    destinations::Secret,
    dispatch::ShownRoute,
    routes::{Destination, Route},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Problem,
    authorized::{Authorized, ManageRoutes},
    bodiless::NoBody,
    extract::{JsonBody, OfGroup, Parameters, PathParts, SecretBody, secret_json, to_the_end},
    route_change::RouteChange,
    routes::{Made, key, may_change},
};
use crate::service::Service;

/// Hours for which an old secret is used beside a new one where the client does not say how many, and the most.
const OVERLAP_HOURS: (u32, u32) = (24, 720);

/// Changes the members of a route that are said, and keeps all others: a merge patch (RFC 7396), in which `null`
/// takes a member away.
#[utoipa::path(
    patch,
    path = "/v1/routes/{name}",
    operation_id = "changeRoute",
    tag = "routes",
    summary = "Change the members of a route that are said, and keep all others",
    params(OfGroup),
    request_body(
        content = Object,
        content_type = "application/merge-patch+json",
        description = "The members of the route that change (RFC 7396): `null` takes one away.",
    ),
    responses(
        (
            status = 200,
            description = "The route. A signing secret that was made here is shown once.",
            body = Made,
        ),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
        (status = 409, description = "wrong-kind-of-route"),
        (status = 422, description = "invalid-route"),
        (status = 429, description = "quota-exceeded"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn change(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
    SecretBody(patch): SecretBody<Value>,
) -> Result<Json<Made>, Problem> {
    let key = key(&authorized, group, &name)?;
    may_change(&service, &key.group)?;
    if !patch.is_object() {
        let detail = "the body is not what it should be: an object of the members that change";
        return Err(Problem::bad_request("invalid-body", detail));
    }
    // What is shown of a route names its members; the values of the patch may be secrets.
    let changed: Vec<&String> =
        patch.as_object().into_iter().flat_map(|patch| patch.keys()).collect();
    let change = RouteChange::new(&authorized.principal, "route-change", &key)
        .with(json!({ "members": changed }));
    to_the_end(async move {
        let change = change.of(&service.registry);
        let edit = |route: Route| -> Result<Route, Edited> {
            patched(&route, patch).map_err(|problem| Edited::Refused(Box::new(problem)))
        };
        let edited = service.dispatcher.edit(&key, edit, change.change()).await;
        let signing_secret = edited.map_err(|error| match error {
            Edited::Refused(problem) => *problem,
            Edited::NotMade(error) => change.problem(error),
        })?;
        Ok(Json(Made { route: service.dispatcher.show(&key).await?, signing_secret }))
    })
    .await
}

/// Why a route was not changed.
enum Edited {
    /// The patch makes no route of it.
    Refused(Box<Problem>),
    /// The route was not changed.
    NotMade(champollion_delivery::dispatch::DispatchError),
}

impl From<champollion_delivery::dispatch::DispatchError> for Edited {
    fn from(error: champollion_delivery::dispatch::DispatchError) -> Self {
        Self::NotMade(error)
    }
}

/// Returns a route with the members that a patch says.
fn patched(route: &Route, patch: Value) -> Result<Route, Problem> {
    if let Destination::Http(_) = route.to {
        check_signing(&patch)?;
    }
    let mut whole = serde_json::to_value(route).map_err(|error| Problem::internal(&error))?;
    let taken_away = nulls(&patch);
    merge(&mut whole, patch);
    for path in taken_away {
        check_known(&whole, &path)?;
    }
    secret_json(whole.to_string().as_bytes())
}

/// Refuses to take signing secrets away: the route would keep them, and whoever asked would believe them gone.
fn check_signing(patch: &Value) -> Result<(), Problem> {
    let http = &patch["to"]["http"];
    let ways = [
        ("secrets", "each request is signed: say another secret, or rotate them"),
        ("retiringSecrets", "their overlap is ended by retiring the secrets"),
    ];
    for (member, way) in ways {
        let is_taken_away = match http.get(member) {
            Some(Value::Null) => true,
            Some(Value::Array(all)) => all.is_empty(),
            _ => false,
        };
        if is_taken_away {
            let path = format!("to.http.{member}");
            let detail = format!("{path} cannot be taken away: {way}");
            return Err(Problem::bad_request("invalid-body", detail).with("path", path));
        }
    }
    Ok(())
}

/// The paths of the members that a patch takes away.
fn nulls(patch: &Value) -> Vec<Vec<String>> {
    let members = patch.as_object().into_iter().flatten();
    let paths = members.flat_map(|(name, part)| {
        let inner = if part.is_null() { vec![Vec::new()] } else { nulls(part) };
        inner.into_iter().map(move |path| [vec![name.clone()], path].concat())
    });
    paths.collect()
}

/// Refuses to take away a member that no route has: it is misspelt, and the one that is meant would stay.
fn check_known(whole: &Value, path: &[String]) -> Result<(), Problem> {
    let mut with_member = whole.clone();
    let mut place = &mut with_member;
    for name in path {
        // Where the object itself was taken away, so was its member.
        let Value::Object(members) = place else { return Ok(()) };
        place = members.entry(name).or_insert(Value::Null);
    }
    match serde_json::from_value::<Route>(with_member.clone()) {
        Err(error) if error.to_string().starts_with("unknown ") => {
            secret_json::<Route>(with_member.to_string().as_bytes()).map(drop)
        }
        _ => Ok(()),
    }
}

/// Merges a patch into a value, as RFC 7396 says.
fn merge(value: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *value = patch;
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    let Value::Object(members) = value else { return };
    for (name, part) in patch {
        if part.is_null() {
            members.remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), part);
        }
    }
}

/// A rotation of signing secrets.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SecretRotation {
    /// The new secret, `whsec_` and base64; one is made where it is left out.
    secret: Option<Secret>,
    /// The hours for which the old secret is used beside it, at most 720; 24 where it is left out, and 0 for not at
    /// all.
    overlap_hours: Option<u32>,
}

#[utoipa::path(
    post,
    path = "/v1/routes/{name}/secrets/rotate",
    operation_id = "rotateRouteSecrets",
    tag = "routes",
    summary = "Sign with a new secret, and for a while with the old one too",
    params(OfGroup),
    request_body = SecretRotation,
    responses(
        (
            status = 200,
            description = "The route. A signing secret that was made here is shown once.",
            body = Made,
        ),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
        (status = 409, description = "wrong-kind-of-route"),
        (status = 422, description = "invalid-route"),
        (status = 429, description = "quota-exceeded"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn rotate_secrets(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
    SecretBody(SecretRotation { secret, overlap_hours }): SecretBody<SecretRotation>,
) -> Result<Json<Made>, Problem> {
    let key = key(&authorized, group, &name)?;
    may_change(&service, &key.group)?;
    let (usual, most) = OVERLAP_HOURS;
    let hours = overlap_hours.unwrap_or(usual);
    if hours > most {
        let detail = format!("overlapHours is {hours}, and {most} are the limit");
        return Err(Problem::bad_request("invalid-body", detail).with("path", "overlapHours"));
    }
    let now = Timestamp::now();
    let until = now + SignedDuration::from_hours(i64::from(hours));
    let change = RouteChange::new(&authorized.principal, "route-secrets-rotate", &key)
        .with(json!({ "until": until }));
    to_the_end(async move {
        let change = change.of(&service.registry);
        let rotated = service.dispatcher.rotate_secrets(&key, secret, until, change.change()).await;
        let signing_secret = rotated.map_err(|error| change.problem(error))?;
        Ok(Json(Made { route: service.dispatcher.show(&key).await?, signing_secret }))
    })
    .await
}

#[utoipa::path(
    post,
    path = "/v1/routes/{name}/secrets/retire",
    operation_id = "retireRouteSecrets",
    tag = "routes",
    summary = "End the overlap of a rotation: sign with the new secret alone",
    params(OfGroup),
    responses(
        (status = 200, description = "The route.", body = ShownRoute),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route"),
        (status = 409, description = "wrong-kind-of-route"),
        (status = 429, description = "quota-exceeded"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn retire_secrets(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
    NoBody: NoBody,
) -> Result<Json<ShownRoute>, Problem> {
    let key = key(&authorized, group, &name)?;
    may_change(&service, &key.group)?;
    let change = RouteChange::new(&authorized.principal, "route-secrets-retire", &key).essential();
    to_the_end(async move {
        let change = change.of(&service.registry);
        let retired = service.dispatcher.retire_secrets(&key, change.change()).await;
        retired.map_err(|error| change.problem(error))?;
        Ok(Json(service.dispatcher.show(&key).await?))
    })
    .await
}

/// A record that a recipient never takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SkippedRecord {
    /// The id of the record.
    record: String,
}

#[utoipa::path(
    post,
    path = "/v1/routes/{name}/skip",
    operation_id = "skipRecord",
    tag = "routes",
    summary = "Skip a record that the recipient of a route never takes",
    params(OfGroup),
    request_body = SkippedRecord,
    responses(
        (status = 200, description = "The route.", body = ShownRoute),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-route, no-such-record"),
        (status = 409, description = "wrong-kind-of-route"),
        (status = 429, description = "quota-exceeded"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn skip(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
    JsonBody(SkippedRecord { record }): JsonBody<SkippedRecord>,
) -> Result<Json<ShownRoute>, Problem> {
    let key = key(&authorized, group, &name)?;
    may_change(&service, &key.group)?;
    let change = RouteChange::new(&authorized.principal, "route-skip", &key)
        .with(json!({ "record": record }));
    to_the_end(async move {
        let change = change.of(&service.registry);
        let skipped = service.dispatcher.skip(&key, &record, change.change()).await;
        skipped.map_err(|error| change.problem(error))?;
        Ok(Json(service.dispatcher.show(&key).await?))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases of RFC 7396, appendix A.
    #[test]
    fn a_patch_is_merged_as_the_standard_says() {
        for (before, patch, after) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut merged = before.clone();
            merge(&mut merged, patch.clone());
            assert_eq!(merged, after, "{before} {patch}");
        }
    }
}
