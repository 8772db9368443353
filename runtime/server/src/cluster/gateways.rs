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

/// The part of what other nodes have kept of gateways that was heard.
pub(crate) struct HeardGateways(Option<Sequence>);

/// Hears what other nodes have kept of gateways.
pub(crate) async fn hear_gateways(
    led: &dyn Store,
    hear: impl Fn(&str, Timestamp),
) -> Result<HeardGateways, StoreError> {
    let mut through = None;
    loop {
        let after = through.unwrap_or(Sequence::BEGINNING);
        let entries = led.read(tables::GATEWAY_STATUSES.as_str(), after, PAGE).await?;
        let heard = told::heard::<Kept>(&entries);
        if heard.through.is_none() {
            return Ok(HeardGateways(through));
        }
        through = heard.through;
        heard.told.iter().for_each(|kept| hear(&kept.gateway, kept.at));
    }
}

impl HeardGateways {
    /// Forgets what was heard, once it is in the book of gateways.
    pub(crate) async fn forget(self, led: &dyn Store) -> Result<(), StoreError> {
        let Some(through) = self.0 else { return Ok(()) };
        let mut batch = Batch::new();
        batch.truncate(tables::GATEWAY_STATUSES.as_str(), through);
        led.commit(batch).await.map(drop)
    }
}
