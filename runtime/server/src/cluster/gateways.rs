//! Status messages of gateways that come to a node which does not lead: kept in a log, for the lead, which judges gateways.

use champollion_lns::GatewayStatus;
use champollion_store::{Batch, Sequence, Store, StoreError, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::LeadsEar;

/// Entries that are read at once.
const PAGE: usize = 1_000;

/// A status message as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    gateway: String,
    at: Timestamp,
}

impl LeadsEar {
    /// Keeps the status of a gateway for the lead where that is another node; tells whether it did.
    pub(crate) async fn tell_of_gateway(&self, status: &GatewayStatus) -> Result<bool, StoreError> {
        let at = status.at.unwrap_or_else(Timestamp::now);
        let kept = Kept { gateway: status.gateway_id.clone(), at };
        self.keep(tables::GATEWAY_STATUSES, &kept).await
    }
}

/// Hears what other nodes have kept of gateways, and forgets it.
pub(crate) async fn hear_gateways(
    led: &dyn Store,
    hear: impl Fn(&str, Timestamp),
) -> Result<(), StoreError> {
    let log = tables::GATEWAY_STATUSES.as_str();
    loop {
        let entries = led.read(log, Sequence::BEGINNING, PAGE).await?;
        let Some(through) = entries.last().map(|entry| entry.sequence) else { return Ok(()) };
        for entry in &entries {
            match serde_json::from_slice::<Kept>(&entry.value) {
                Ok(kept) => hear(&kept.gateway, kept.at),
                Err(error) => {
                    tracing::error!(%error, "the status of a gateway cannot be read");
                }
            }
        }
        let mut batch = Batch::new();
        batch.truncate(log, through);
        led.commit(batch).await?;
    }
}
