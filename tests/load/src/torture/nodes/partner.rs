//! Partners of a group: one fetches and acknowledges, now and then only after it fetched again; one follows from the
//! beginning and acknowledges nothing, so that what it saw can be compared with what is there in the end.

use std::{sync::atomic::Ordering, thread, time::Duration};

use anyhow::Result;
use champollion_client::{Acknowledgement, RecordsQuery};
use serde_json::Value as Json;

use super::{
    super::{chance::Chance, lock},
    World,
    clients::Clients,
};

/// Most records at once.
const PAGE: u64 = 100;

/// Before a partner looks again.
const PAUSE: Duration = Duration::from_millis(150);

/// The follower asks so many times once all has settled.
const LAST_TRIES: u32 = 60;

/// The route whose records are fetched and acknowledged.
pub(super) const FETCHED: &str = "fetch";

/// The route of the one who follows.
pub(super) const FOLLOWED: &str = "follow";

/// The cursor before the first record.
const BEGINNING: &str = "0";

/// A partner of a group.
pub(super) struct Partner {
    pub(super) group: &'static str,
    pub(super) clients: Clients,
    pub(super) chance: Chance,
}

/// A page of a route.
struct Page {
    records: Vec<Json>,
    next: String,
    more: bool,
}

impl Partner {
    /// Fetches and acknowledges until everything is over.
    pub(super) fn fetch(mut self, world: &World) {
        while !world.over.load(Ordering::Relaxed) {
            // Whether it came to nothing, or to half of it, is seen from what arrived.
            self.fetch_page(world).unwrap_or_default();
            thread::sleep(PAUSE);
        }
    }

    fn fetch_page(&mut self, world: &World) -> Option<()> {
        let (limit, keeps) = (1 + self.chance.below(PAGE), self.chance.below(5) == 0);
        let page = self.page(world, FETCHED, None, limit)?;
        let name = format!("{}/{FETCHED}", self.group);
        let records: Vec<&Json> = page.records.iter().collect();
        lock(&world.ledger).arrive(&name, self.group, &records, true);
        if !records.is_empty() && !keeps {
            let route = Some(FETCHED.to_owned());
            let done = Acknowledgement { cursor: page.next, group: None, route };
            let client = self.clients.any(world, &mut self.chance)?;
            drop(self.clients.wait(client.acknowledge_records(&done)));
        }
        Some(())
    }

    /// Follows until all has settled and nothing more comes; gives the ids of what came, in their order.
    pub(super) fn follow(mut self, world: &World) -> Vec<String> {
        let (mut cursor, mut ids, mut tries) = (BEGINNING.to_owned(), Vec::new(), 0);
        while tries < LAST_TRIES {
            let has_settled = world.settled.load(Ordering::Relaxed);
            tries += u32::from(has_settled);
            if let Some(page) = self.page(world, FOLLOWED, Some(&cursor), PAGE) {
                ids.extend(page.records.iter().map(id));
                cursor = page.next;
                if has_settled && !page.more {
                    break;
                }
            }
            thread::sleep(PAUSE);
        }
        ids
    }

    /// Reads all records of the group from the beginning.
    pub(super) fn scan(&mut self, world: &World) -> Result<Vec<Json>> {
        let (mut cursor, mut all) = (BEGINNING.to_owned(), Vec::new());
        loop {
            let query = query(FOLLOWED, Some(&cursor), PAGE);
            let (clients, chance) = (&self.clients, &mut self.chance);
            let page = clients.insist(world, chance, |client| {
                let query = query.clone();
                async move { Page::read(&client.pull_records(&query).await?) }
            })?;
            all.extend(page.records);
            cursor = page.next;
            if !page.more {
                return Ok(all);
            }
        }
    }

    fn page(
        &mut self,
        world: &World,
        route: &str,
        after: Option<&str>,
        limit: u64,
    ) -> Option<Page> {
        let client = self.clients.any(world, &mut self.chance)?;
        let query = query(route, after, limit);
        let answer = self.clients.wait(client.pull_records(&query))?.ok()?;
        Page::read(&answer).ok()
    }
}

impl Page {
    fn read(
        answer: &champollion_client::Answer<champollion_client::Page>,
    ) -> Result<Self, champollion_client::ClientError> {
        let mut written: Json = answer.read_as()?;
        let pulled = written["records"].as_array_mut().map(std::mem::take).unwrap_or_default();
        let records = pulled.into_iter().map(|mut pulled| pulled["record"].take()).collect();
        Ok(Self { records, next: answer.next.clone(), more: answer.more })
    }
}

/// The id of a record.
pub(super) fn id(record: &Json) -> String {
    record["id"].as_str().unwrap_or_default().to_owned()
}

fn query(route: &str, after: Option<&str>, limit: u64) -> RecordsQuery {
    RecordsQuery {
        after: after.map(str::to_owned),
        limit: usize::try_from(limit).ok(),
        route: Some(route.to_owned()),
        ..RecordsQuery::default()
    }
}
