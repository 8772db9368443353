//! Tests of the backend for many nodes, on real servers.

mod faults;
mod kills;
mod of_leases;
mod of_schema;
mod of_settings;
mod of_standing;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use champollion_databases::Postgres;

use super::{PostgresOptions, PostgresStore};
use crate::conformance::{self, Place, block_on};
use crate::{Batch, Blobs, FileBlobs, Sequence, SledOptions, SledStore, Store, StoreParts, copy};

/// A database of a test's own, on the server that the tests share.
struct Database {
    server: Arc<Postgres>,
    name: String,
    url: String,
}

impl Database {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let server = Postgres::shared();
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("of_test_{number}");
        let url = server.database(&name);
        Self { server, name, url }
    }

    /// Runs a statement in the database; `current` stands for its name.
    fn sql(&self, statement: &str) -> String {
        self.server.sql(
            &self.name,
            &statement.replace("DATABASE current", &format!("DATABASE {}", self.name)),
        )
    }
}

impl Place for Database {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(store(&self.url).await)
    }
}

async fn store(url: &str) -> PostgresStore {
    PostgresStore::open(&PostgresOptions::new(url)).await.unwrap()
}

mod of_postgres_conformance {
    crate::conformance::conformance_suite!(super::Database::new());
}

#[test]
fn of_postgres_blobs_are_put_read_listed_and_removed() {
    let database = Database::new();
    block_on(async {
        let store = store(&database.url).await;
        let (blobs, others) = (store.blobs("packages"), store.blobs("files"));
        others.put("a", b"of another kind").await.unwrap();
        conformance::blobs_are_put_read_listed_and_removed(&blobs).await;
        assert_eq!(others.list("").await.unwrap(), ["a"]);
    });
}

#[test]
fn of_postgres_a_blob_is_replaced_in_one_step() {
    let database = Database::new();
    block_on(async {
        let blobs: Arc<dyn Blobs> = Arc::new(store(&database.url).await.blobs("packages"));
        conformance::a_blob_is_replaced_in_one_step(blobs).await;
    });
}

#[test]
fn of_postgres_a_blob_name_never_leaves_its_place() {
    let database = Database::new();
    block_on(async {
        let blobs = store(&database.url).await.blobs("packages");
        conformance::a_blob_name_never_leaves_its_place(&blobs).await;
    });
}

#[test]
fn of_postgres_a_store_goes_from_a_folder_into_a_database_and_back() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let database = Database::new();
    let folder = |path: &std::path::Path| StoreParts {
        store: Arc::new(SledStore::open(&SledOptions::new(path.join("store"))).unwrap()),
        blobs: vec![("files", Arc::new(FileBlobs::open(path.join("files")).unwrap()))],
    };
    block_on(async {
        let (first, last) = (folder(one.path()), folder(other.path()));
        let shared = store(&database.url).await;
        let blobs: Arc<dyn Blobs> = Arc::new(shared.blobs("files"));
        let middle = StoreParts { store: Arc::new(shared), blobs: vec![("files", blobs)] };
        let mut batch = Batch::new();
        for number in 0..3_000_u32 {
            batch.put("sessions", number.to_be_bytes(), vec![7; number as usize % 90]);
            batch.append(format!("records/{}", number % 3), number.to_be_bytes());
        }
        batch.truncate("records/1", Sequence::new(400));
        first.store.commit(batch).await.unwrap();
        first.blobs[0].1.put("2026.csv", b"a file").await.unwrap();
        let there = copy(&first, &middle, |_| {}).await.unwrap();
        let back = copy(&middle, &last, |_| {}).await.unwrap();
        assert_eq!(there, back);
        assert_eq!((there.rows, there.entries, there.blobs), (3_000, 2_600, 1));
        let extent = last.store.extent("records/1").await.unwrap();
        assert_eq!(extent, first.store.extent("records/1").await.unwrap());
    });
}
