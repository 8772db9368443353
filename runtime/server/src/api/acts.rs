//! Acts that are done when they reach the audit: where it cannot be written then, the log says so, and the
//! client is not told that nothing was done.

use champollion_registry::ledger::AuditEntry;
use jiff::Timestamp;

use crate::service::Service;

/// Adds to the audit what was done.
pub(super) async fn note(service: &Service, entry: AuditEntry) {
    let action = entry.action.clone();
    if let Err(error) = service.registry.record(entry, Timestamp::now()).await {
        tracing::error!(%error, action, "an act is not in the audit");
    }
}
