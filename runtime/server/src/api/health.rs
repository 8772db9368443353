//! Whether the server lives, whether it can take frames, and what it counted.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State, http::request::Parts};
use champollion_store::Health;
use jiff::Timestamp;

use super::{
    Problem,
    authorized::{Authorized, ReadMetrics, ReadStorage, recognized},
    handing_on,
};
use crate::{
    auth::{ADMIN_ENDS_SOON, AdminOutlook, AuthError, Scope, bearer},
    mqtt::Trouble,
    network_servers::{Finding, Severity, check::NetworkServerCheck},
    service::Service,
    storage::Report,
};

/// Answers that the process is alive.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "isAlive",
    tag = "operation",
    summary = "Answer that the process is alive",
    responses((
        status = 200,
        description = "The process is alive.",
        body = String,
        content_type = "text/plain"
    )),
)]
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// Frames can be taken and kept. For a token of the scope metrics lines follow about what should be looked
/// after, as the connections to brokers: a broker that is away makes no server less ready. Nor does a further database in
/// which some groups lie: it is away for each node, and frames of all other groups are taken. Others, who need no token,
/// learn nothing more.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "isReady",
    tag = "operation",
    summary = "Answer whether frames can be taken and kept",
    responses(
        (
            status = 200,
            description = "Frames are taken. A line for each broker follows, and for each warning about a network server.",
            body = String,
            content_type = "text/plain",
        ),
        (status = 503, description = "store-stalled, store-failed, node-behind, stopping"),
        (status = 507, description = "audit-full, storage-full"),
        (status = 401, description = "token-malformed, token-unknown, token-expired"),
        (status = 429, description = "too-many-wrong-tokens"),
    ),
)]
pub(super) async fn ready(
    State(service): State<Arc<Service>>,
    parts: Parts,
) -> Result<String, Problem> {
    let sees_details = match bearer(&parts.headers) {
        Err(AuthError::Missing) => false,
        _ => recognized(&parts, &service).await?.may(Scope::Metrics),
    };
    match service.store.health_of(None) {
        Health::Ready => {
            if let Some(full) = service.storage.full() {
                return Err(full.into());
            }
            if !service.cluster.is_current() {
                return Err(handing_on::behind());
            }
            let details = if sees_details { details(&service) } else { Vec::new() };
            Ok(std::iter::once("ready\n".to_owned()).chain(details).collect())
        }
        Health::Stalled => Err(stalled(&service, sees_details)),
        Health::Failed(reason) => {
            tracing::error!(reason, "the store has failed");
            Err(Problem::unavailable("store-failed", "the store has failed; the log says why"))
        }
        _ => Err(Problem::unavailable("stopping", "the server is being stopped")),
    }
}

/// The problem of a store that does not finish a write; an operator is told of a standby that it waits for.
fn stalled(service: &Service, sees_details: bool) -> Problem {
    let database = service.database.as_ref().filter(|_| sees_details);
    let mut detail = "the store has not finished a write in time".to_owned();
    if let Some(missing) = database.and_then(|database| database.missing_standby()) {
        detail.push_str(&format!("; {missing}"));
    }
    Problem::unavailable("store-stalled", detail)
}

/// The lines that an operator should know of.
fn details(service: &Service) -> Vec<String> {
    let mut lines: Vec<String> = service
        .brokers
        .iter()
        .map(|status| match status.trouble() {
            None => format!("broker of {}: connected\n", status.server()),
            Some(Trouble { why, .. }) => {
                format!("broker of {}: not connected: {why}\n", status.server())
            }
        })
        .collect();
    for NetworkServerCheck { name, findings, .. } in service.check_network_servers() {
        // What is worse is told of its broker above.
        let warnings = findings.iter().filter(|finding| finding.severity == Severity::Warning);
        lines.extend(warnings.map(|Finding { code, detail, .. }| {
            format!("network server {name}: {code}: {}\n", detail.replace('\n', " "))
        }));
    }
    let now = Timestamp::now();
    match service.admin_outlook(now) {
        AdminOutlook::Until(end) if end.duration_since(now) <= ADMIN_ENDS_SOON => {
            lines.push(format!("the last admin token ends at {end}\n"));
        }
        AdminOutlook::Over => lines.push("no admin token is valid any more\n".to_owned()),
        AdminOutlook::Lasting | AdminOutlook::Until(_) => {}
    }
    lines.extend(service.registry.audit_full().map(|full| format!("{full}\n")));
    lines.extend(service.database.iter().flat_map(|database| database.details()));
    lines.extend(service.cluster.details());
    lines
}

/// Answers the use of the disk, and for how long there is room.
#[utoipa::path(
    get,
    path = "/v1/storage",
    operation_id = "getStorage",
    tag = "operation",
    summary = "Get the use of the disk, and the time for which there is room",
    responses((status = 200, description = "The use of the disk.", body = Report)),
)]
pub(super) async fn storage(
    _: Authorized<ReadStorage>,
    State(service): State<Arc<Service>>,
) -> Json<Report> {
    Json(service.storage.report())
}

/// Answers all metrics as Prometheus text.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "operation",
    summary = "Get all metrics as Prometheus text",
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain")),
)]
pub(super) async fn metrics(
    _: Authorized<ReadMetrics>,
    State(service): State<Arc<Service>>,
) -> String {
    let quarantined = service.registry.quarantined();
    let versions: BTreeSet<_> = quarantined.iter().map(|one| (&one.id, &one.version)).collect();
    metrics::gauge!("champollion_decoders_quarantined").set(versions.len() as f64);
    for NetworkServerCheck { name, findings, .. } in service.check_network_servers() {
        for severity in [Severity::Note, Severity::Warning, Severity::Error] {
            let count = findings.iter().filter(|finding| finding.severity == severity).count();
            metrics::gauge!(
                "champollion_network_server_findings",
                "network_server" => name.to_string(), "severity" => severity.as_str()
            )
            .set(count as f64);
        }
    }
    service.metrics.render()
}
