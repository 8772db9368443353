//! A partner who fetches records and acknowledges them, now and then only after it fetched them again.

use std::{sync::atomic::Ordering, thread, time::Duration};

use serde_json::{Value as Json, json};

use super::{World, chance::Chance, lock};
use crate::client::Client;

/// Most records at once.
const PAGE: u64 = 100;

/// Before it looks again.
const PAUSE: Duration = Duration::from_millis(60);

pub(super) struct Partner {
    pub(super) name: String,
    pub(super) group: String,
    /// The route whose records are fetched, or the inbox.
    pub(super) route: Option<&'static str>,
    pub(super) client: Client,
    pub(super) chance: Chance,
}

impl Partner {
    /// Fetches until everything is over.
    pub(super) fn fetch(mut self, world: &World) {
        while !world.over.load(Ordering::Relaxed) {
            if let Some(client) = world.reach(&self.client) {
                // Whether it came to nothing, or to half of it, is seen from what arrived.
                drop(self.page(&client, world));
            }
            thread::sleep(PAUSE);
        }
    }

    fn page(&mut self, client: &Client, world: &World) -> anyhow::Result<()> {
        let of_route = self.route.map(|route| format!("&route={route}")).unwrap_or_default();
        let limit = 1 + self.chance.below(PAGE);
        let page = client.get(&format!("/v1/records?limit={limit}{of_route}"))?.success()?;
        let pulled = page["records"].as_array().cloned().unwrap_or_default();
        let records: Vec<&Json> = pulled.iter().map(|pulled| &pulled["record"]).collect();
        lock(&world.ledger).arrive(&self.name, &self.group, &records, true);
        if records.is_empty() || self.chance.below(5) == 0 {
            return Ok(());
        }
        let mut acknowledgement = json!({ "cursor": page["next"] });
        if let Some(route) = self.route {
            acknowledgement["route"] = json!(route);
        }
        client.post("/v1/records/ack", &acknowledgement)?.success()?;
        Ok(())
    }
}
