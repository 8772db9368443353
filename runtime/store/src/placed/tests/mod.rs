//! Tests of a store in several databases, on real servers.

mod cuts;
mod of_databases;
mod of_moving;
mod of_placing;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use champollion_databases::{Postgres, PostgresSetup};
use parking_lot::Mutex;

use super::{NamedDatabase, NewGroups, PlacedOptions, PlacedStore, Rules, rules::Owner};
use crate::conformance::Place;
use crate::postgres::PostgresOptions;
use crate::{Batch, Store};

/// Two databases of a test's own, on a server that the tests share.
struct Two {
    server: Arc<Postgres>,
    names: [String; 2],
    urls: [String; 2],
    rules: Rules,
}

/// The server that the tests share: it keeps prepared transactions, which none does by itself.
fn server() -> Arc<Postgres> {
    static SHARED: Mutex<std::sync::Weak<Postgres>> = Mutex::new(std::sync::Weak::new());
    let mut shared = SHARED.lock();
    if let Some(server) = shared.upgrade() {
        return server;
    }
    let server = PostgresSetup::default().set("max_prepared_transactions=100").start();
    let server = Arc::new(server);
    *shared = Arc::downgrade(&server);
    server
}

impl Two {
    fn new() -> Self {
        Self::with(super::RULES)
    }

    fn with(rules: Rules) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let (server, number) = (server(), MADE.fetch_add(1, Ordering::Relaxed));
        let names = ["home", "east"].map(|name| format!("{name}_{number}"));
        let urls = names.clone().map(|name| server.database(&name));
        Self { server, names, urls, rules }
    }

    /// The options by which both are opened, new groups in `new_groups`.
    fn options(&self, new_groups: &str) -> PlacedOptions {
        let [home, east] = &self.urls;
        options(&[("home", home), ("east", east)], new_groups)
    }

    async fn store(&self, new_groups: &str) -> PlacedStore {
        PlacedStore::open_by(&self.options(new_groups), self.rules).await.unwrap()
    }

    /// Runs a statement in one of the two.
    fn sql(&self, at: usize, statement: &str) -> String {
        self.server.sql(&self.names[at], statement)
    }

    /// The rows of a table in one of the two.
    fn rows(&self, at: usize, table: &str) -> String {
        let select = "SELECT count(*) FROM kv WHERE value IS NOT NULL AND tab = ";
        self.sql(at, &format!("{select}'{table}'"))
    }
}

fn options(databases: &[(&str, &String)], new_groups: &str) -> PlacedOptions {
    let named = |(name, url): &(&str, &String)| NamedDatabase {
        name: name.parse().unwrap(),
        options: PostgresOptions::new(*url),
    };
    PlacedOptions {
        databases: databases.iter().map(named).collect(),
        new_groups: NewGroups::In(new_groups.parse().unwrap()),
    }
}

impl Place for Two {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store("east").await)
    }
}

/// A batch made in place.
fn batch(fill: impl FnOnce(&mut Batch)) -> Batch {
    let mut batch = Batch::new();
    fill(&mut batch);
    batch
}

/// Rules by which the names of the conformance suite lie in both databases: keys by their last byte, logs by the length
/// of their names. Nearly every batch of the suite lies in both.
const SPREAD: Rules = Rules {
    of_row: |_, key| match key.last() {
        Some(last) if last % 2 == 1 => Owner::Group("odd"),
        _ => Owner::Territory,
    },
    of_log: |log| if log.len() % 2 == 1 { Owner::Group("odd") } else { Owner::Territory },
    of_rows: |_, _| None,
    is_told_last: |log| log == "ab",
    devices: "devices",
};

mod of_placed_conformance {
    crate::conformance::conformance_suite!(super::Two::with(super::SPREAD));
}

/// The same, with all in one place as the product's rules have it for tables that they do not know.
mod of_placed_home_conformance {
    crate::conformance::conformance_suite!(super::Two::new());
}
