//! Decoders, or calls of them, that are set aside: seen, lifted and set by admins.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_registry::{
    channels::{Quarantined, Scope},
    package::DecoderId,
};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Curate},
    catalogue::decoder_id,
    extract::{JsonBody, Parameters, PathParts, parameter, path_part},
    paging::{self, Listing, PageEnd, Window},
};
use crate::service::Service;

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct QuarantineList {
    quarantined: Vec<Quarantined>,
    #[serde(flatten)]
    end: PageEnd,
}

/// The reason why a person sets a version aside.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuarantineReason)]
pub(super) struct Reason {
    reason: String,
}

/// Most bytes of a reason: each record that is delivered raw for it carries it.
const REASON_BYTES: usize = 1_024;

/// Stands in a place of the list where a part is missing.
const MISSING: &str = "-";

#[utoipa::path(
    get,
    path = "/v1/registry/quarantine",
    operation_id = "listQuarantine",
    tag = "registry",
    summary = "List the versions of decoders that are set aside",
    params(Listing),
    responses((status = 200, description = "The versions.", body = QuarantineList)),
)]
pub(super) async fn list(
    _: Authorized<Curate>,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<QuarantineList>, Problem> {
    let from = after.as_deref().map(place_of).transpose()?;
    let mut all = service.registry.quarantined();
    all.sort_by(|one, other| place(one).cmp(&place(other)));
    let later = all.into_iter().filter(|one| {
        from.as_ref().is_none_or(|(id, version, scope)| place(one) > (id, version, scope))
    });
    let (quarantined, end) =
        paging::page(later, Window::new(after, limit, service.config.http.page_bytes), place_text);
    Ok(Json(QuarantineList { quarantined, end }))
}

/// The place of what is set aside in the list.
fn place(one: &Quarantined) -> (&DecoderId, &Version, &Scope) {
    (&one.id, &one.version, &one.scope)
}

/// The same as `next` has it: decoder, version, port, whether commands are meant, device; `-` where one is
/// missing.
fn place_text(one: &Quarantined) -> String {
    let Scope { f_port, commands, dev_eui } = one.scope;
    let port = f_port.map_or_else(|| MISSING.to_owned(), |port| port.to_string());
    let device = dev_eui.map_or_else(|| MISSING.to_owned(), |device| device.to_string());
    format!("{}/{}/{port}/{commands}/{device}", one.id, one.version)
}

fn place_of(text: &str) -> Result<(DecoderId, Version, Scope), Problem> {
    let parts: Vec<&str> = text.split('/').collect();
    let &[vendor, model, version, port, commands, device] = parts.as_slice() else {
        let detail = format!("after={text} cannot be read: take it from `next`");
        return Err(Problem::bad_request("invalid-query", detail));
    };
    let scope = Scope {
        f_port: if port == MISSING { None } else { Some(parameter("after", port)?) },
        commands: parameter("after", commands)?,
        dev_eui: if device == MISSING { None } else { Some(parameter("after", device)?) },
    };
    Ok((decoder_id(vendor, model)?, parameter("after", version)?, scope))
}

#[utoipa::path(
    delete,
    path = "/v1/registry/quarantine/{vendor}/{model}/{version}",
    operation_id = "liftQuarantine",
    tag = "registry",
    summary = "Let a version that is set aside decode again",
    responses(
        (status = 204, description = "It is done."),
        (status = 404, description = "DECODER"),
        (status = 409, description = "not-quarantined"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn lift(
    authorized: Authorized<Curate>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model, version)): PathParts<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let version: Version = path_part("version", &version)?;
    let actor = authorized.principal.actor();
    if !service.registry.lift_quarantine(&id, &version, &actor, Timestamp::now()).await? {
        let detail = format!("{id} {version} is not set aside: there is nothing to lift");
        return Err(Problem::conflict("not-quarantined", detail));
    }
    tracing::info!(decoder = %id, %version, by = actor.name, "quarantine lifted");
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a whole version aside, until a person lifts it.
#[utoipa::path(
    put,
    path = "/v1/registry/quarantine/{vendor}/{model}/{version}",
    operation_id = "setAside",
    tag = "registry",
    summary = "Set a version aside, until a person lifts that",
    request_body = Reason,
    responses(
        (status = 204, description = "It is done."),
        (status = 404, description = "DECODER"),
        (status = 422, description = "invalid-reason"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn set_aside(
    authorized: Authorized<Curate>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model, version)): PathParts<(String, String, String)>,
    JsonBody(Reason { reason }): JsonBody<Reason>,
) -> Result<StatusCode, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let version: Version = path_part("version", &version)?;
    let reason = reason.trim();
    if reason.is_empty() || reason.len() > REASON_BYTES {
        let detail = format!(
            "reason has {} bytes, and must have 1 to {REASON_BYTES}: records that are delivered \
             raw give it",
            reason.len()
        );
        return Err(Problem::unprocessable("invalid-reason", detail));
    }
    let actor = authorized.principal.actor();
    service.registry.set_aside(&id, &version, (&actor, reason), Timestamp::now()).await?;
    tracing::warn!(decoder = %id, %version, by = actor.name, reason, "set aside by hand");
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_comes_back() {
        let scopes = [
            Scope::VERSION,
            Scope { f_port: Some(7), ..Scope::VERSION },
            Scope { commands: true, dev_eui: "70B3D5499A000001".parse().ok(), ..Scope::VERSION },
        ];
        for scope in scopes {
            let one = Quarantined {
                id: "acme/meter".parse().unwrap(),
                version: "1.0.0-rc.1".parse().unwrap(),
                scope,
                since: Timestamp::UNIX_EPOCH,
                failures: 1,
                calls: 1,
                code: "trap".to_owned(),
                message: String::new(),
                by: None,
            };
            let (id, version, read) = place_of(&place_text(&one)).unwrap();
            assert_eq!((&id, &version, &read), place(&one));
        }
        for damaged in ["", "acme/meter", "acme/meter/1.0.0/x/false/-"] {
            assert!(place_of(damaged).is_err(), "{damaged:?}");
        }
    }
}
