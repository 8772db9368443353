//! Misbehaviour of decoders, and its consequences: told in the log and the metrics, at once. The audit has them
//! with the change.

use champollion_registry::{
    LoadedDecoder, Registry,
    channels::{Caller, Quarantined, Verdict},
};
use champollion_sandbox::CallError;
use jiff::Timestamp;

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
        tell(&verdict);
    }
}

fn tell(verdict: &Verdict) {
    let (event, quarantined) = match verdict {
        Verdict::SetAside(quarantined) => ("quarantine", quarantined),
        Verdict::Lifted(quarantined) => ("end-quarantine", quarantined),
    };
    let Quarantined { id, version, scope, failures, calls, message, .. } = quarantined;
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
}

/// Counts a frame that is delivered raw, since its decoder is set aside.
pub(crate) fn count_raw(quarantined: &Quarantined) {
    let Quarantined { id, version, .. } = quarantined;
    let labels = [("decoder", id.to_string()), ("version", version.to_string())];
    metrics::counter!("champollion_quarantined_frames_total", &labels).increment(1);
}
