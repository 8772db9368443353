//! The routes of the groups: made at the beginning, changed under load, and compared in the end with what was
//! acknowledged.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

use anyhow::Result;
use champollion_client::{Beginning, Blocking};
use serde_json::{Value as Json, json};

use super::{
    super::{chance::Chance, lock, recipient::Recipient},
    World,
    clients::Clients,
    partner::{FETCHED, FOLLOWED},
};
use crate::{client::put_route, torture::ledger::Ledger};

/// The groups of the meters.
pub(super) const GROUPS: [&str; 3] = ["water", "waste", "parking"];

/// Routes of each group that push: the most records of one request at the beginning.
const PUSHED: [(&str, u64); 2] = [("one", 1), ("many", 20)];

/// Most records in one request of a route that was changed.
const LARGEST: u64 = 40;

/// A route that pushes.
struct Pushed {
    group: &'static str,
    name: &'static str,
    url: String,
}

/// The routes that push, and the most records of one request that was last acknowledged for each.
pub(super) struct Routes {
    pushed: Vec<Pushed>,
    batches: Mutex<BTreeMap<usize, u64>>,
}

impl Routes {
    /// Makes all routes, and the recipients at their ends.
    pub(super) fn make(
        admin: &Blocking,
        seed: u64,
        ledger: &Arc<Mutex<Ledger>>,
        calm: &Arc<AtomicBool>,
    ) -> Result<Self> {
        let mut pushed = Vec::new();
        for group in GROUPS {
            for (name, batch) in PUSHED {
                let recipient = format!("{group}/{name}");
                let seed = Chance::of(seed, 1_000 + pushed.len() as u64).below(u64::MAX);
                let url = Recipient::listen(&recipient, group, seed, ledger, calm)?;
                put_route(admin, group, name, &pushing(&url, batch))?;
                pushed.push(Pushed { group, name, url });
            }
            for name in [FETCHED, FOLLOWED] {
                put_route(admin, group, name, &json!({ "to": { "pull": {} } }))?;
            }
            lock(ledger).add_recipient(&format!("{group}/{FETCHED}"), group);
        }
        Ok(Self { pushed, batches: Mutex::default() })
    }

    /// Changes a route, until a node says that it is changed.
    pub(super) fn change_one(&self, world: &World, chance: &mut Chance) -> Result<()> {
        let admin = Clients::of(world, &world.admin_token)?;
        let index = chance.below(self.pushed.len() as u64) as usize;
        let Pushed { group, name, url } = &self.pushed[index];
        // One record alone has another shape than a list of one.
        let batch = if *name == PUSHED[0].0 { 1 } else { 2 + chance.below(LARGEST) };
        let route = pushing(url, batch);
        admin.insist(world, chance, |client| {
            let route = route.clone();
            async move { client.put_route(Some(group), name, &route, Beginning::Now).await }
        })?;
        self.batches.lock().unwrap_or_else(PoisonError::into_inner).insert(index, batch);
        Ok(())
    }

    /// The routes that are not as they were last acknowledged, a sentence each.
    pub(super) fn forgotten(&self, world: &World, chance: &mut Chance) -> Result<Vec<String>> {
        let admin = Clients::of(world, &world.admin_token)?;
        let batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut forgotten = Vec::new();
        for (index, batch) in batches {
            let Pushed { group, name, .. } = &self.pushed[index];
            let route = admin.insist(world, chance, |client| async move {
                Ok(client.route(Some(group), name).await?.into_value())
            })?;
            let is = &route.to["http"]["batch"];
            if is.as_u64().unwrap_or(1) != batch {
                forgotten
                    .push(format!("the route {name} of {group} has batches of {is}, not {batch}"));
            }
        }
        Ok(forgotten)
    }
}

fn pushing(url: &str, batch: u64) -> Json {
    json!({ "to": { "http": { "url": url, "batch": batch, "timeoutSeconds": 1 } } })
}
