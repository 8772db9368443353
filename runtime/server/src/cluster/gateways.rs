//! Status messages of gateways that come to a node which does not lead: kept in a log, for the lead, which judges gateways.

use champollion_lns::GatewayStatus;
use champollion_store::{Batch, Sequence, Store, StoreError, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{LeadsEar, told};

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
        let heard = told::heard::<Kept>(&entries);
        let Some(through) = heard.through else { return Ok(()) };
        heard.told.iter().for_each(|kept| hear(&kept.gateway, kept.at));
        let mut batch = Batch::new();
        batch.truncate(log, through);
        led.commit(batch).await?;
    }
}
