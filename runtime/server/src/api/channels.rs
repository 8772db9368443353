//! Channels of decoders: changed by admins, each change in the index and in the audit.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_registry::{
    Change, ChangeError, Changed, Mandate,
    channels::{CanaryReport, CanaryRule, Deprecation, Tally},
    package::{DecoderId, DecoderRef},
};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::{
    Problem,
    authorized::{Authorized, Curate},
    catalogue::decoder_id,
    extract::{JsonBody, PathParts, to_the_end},
};
use crate::{auth::Principal, derived::DerivedError, service::Service};

/// The longest reason that is kept, in bytes: some sentences.
const REASON_BYTES: usize = 1 << 10;

/// The body of a request for a change.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ChannelChange)]
pub(super) struct ChannelRequest {
    #[schema(value_type = Option<String>)]
    version: Option<Version>,
    #[schema(value_type = Option<String>)]
    to: Option<Version>,
    reason: String,
    successor: Option<DecoderRef>,
    end: bool,
    share_percent: Option<u8>,
    failure_percent: Option<u8>,
    frames: Option<u64>,
    dry_run: bool,
}

/// The report of a candidate that runs beside the stable version.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ShadowReport {
    id: DecoderId,
    #[schema(value_type = String)]
    version: Version,
    #[serde(flatten)]
    tally: Tally,
}

type Decoder = PathParts<(String, String)>;

macro_rules! handlers {
    ($($handler:ident, $path:literal, $name:literal, $summary:literal: $change:expr;)*) => {$(
        #[utoipa::path(
            post,
            path = $path,
            operation_id = $name,
            tag = "registry",
            summary = $summary,
            request_body = ChannelRequest,
            responses(
                (
                    status = 200,
                    description = "The change; with `dryRun` nothing is changed.",
                    body = Changed,
                ),
                (status = 400, description = "version-missing"),
                (status = 404, description = "DECODER, no-canary, no-shadow"),
                (
                    status = 409,
                    description = "already-so, yanked, no-candidate, nothing-before, \
                                   not-yanked, quarantined, derived-decoder",
                ),
                (status = 503, description = "not-kept"),
            ),
        )]
        pub(super) async fn $handler(
            authorized: Authorized<Curate>,
            State(service): State<Arc<Service>>,
            PathParts((vendor, model)): Decoder,
            JsonBody(wish): JsonBody<ChannelRequest>,
        ) -> Result<Json<Changed>, Problem> {
            let make: fn(&mut ChannelRequest) -> Result<Change, Problem> = $change;
            change(&authorized.principal, service, (&vendor, &model), wish, make).await
        }
    )*};
}

handlers! {
    promote, "/v1/registry/{vendor}/{model}/promote", "promoteVersion",
        "Promote a candidate to the stable version":
        |wish| Ok(Change::Promote(wish.version.take()));
    rollback, "/v1/registry/{vendor}/{model}/rollback", "rollBack",
        "Return to an earlier stable version":
        |wish| Ok(Change::Rollback(wish.to.take()));
    yank, "/v1/registry/{vendor}/{model}/yank", "yankVersion",
        "Withdraw a version: only devices that pin it still get it":
        |wish| Ok(Change::Yank(version(wish)?, std::mem::take(&mut wish.reason)));
    shadow, "/v1/registry/{vendor}/{model}/shadow", "runShadow",
        "Run a candidate beside the stable version, or end that":
        |wish| {
        let end = std::mem::take(&mut wish.end);
        match (end, wish.version.take()) {
            (true, None) => Ok(Change::Shadow(None)),
            (false, Some(version)) => Ok(Change::Shadow(Some(version))),
            _ => Err(Problem::bad_request(
                "version-missing",
                "the body must name the version, or say \"end\": true",
            )),
        }
    };
    canary, "/v1/registry/{vendor}/{model}/canary", "runCanary",
        "Give a candidate to a share of the devices, or end that":
        canary_change;
    unyank, "/v1/registry/{vendor}/{model}/unyank", "unyankVersion",
        "Allow a withdrawn version again":
        |wish| Ok(Change::Unyank(version(wish)?));
    deprecate, "/v1/registry/{vendor}/{model}/deprecate", "deprecateDecoder",
        "Say that a decoder has a successor or an end":
        |wish| Ok(Change::Deprecate(Deprecation {
        successor: wish.successor.take(),
        reason: std::mem::take(&mut wish.reason),
    }));
}

/// A share of the devices, or none any more.
fn canary_change(wish: &mut ChannelRequest) -> Result<Change, Problem> {
    if std::mem::take(&mut wish.end) {
        return Ok(Change::EndCanary(std::mem::take(&mut wish.reason)));
    }
    let rule = CanaryRule {
        version: version(wish)?,
        share_percent: wish.share_percent.take().unwrap_or_default(),
        failure_percent: wish.failure_percent.take().unwrap_or(CanaryRule::FAILURE_PERCENT),
        frames: wish.frames.take().unwrap_or(CanaryRule::FRAMES),
    };
    if rule.is_possible() {
        return Ok(Change::Canary(rule));
    }
    let detail = "sharePercent must be 1 to 99, and failurePercent at most 100";
    Err(Problem::bad_request("invalid-body", detail))
}

/// The report of a candidate that a share of the devices gets.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CanaryView {
    id: DecoderId,
    #[serde(flatten)]
    report: CanaryReport,
}

#[utoipa::path(
    get,
    path = "/v1/registry/{vendor}/{model}/canary",
    operation_id = "getCanary",
    tag = "registry",
    summary = "Get the report of the candidate that a share of the devices gets",
    responses(
        (status = 200, description = "The report.", body = CanaryView),
        (status = 404, description = "DECODER, no-canary"),
    ),
)]
pub(super) async fn canary_report(
    _: Authorized<Curate>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model)): Decoder,
) -> Result<Json<CanaryView>, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let canary = service.registry.canary(&id)?;
    let canary = canary.ok_or_else(|| ChangeError::NoCanary(id.clone()))?;
    Ok(Json(CanaryView { id, report: canary.report() }))
}

#[utoipa::path(
    get,
    path = "/v1/registry/{vendor}/{model}/shadow",
    operation_id = "getShadow",
    tag = "registry",
    summary = "Get the report of the candidate that runs beside the stable version",
    responses(
        (status = 200, description = "The report.", body = ShadowReport),
        (status = 404, description = "DECODER, no-shadow"),
    ),
)]
pub(super) async fn shadow_report(
    _: Authorized<Curate>,
    State(service): State<Arc<Service>>,
    PathParts((vendor, model)): Decoder,
) -> Result<Json<ShadowReport>, Problem> {
    let id = decoder_id(&vendor, &model)?;
    let shadow = service.registry.shadow(&id)?;
    let shadow = shadow.ok_or_else(|| ChangeError::NoShadow(id.clone()))?;
    let (version, tally) = (shadow.version().clone(), shadow.tally());
    Ok(Json(ShadowReport { id, version, tally }))
}

fn version(wish: &mut ChannelRequest) -> Result<Version, Problem> {
    let missing = || Problem::bad_request("version-missing", "the body must name the version");
    wish.version.take().ok_or_else(missing)
}

async fn change(
    principal: &Principal,
    service: Arc<Service>,
    (vendor, model): (&str, &str),
    mut wish: ChannelRequest,
    make: fn(&mut ChannelRequest) -> Result<Change, Problem>,
) -> Result<Json<Changed>, Problem> {
    let id = decoder_id(vendor, model)?;
    if wish.reason.len() > REASON_BYTES {
        let detail = format!("reason has more than {REASON_BYTES} bytes");
        return Err(Problem::bad_request("invalid-body", detail).with("path", "reason"));
    }
    let dry_run = wish.dry_run;
    let change = make(&mut wish)?;
    let unused = [
        ("version", wish.version.is_some()),
        ("to", wish.to.is_some()),
        ("reason", !wish.reason.is_empty()),
        ("successor", wish.successor.is_some()),
        ("end", wish.end),
        ("sharePercent", wish.share_percent.is_some()),
        ("failurePercent", wish.failure_percent.is_some()),
        ("frames", wish.frames.is_some()),
    ];
    if let Some((name, _)) = unused.into_iter().find(|(_, given)| *given) {
        let detail = format!("{name} is given, and means nothing here");
        return Err(Problem::bad_request("invalid-body", detail).with("path", name));
    }
    let mandate = Mandate { by: principal.actor(), at: Timestamp::now(), dry_run };
    let asked = asked(&service, &id).await?;
    let changed = to_the_end(async move {
        let changed = service.registry.change(&id, &change, &mandate, &asked).await?;
        if !dry_run {
            tracing::info!(decoder = %id, change = ?changed.event, by = mandate.by.name, "changed");
        }
        Ok(changed)
    });
    Ok(Json(changed.await?))
}

/// The requirements that devices have of a decoder, or of a derived one they or their groups. All devices are gone
/// through, beside what serves everybody, and in no place of an expensive request: a version that misreads is withdrawn
/// however many such requests others have made.
pub(super) async fn asked(
    service: &Arc<Service>,
    decoder: &DecoderId,
) -> Result<Vec<(DecoderRef, usize)>, Problem> {
    let (devices, id) = (Arc::clone(&service.devices), decoder.clone());
    let asked = spawn_blocking(move || devices.asked(&id)).await;
    let mut asked = asked.map_err(|error| Problem::internal(&error))?;
    let derived = service.derived.asked(decoder, &service.devices).await;
    asked.extend(derived.map_err(DerivedError::from)?);
    Ok(asked)
}
