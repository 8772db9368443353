//! The tables of a database: made once by many, and refused where they are of a later version.

use super::{Database, store};
use crate::conformance::block_on;
use crate::postgres::{PostgresOptions, PostgresStore};
use crate::{Batch, Store, StoreError};

#[test]
fn of_postgres_nodes_that_start_together_make_the_tables_once() {
    let database = Database::new();
    block_on(async {
        let starts: Vec<_> = (0..6)
            .map(|_| {
                let options = PostgresOptions::new(&database.url);
                tokio::spawn(async move { PostgresStore::open(&options).await.map(drop) })
            })
            .collect();
        for start in starts {
            start.await.unwrap().unwrap();
        }
    });
}

#[test]
fn of_postgres_a_later_schema_is_refused_with_both_versions() {
    let database = Database::new();
    block_on(async {
        let open = store(&database.url).await;
        let mut batch = Batch::new();
        batch.put("t", "k", "v");
        open.commit(batch).await.unwrap();
        database.sql("INSERT INTO schema VALUES (900)");
        let refused = PostgresStore::open(&PostgresOptions::new(&database.url)).await.unwrap_err();
        assert!(matches!(refused, StoreError::NewerSchema { found: 900, .. }), "{refused}");
        // Migrations only add: a node that is there already goes on.
        assert_eq!(open.get("t", b"k").await.unwrap(), Some(b"v".to_vec()));
    });
}

#[test]
fn of_postgres_the_version_before_makes_its_own_schema_and_works_with_the_newer_one() {
    let database = Database::new();
    let schema = || database.sql("SELECT max(version) FROM schema");
    block_on(async {
        let before = PostgresOptions::new(&database.url).schema(1);
        let old = PostgresStore::open(&before).await.unwrap();
        assert_eq!(schema(), "1");
        let mut batch = Batch::new();
        batch.put("t", "k", "v");
        old.commit(batch).await.unwrap();
        let new = store(&database.url).await;
        assert_eq!(schema(), "2");
        // The one that is there goes on, and so does one that is started now.
        let again = PostgresStore::open(&before).await.unwrap();
        for open in [&old, &new, &again] {
            assert_eq!(open.get("t", b"k").await.unwrap(), Some(b"v".to_vec()));
        }
        assert_eq!(schema(), "2");
    });
}

#[test]
fn of_postgres_a_version_is_refused_that_does_not_know_what_the_schema_needs() {
    let database = Database::new();
    block_on(async {
        drop(store(&database.url).await);
        database.sql("UPDATE schema SET least = 2 WHERE version = 2");
        drop(store(&database.url).await);
        let before = PostgresOptions::new(&database.url).schema(1);
        let refused = PostgresStore::open(&before).await.unwrap_err();
        let needed = StoreError::NewerSchema {
            server: store(&database.url).await.server().to_owned(),
            found: 2,
            least: 2,
            supported: 1,
        };
        assert_eq!(refused.to_string(), needed.to_string());
        for version in ["schema 2", "up to 2", "up to 1"] {
            assert!(refused.to_string().contains(version), "{refused}");
        }
    });
}

#[test]
fn of_postgres_nothing_is_left_of_what_was_truncated_and_of_rows_that_were_made_to_be_locked() {
    let database = Database::new();
    block_on(async {
        let open = store(&database.url).await;
        for number in 0..20_u8 {
            let mut batch = Batch::new();
            batch.append("log", [number]).expect_absent("t", "never there");
            open.commit(batch).await.unwrap();
        }
        let mut batch = Batch::new();
        batch.truncate("log", crate::Sequence::new(19));
        open.commit(batch).await.unwrap();
        assert_eq!(database.sql("SELECT count(*) FROM kv"), "0");
        let mut rows = String::new();
        for _ in 0..100 {
            rows = database.sql("SELECT count(*) FROM entries");
            if rows == "1" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(rows, "1");
        open.close().await.unwrap();
        assert_eq!(database.sql("SELECT count(*) FROM flushes"), "0");
    });
}
