//! A database that is away, slow, locked, read-only, or strange.

use std::time::{Duration, Instant};

use champollion_databases::{Postgres, PostgresSetup, Proxy};

use super::{Database, store};
use crate::conformance::block_on;
use crate::postgres::{PostgresOptions, PostgresStore};
use crate::{Batch, Health, Sequence, Store, StoreError};

fn batch(value: &str) -> Batch {
    let mut batch = Batch::new();
    batch.put("t", "k", value).append("log", value);
    batch
}

/// A store behind a proxy.
async fn behind(server: &Postgres, proxy: &Proxy) -> PostgresStore {
    let url = server.url_at(proxy.port(), "champollion");
    store(&url).await
}

async fn becomes(store: &PostgresStore, health: Health) {
    for _ in 0..200 {
        drop(store.usage().await);
        if store.health() == health {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", store.health());
}

#[test]
fn of_postgres_a_node_that_is_cut_off_says_so_within_two_seconds_and_goes_on_afterwards() {
    let server = Postgres::start();
    let proxy = Proxy::to(server.port());
    block_on(async {
        let open = behind(&server, &proxy).await;
        open.commit(batch("1")).await.unwrap();
        proxy.cut(true);
        let began = Instant::now();
        let refused = open.commit(batch("2")).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unreachable { .. }), "{refused}");
        assert!(began.elapsed() < Duration::from_millis(2_500), "{:?}", began.elapsed());
        assert_eq!(open.health(), Health::Stalled);
        assert!(open.get("t", b"k").await.is_err());
        proxy.cut(false);
        becomes(&open, Health::Ready).await;
        open.commit(batch("3")).await.unwrap();
        assert_eq!(open.get("t", b"k").await.unwrap(), Some(b"3".to_vec()));
        assert_eq!(open.extent("log").await.unwrap().last, Sequence::new(2));
    });
}

#[test]
fn of_postgres_a_slow_database_stalls_and_loses_nothing() {
    let server = Postgres::start();
    let proxy = Proxy::to(server.port());
    block_on(async {
        let open = behind(&server, &proxy).await;
        open.commit(batch("1")).await.unwrap();
        proxy.hold(true);
        let waiting = tokio::spawn({
            let open = open.clone();
            async move { open.commit(batch("2")).await }
        });
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(open.health(), Health::Stalled);
        assert!(!waiting.is_finished(), "it was cancelled");
        proxy.hold(false);
        waiting.await.unwrap().unwrap();
        assert_eq!(open.health(), Health::Ready);
        assert_eq!(open.extent("log").await.unwrap().last, Sequence::new(2));
    });
}

#[test]
fn of_postgres_a_commit_whose_answer_was_lost_is_acknowledged_once() {
    let server = Postgres::start();
    let proxy = Proxy::to(server.port());
    block_on(async {
        let open = behind(&server, &proxy).await;
        for round in 1..=10_u64 {
            // The answers of some step get lost, be it of the last or of one before.
            let waiting = tokio::spawn({
                let open = open.clone();
                async move { open.commit(batch("x")).await }
            });
            tokio::time::sleep(Duration::from_millis(round)).await;
            proxy.swallow_answers(true);
            tokio::time::sleep(Duration::from_millis(30)).await;
            proxy.break_connections();
            proxy.swallow_answers(false);
            let committed = waiting.await.unwrap().unwrap();
            assert_eq!(committed.appended, [Sequence::new(round)]);
            assert_eq!(open.extent("log").await.unwrap().last, Sequence::new(round));
        }
    });
}

#[test]
fn of_postgres_a_node_that_is_paused_in_a_transaction_keeps_others_waiting_for_seconds_only() {
    let server = Postgres::start();
    let proxy = Proxy::to(server.port());
    block_on(async {
        let paused = behind(&server, &proxy).await;
        let other = store(&server.url()).await;
        paused.commit(batch("1")).await.unwrap();
        // Slow enough to be held when the row is locked, and nothing is committed yet.
        proxy.delay(Duration::from_millis(100));
        let waiting = tokio::spawn({
            let paused = paused.clone();
            async move { paused.commit(batch("2")).await }
        });
        tokio::time::sleep(Duration::from_millis(150)).await;
        proxy.hold(true);
        let began = Instant::now();
        other.commit(batch("3")).await.unwrap();
        assert!(
            began.elapsed() > Duration::from_secs(1),
            "the row was not locked: {:?}",
            began.elapsed()
        );
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        proxy.hold(false);
        proxy.delay(Duration::ZERO);
        let entries = match waiting.await.unwrap() {
            Ok(_) => 3,
            Err(StoreError::Unreachable { .. }) => 2,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(other.extent("log").await.unwrap().last, Sequence::new(entries));
        becomes(&paused, Health::Ready).await;
        paused.commit(batch("4")).await.unwrap();
        assert_eq!(other.get("t", b"k").await.unwrap(), Some(b"4".to_vec()));
    });
}

#[test]
fn of_postgres_a_row_that_another_holds_is_waited_for() {
    let database = Database::new();
    block_on(async {
        let (one, other) = (store(&database.url).await, store(&database.url).await);
        let mut tasks = Vec::new();
        for round in 0..40_u32 {
            let store = if round % 2 == 0 { one.clone() } else { other.clone() };
            tasks.push(tokio::spawn(async move {
                // Made, read and removed by both nodes in turn, so that rows vanish under each other's hands.
                let mut batch = Batch::new();
                batch.put("t", "b", "x").put("t", "a", "y").delete("t", "b").append("log", "z");
                if round % 3 == 0 {
                    batch.delete("t", "a");
                }
                store.commit(batch).await
            }));
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(one.extent("log").await.unwrap().last, Sequence::new(40));
        assert_eq!(one.get("t", b"b").await.unwrap(), None);
    });
}

#[test]
fn of_postgres_an_entry_whose_log_was_removed_is_kept_in_a_new_one() {
    let database = Database::new();
    block_on(async {
        let open = store(&database.url).await;
        open.commit(batch("1")).await.unwrap();
        database.sql("DELETE FROM logs");
        let committed = open.commit(batch("2")).await.unwrap();
        assert_eq!(committed.appended, [Sequence::new(1)]);
        let entries = open.read("log", Sequence::BEGINNING, 9).await.unwrap();
        assert_eq!(entries.iter().map(|entry| &*entry.value).collect::<Vec<_>>(), [b"2"]);
    });
}

/// Keeps the tables as they are, and has them so again.
const KEEP: &str = "CREATE TABLE kv_was AS TABLE kv; CREATE TABLE logs_was AS TABLE logs;
    CREATE TABLE entries_was AS TABLE entries; CREATE TABLE flushes_was AS TABLE flushes";
const SET_BACK: &str = "TRUNCATE kv, logs, entries, flushes; INSERT INTO kv TABLE kv_was;
    INSERT INTO logs TABLE logs_was; INSERT INTO entries TABLE entries_was; INSERT INTO flushes TABLE flushes_was";

#[test]
fn of_postgres_a_database_that_was_set_back_takes_nothing_from_those_whose_changes_it_has_lost() {
    let database = Database::new();
    block_on(async {
        let (loses, other) = (store(&database.url).await, store(&database.url).await);
        loses.commit(batch("1")).await.unwrap();
        other.commit(batch("2")).await.unwrap();
        database.sql(KEEP);
        loses.commit(batch("3")).await.unwrap();
        database.sql(SET_BACK);
        for _ in 0..2 {
            let refused = loses.commit(batch("4")).await.unwrap_err();
            assert!(matches!(refused, StoreError::SetBack { .. }), "{refused}");
            assert!(
                matches!(loses.health(), Health::Failed(reason) if reason.contains("set back"))
            );
        }
        let refused = loses.prepare(batch("4"), "champollion/part").await.unwrap_err();
        assert!(matches!(refused, StoreError::SetBack { .. }), "nor is it prepared: {refused}");
        assert_eq!(other.get("t", b"k").await.unwrap(), Some(b"2".to_vec()));
        let committed = other.commit(batch("5")).await.unwrap();
        assert_eq!(committed.appended, [Sequence::new(3)], "nothing is left of what was refused");
        let again = store(&database.url).await;
        again.commit(batch("6")).await.unwrap();
        assert_eq!(again.health(), Health::Ready);
    });
}

#[test]
fn of_postgres_a_node_that_has_nothing_to_write_is_not_told_that_the_database_was_set_back() {
    let database = Database::new();
    block_on(async {
        let mut options = PostgresOptions::new(&database.url);
        options.renewal = Duration::from_millis(50);
        let idle = PostgresStore::open(&options).await.unwrap();
        let leaves = store(&database.url).await;
        idle.commit(batch("1")).await.unwrap();
        leaves.commit(batch("2")).await.unwrap();
        database.sql("UPDATE flushes SET at = now() - interval '8 days'");
        let renewed = "SELECT count(*) FROM flushes WHERE at > now() - interval '1 day'";
        let deadline = Instant::now() + Duration::from_secs(20);
        while database.sql(renewed) != "1" {
            assert!(Instant::now() < deadline, "the row of the idle node is as old as before");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        leaves.close().await.unwrap();
        assert_eq!(database.sql("SELECT count(*) FROM flushes"), "1");
        idle.commit(batch("3")).await.unwrap();
        assert_eq!(idle.health(), Health::Ready);
    });
}

#[test]
fn of_postgres_a_database_that_takes_no_changes_is_refused() {
    let database = Database::new();
    database.sql("ALTER DATABASE current SET default_transaction_read_only = on");
    block_on(async {
        let refused = PostgresStore::open(&PostgresOptions::new(&database.url)).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unreachable { .. }), "{refused}");
    });
}

#[test]
fn of_postgres_what_is_wrong_at_the_start_is_said_without_the_password() {
    let server = PostgresSetup::default().asks_password().start();
    block_on(async {
        store(&server.url()).await;
        let without = server.url().replace("correct%20horse", "wrong%20horse");
        let wrong = PostgresStore::open(&PostgresOptions::new(&without)).await.unwrap_err();
        assert!(matches!(wrong, StoreError::Refused { .. }), "{wrong}");
        assert!(!wrong.to_string().contains("horse"), "{wrong}");
        let right = PostgresOptions::new(&without).password("correct horse");
        PostgresStore::open(&right).await.unwrap();
        let nobody = "postgres://champollion@127.0.0.1:1/champollion";
        let away = PostgresStore::open(&PostgresOptions::new(nobody)).await.unwrap_err();
        assert!(matches!(away, StoreError::Unreachable { .. }), "{away}");
    });
}

#[test]
fn of_postgres_a_certificate_counts_for_the_authority_and_the_name_that_it_is_of() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let pem = certified.cert.pem();
    let server =
        PostgresSetup::default().certificate(&pem, &certified.signing_key.serialize_pem()).start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &pem).unwrap();
    let by_name = server.url().replace("127.0.0.1", "localhost");
    let secured = format!("{by_name}?sslmode=verify-full&sslrootcert={}", file.display());
    block_on(async {
        let open = store(&secured).await;
        open.commit(batch("1")).await.unwrap();
        let refused = async |url: &str| {
            PostgresStore::open(&PostgresOptions::new(url)).await.map(drop).unwrap_err()
        };
        let by_number = secured.replace("localhost", "127.0.0.1");
        assert!(matches!(refused(&by_number).await, StoreError::Unreachable { .. }));
        let unknown = format!("{by_name}?sslmode=verify-full");
        let error = refused(&unknown).await;
        assert!(
            matches!(error, StoreError::Unreachable { .. } | StoreError::BadAddress { .. }),
            "{error}"
        );
    });
}
