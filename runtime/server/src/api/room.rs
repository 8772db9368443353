//! Refuses what would grow where there is no room: on the disk, or in the audit. Frames look at the disk
//! themselves; what removes something, ends it or only reads goes on.

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
};

use super::Problem;
use crate::service::Service;

/// The ends of paths whose requests free room, end something, or keep nothing.
const NEVER_GROW: [&str; 18] = [
    "/v1/decode",
    "/ack",
    "/pause",
    "/test",
    "/rollback",
    "/yank",
    "/revoke",
    "/suspend",
    "/mend",
    "/retry",
    "/archive",
    "/session",
    "/password",
    "/password/forgotten",
    "/quarantine/{vendor}/{model}/{version}",
    "/healthz",
    "/readyz",
    "/metrics",
];

/// The beginning of the paths of the interface. Pages ask it themselves, and are refused where it refuses.
const INTERFACE: &str = "/v1/";

/// The beginning of the paths of frames.
const FRAMES: &str = "/v1/ingest";

/// The problem of a request that would keep something where there is no room for it.
pub(super) fn lacking(service: &Service, request: &Request) -> Option<Problem> {
    if !grows(request) {
        return None;
    }
    service
        .storage
        .full()
        .map(Problem::from)
        .or_else(|| service.registry.audit_full().map(Problem::from))
}

fn grows(request: &Request) -> bool {
    if ![Method::PUT, Method::POST].contains(request.method()) {
        return false;
    }
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    path.starts_with(INTERFACE)
        && !path.starts_with(FRAMES)
        && !NEVER_GROW.iter().any(|end| path.ends_with(end))
}
