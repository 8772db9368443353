//! Misbehaviour of decoders, and its consequences: told in the log, the metrics and the audit, at once.

use champollion_registry::{
    LoadedDecoder, Registry,
    channels::{Caller, Quarantined, Verdict},
    ledger::{Actor, AuditEntry},
};
use champollion_sandbox::CallError;
use jiff::Timestamp;
use serde_json::json;

/// Tells the registry of a call that was made, and the operator where calls are set aside or made again for it.
pub(crate) async fn note(
    registry: &Registry,
    decoder: &LoadedDecoder,
    caller: Caller,
    error: Option<&CallError>,
) {
    let verdicts = match registry.note(decoder, caller, error, Timestamp::now()).await {
        Ok(verdicts) => verdicts,
        Err(error) => return tracing::error!(%error, "a quarantine could not be kept"),
    };
    for verdict in verdicts {
        tell(registry, &verdict).await;
    }
}

async fn tell(registry: &Registry, verdict: &Verdict) {
    let (event, quarantined) = match verdict {
        Verdict::SetAside(quarantined) => ("quarantine", quarantined),
        Verdict::Lifted(quarantined) => ("end-quarantine", quarantined),
    };
    let Quarantined { id, version, scope, failures, calls, code, message, .. } = quarantined;
    if event == "quarantine" {
        tracing::error!(
            decoder = %id, %version, calls_of = %scope, failures, calls, last = message,
            "calls of the decoder are set aside; their frames are delivered raw until one that is \
             let through goes well"
        );
    } else {
        tracing::warn!(
            decoder = %id, %version, calls_of = %scope,
            "a call that was let through went well; the decoder is called again"
        );
    }
    let labels =
        [("decoder", id.to_string()), ("version", version.to_string()), ("event", event.into())];
    metrics::counter!("champollion_quarantine_events_total", &labels).increment(1);
    let details = json!({ "failures": failures, "calls": calls, "code": code, "message": message });
    let subject = format!("{id} {version}, {scope}");
    let entry = AuditEntry::new(&Actor::named("the registry"), event, subject).with(details);
    if let Err(error) = registry.record(entry, Timestamp::now()).await {
        tracing::error!(%error, "a quarantine could not be written to the audit");
    }
}

/// Counts a frame that is delivered raw, since its decoder is set aside.
pub(crate) fn count_raw(quarantined: &Quarantined) {
    let Quarantined { id, version, .. } = quarantined;
    let labels = [("decoder", id.to_string()), ("version", version.to_string())];
    metrics::counter!("champollion_quarantined_frames_total", &labels).increment(1);
}
