//! A partner who fetches records and acknowledges them, now and then only after it fetched them again.

use std::{sync::atomic::Ordering, thread, time::Duration};

use champollion_client::{Acknowledgement, RecordsQuery};
use serde_json::Value as Json;

use super::{World, chance::Chance, lock};
use crate::client::Following;

/// Most records at once.
const PAGE: u64 = 100;

/// Before it looks again.
const PAUSE: Duration = Duration::from_millis(60);

pub(super) struct Partner {
    pub(super) name: String,
    pub(super) group: String,
    /// The route whose records are fetched, or the inbox.
    pub(super) route: Option<&'static str>,
    pub(super) client: Following,
    pub(super) chance: Chance,
}

impl Partner {
    /// Fetches until everything is over.
    pub(super) fn fetch(mut self, world: &World) {
        while !world.over.load(Ordering::Relaxed) {
            // Whether it came to nothing, or to half of it, is seen from what arrived.
            drop(self.page(world));
            thread::sleep(PAUSE);
        }
    }

    fn page(&mut self, world: &World) -> anyhow::Result<()> {
        let limit = 1 + self.chance.below(PAGE);
        let keeps = self.chance.below(5) == 0;
        let Some(client) = world.reach(&mut self.client) else { return Ok(()) };
        let route = self.route.map(str::to_owned);
        let query = RecordsQuery {
            limit: usize::try_from(limit).ok(),
            route: route.clone(),
            ..RecordsQuery::default()
        };
        let page = client.ask(|server| server.pull_records(&query))?;
        let written: Json = page.read_as()?;
        let pulled = written["records"].as_array().map(Vec::as_slice).unwrap_or_default();
        let records: Vec<&Json> = pulled.iter().map(|pulled| &pulled["record"]).collect();
        lock(&world.ledger).arrive(&self.name, &self.group, &records, true);
        if !records.is_empty() && !keeps {
            let done = Acknowledgement { cursor: page.next.clone(), group: None, route };
            client.ask(|server| server.acknowledge_records(&done))?;
        }
        Ok(())
    }
}
