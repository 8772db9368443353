//! Misbehaviour of decoders, and its consequences.

use champollion_registry::{LoadedDecoder, Registry, channels::Quarantined};
use champollion_sandbox::CallError;
use jiff::Timestamp;

/// Tells the registry of a call that misbehaved, and the operator where the decoder is set aside for it.
pub(crate) async fn report(registry: &Registry, decoder: &LoadedDecoder, error: &CallError) {
    if !error.is_misbehaviour() {
        return;
    }
    match registry.report(decoder, error, Timestamp::now()).await {
        Ok(None) => {}
        Ok(Some(Quarantined { id, version, failures, message, .. })) => tracing::error!(
            decoder = %id, %version, failures, last = message,
            "the decoder is set aside; its frames are delivered raw until that is lifted"
        ),
        Err(error) => tracing::error!(%error, "a quarantine could not be kept"),
    }
}
